import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectStore, type Store } from '../connect.ts';
import { readStorePassword } from './credentials.ts';
import { startTestEngine, temporaryFolder } from './engine.test-support.ts';
import { InsertJournal, insertKey } from './insert-journal.ts';
import { readPartName } from './part-name.ts';
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

async function define(store: Store, statements: readonly string[]): Promise<void> {
  for (const query of statements) await store.client.command({ query });
}

function send(store: Store, table: string, rows: readonly object[], token: string): Promise<unknown> {
  return store.client.insert({
    table,
    format: 'JSONEachRow',
    values: [...rows],
    clickhouse_settings: { insert_deduplication_token: token },
  });
}

async function values(store: Store, query: string): Promise<unknown[]> {
  const result = await store.client.query({ query, format: 'JSONCompactEachRow' });
  return (await result.json<unknown[]>()).map(([value]) => value);
}

async function numbers(store: Store, query: string): Promise<number[]> {
  return (await values(store, query)).map(Number);
}

async function folderOf(store: Store, table: string): Promise<string> {
  const [path] = await values(store, `SELECT data_paths[1] FROM system.tables WHERE name = '${table}'`);
  return String(path);
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
          query: 'CREATE TABLE kept (batch UInt32, row UInt32) ENGINE = MergeTree ORDER BY (batch, row)',
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

  test('knows nothing of an insert that was killed between its tables, and takes it when it comes again', {
    timeout: 120_000,
  }, async () => {
    const first = await startProcess();
    const store = connect(first.url);
    await define(store, [
      'CREATE TABLE requests (a UInt32) ENGINE = MergeTree ORDER BY a',
      'CREATE TABLE sums (n UInt64) ENGINE = MergeTree ORDER BY n',
      'INSERT INTO requests SELECT 1',
      // The first table has its part, the second waits for the sum.
      'CREATE MATERIALIZED VIEW mv_sums TO sums AS SELECT sum(a) AS n FROM requests HAVING sleepEachRow(1) = 0',
    ]);
    const table = await folderOf(store, 'requests');
    const before = readdirSync(table).filter((name) => readPartName(name) !== undefined);
    const insert = (to: Store): Promise<unknown> => send(to, 'requests', [{ a: 5 }, { a: 6 }], 'token');
    const sent = insert(store).catch(() => 'no answer');
    await expect
      .poll(() => readdirSync(table).filter((name) => readPartName(name) !== undefined).length, {
        interval: 5,
      })
      .toBeGreaterThan(before.length);
    first.child.kill('SIGKILL');
    expect(await sent).toBe('no answer');
    await exited(first.child);
    await store.close();

    const again = connect((await startProcess()).url);
    expect(await numbers(again, 'SELECT a FROM requests ORDER BY a')).toEqual([1]);
    for (let i = 0; i < 2; i++) await insert(again);
    expect(await numbers(again, 'SELECT a FROM requests ORDER BY a')).toEqual([1, 5, 6]);
    expect(await numbers(again, 'SELECT n FROM sums')).toEqual([11]);
    await again.close();
  });

  test('takes an insert out of a merge again that was faster than its end', async () => {
    const first = await startProcess();
    const store = connect(first.url);
    await define(store, ['CREATE TABLE kept (a UInt32) ENGINE = MergeTree ORDER BY a']);
    for (const a of [1, 2, 3]) await send(store, 'kept', [{ a }], `token-${a}`);
    await define(store, ['OPTIMIZE TABLE kept FINAL']);
    const table = await folderOf(store, 'kept');
    expect(readdirSync(table)).toContain('all_1_3_1');
    const [uuid] = await values(store, "SELECT toString(uuid) AS a FROM system.tables WHERE name = 'kept'");
    first.child.kill('SIGKILL');
    await exited(first.child);
    await store.close();
    // As if it had been killed before the last insert's end was written.
    const journal = await InsertJournal.open(folder, false);
    await journal.begin(insertKey(String(uuid), "'token-3'"), { [relative(folder, table)]: 2 });
    await journal.close();

    const again = connect((await startProcess()).url);
    expect(await numbers(again, 'SELECT a FROM kept ORDER BY a')).toEqual([1, 2]);
    await again.close();
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
    expect(second.message).toMatch(/another store is running on it \(process \d+\).*data_dir/);
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
