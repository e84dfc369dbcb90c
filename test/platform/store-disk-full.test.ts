import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectStore, readStorePassword, type Store } from '@ja4/store';
import { afterEach, beforeEach, expect } from 'vitest';
import { itNeeds, program, root } from '../setup/needs.ts';

const script = fileURLToPath(
  new URL('../../packages/store/src/engine/engine-process.test-support.ts', import.meta.url),
);
const diskBytes = 64 * 2 ** 20;

let folder: string;
let child: ChildProcess;
let store: Store;
/** The store's small disk as this process sees it: it is mounted only for the store. */
let disk: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ja4-disk-'));
  const mount = `mount -t tmpfs -o size=${diskBytes} tmpfs "$1" && exec "$2" "$3" "$1" 0`;
  child = spawn('unshare', ['--mount', 'sh', '-c', mount, 'sh', folder, process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  disk = `/proc/${child.pid}/root${folder}`;
  store = connectStore({ ...(JSON.parse(line) as { url: string }), password: readStorePassword(disk) });
});

afterEach(async () => {
  await store.close();
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  rmSync(folder, { recursive: true });
});

/** Fills the disk up to `left` bytes. */
function fill(left: number): void {
  const ballast = join(disk, 'ballast');
  const block = Buffer.alloc(2 ** 20);
  try {
    for (;;) writeFileSync(ballast, block, { flag: 'a' });
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
  // The last block was written in part.
  truncateSync(ballast, Math.max(0, statSync(ballast).size - left));
}

async function count(table: string): Promise<number> {
  const result = await store.client.query({
    query: `SELECT count() FROM ${table}`,
    format: 'JSONCompactEachRow',
  });
  return Number((await result.json<[string]>())[0]?.[0]);
}

const rows = 20_000;
function insert(batch: number): Promise<unknown> {
  return store.client.insert({
    table: 'requests',
    format: 'JSONEachRow',
    values: Array.from({ length: rows }, (_, row) => ({
      batch,
      row,
      text: `${(row * 7919) % 104_729} of ${batch}`,
    })),
    clickhouse_settings: { insert_deduplication_token: `batch-${batch}` },
  });
}

itNeeds(root, program('unshare', 'util-linux'))(
  'a full disk refuses inserts with a reason, keeps reads, and takes the same inserts when there is room again',
  async () => {
    for (const query of [
      'CREATE TABLE requests (batch UInt32, row UInt32, text String) ENGINE = MergeTree ORDER BY row',
      'CREATE TABLE copies (batch UInt32, row UInt32, text String) ENGINE = MergeTree ORDER BY text',
      'CREATE MATERIALIZED VIEW mv_copies TO copies AS SELECT * FROM requests',
    ])
      await store.client.command({ query });
    await insert(0);
    // No room for the rows; room for the rows and not for the parts; room for some of the parts.
    for (const left of [0, 1_300_000, 1_700_000]) {
      fill(left);
      await expect(insert(1)).rejects.toThrow(/space|No space/i);
      expect(await count('requests')).toBe(rows);
      expect(await count('copies')).toBe(rows);
      rmSync(join(disk, 'ballast'));
    }
    await expect.poll(() => insert(1).then(() => 'taken', String), { timeout: 30_000 }).toBe('taken');
    await insert(1);
    expect([await count('requests'), await count('copies')]).toEqual([2 * rows, 2 * rows]);
    expect(child.exitCode).toBeNull();
  },
);

itNeeds(root)('a store that was stopped and continued answers what waited', async () => {
  await store.client.command({
    query: 'CREATE TABLE requests (batch UInt32, row UInt32, text String) ENGINE = MergeTree ORDER BY row',
  });
  child.kill('SIGSTOP');
  const waiting = [insert(0), insert(0), count('system.one')];
  await sleep(3_000);
  child.kill('SIGCONT');
  await Promise.all(waiting);
  expect(await count('requests')).toBe(rows);
});
