import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectStore, type Store } from '../connect.ts';
import { readStorePassword } from './credentials.ts';
import { startTestEngine, temporaryFolder } from './engine.test-support.ts';
import { startEngine } from './start-engine.ts';

const script = fileURLToPath(new URL('./engine-process.test-support.ts', import.meta.url));
const log = pino({ level: 'silent' });

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = temporaryFolder();
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
    await exited(child);
  }
  rmSync(folder, { recursive: true, force: true });
});

async function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

interface Started {
  child: ChildProcess;
  url?: string;
  code?: string;
  message?: string;
}

/** Starts an engine in a process of its own and waits for its first line. */
async function startProcess(): Promise<Started> {
  const child = spawn(process.execPath, [script, folder, '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  return { child, ...(JSON.parse(line) as Omit<Started, 'child'>) };
}

function connect(url = ''): Store {
  return connectStore({ url, password: readStorePassword(folder) });
}

describe('a store that is killed', () => {
  test('has every acknowledged batch whole and once, and takes a repeated one once', {
    timeout: 120_000,
  }, async () => {
    const batchRows = 2_000;
    const insert = (store: Store, batch: number): Promise<unknown> =>
      store.client.insert({
        table: 'kept',
        format: 'JSONEachRow',
        values: Array.from({ length: batchRows }, (_, row) => ({ batch, row })),
        clickhouse_settings: { insert_deduplicate: 1, insert_deduplication_token: `batch-${batch}` },
      });
    let batch = 0;
    let acknowledged = -1;
    for (let round = 0; round < 3; round++) {
      const { child, url } = await startProcess();
      const store = connect(url);
      if (round === 0)
        await store.client.command({
          query:
            'CREATE TABLE kept (batch UInt32, row UInt32) ENGINE = MergeTree ORDER BY (batch, row) ' +
            'SETTINGS non_replicated_deduplication_window = 1000',
        });
      // The batch whose outcome the last kill left open is sent again under its token.
      const killer = sleep(150 + 100 * round).then(() => child.kill('SIGKILL'));
      try {
        for (;;) {
          await insert(store, batch);
          acknowledged = batch++;
        }
      } catch {
        await killer;
      }
      await exited(child);
      await store.close();
    }
    const { url } = await startProcess();
    const store = connect(url);
    await insert(store, batch);
    const result = await store.client.query({
      query:
        'SELECT count() AS batches, min(n) AS least, max(n) AS most, max(batch) AS last FROM (SELECT batch, count() AS n FROM kept GROUP BY batch)',
      format: 'JSONEachRow',
    });
    expect(acknowledged).toBeGreaterThan(0);
    expect(await result.json()).toEqual([
      { batches: String(batch + 1), least: String(batchRows), most: String(batchRows), last: batch },
    ]);
    expect(readdirSync(join(folder, 'inserts'))).toEqual([]);
    await store.close();
  });

  test('removes bodies of inserts that it left behind', async () => {
    const first = await startTestEngine({ dataDir: folder });
    writeFileSync(join(folder, 'inserts', '1-1'), 'left');
    await first.engine.stop();
    const second = await startEngine({ dataDir: folder, port: 0, log });
    expect(readdirSync(join(folder, 'inserts'))).toEqual([]);
    await second.stop();
  });
});

describe('starting', () => {
  test('a second store on the same folder fails with a line that says what to do', async () => {
    const first = await startProcess();
    const second = await startProcess();
    expect(second).toMatchObject({ code: 'STORE_CANNOT_OPEN' });
    expect(second.message).toMatch(/another store may be running on it.*data_dir/);
    const store = connect(first.url);
    expect(await store.client.ping({ select: true })).toEqual({ success: true });
    await store.close();
  });

  test('a port that is taken is named', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(startEngine({ dataDir: folder, port, log })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`port ${port} is taken`),
    });
    other.close();
    // The failed start let go of the folder.
    await (await startEngine({ dataDir: folder, port: 0, log })).stop();
  });

  test('listens on loopback only', async () => {
    await expect(startEngine({ dataDir: folder, port: 0, host: '0.0.0.0', log })).rejects.toMatchObject({
      code: 'STORE_NOT_LOOPBACK',
    });
  });

  test('one process runs one store, and another folder’s after that', async () => {
    const first = await startEngine({ dataDir: folder, port: 0, log });
    await expect(startEngine({ dataDir: temporaryFolder(), port: 0, log })).rejects.toMatchObject({
      code: 'STORE_ALREADY_RUNNING',
    });
    await first.stop();
    const other = temporaryFolder();
    await (await startEngine({ dataDir: other, port: 0, log })).stop();
    rmSync(other, { recursive: true });
  });

  test('keeps its passwords and the tables of its default database', async () => {
    const first = await startTestEngine({ dataDir: folder });
    const password = readStorePassword(folder);
    await first.admin.client.command({
      query: 'CREATE TABLE kept ENGINE = MergeTree ORDER BY a AS SELECT 7 AS a',
    });
    await first.admin.close();
    await first.engine.stop();
    const second = await startTestEngine({ dataDir: folder });
    expect(readStorePassword(folder)).toBe(password);
    const result = await second.admin.client.query({ query: 'SELECT a FROM kept', format: 'JSONEachRow' });
    expect(await result.json()).toEqual([{ a: 7 }]);
    await second.stop();
  });

  test('a folder without a store has no password, and the error says how to get one', () => {
    expect(() => readStorePassword(folder)).toThrow(/ja4 store/);
  });
});

describe('stopping', () => {
  test('lets running statements end and refuses new ones', async () => {
    const { child, url } = await startProcess();
    const store = connect(url);
    const running = store.client.query({ query: 'SELECT sleep(1) AS s', format: 'JSONEachRow' });
    await sleep(300);
    child.kill('SIGTERM');
    expect(await (await running).json()).toEqual([{ s: 0 }]);
    expect(await exited(child)).toBe(0);
    await store.close();
  });
});
