import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { absentHttpLogRow, type HttpLogRow } from '@ja4/store';
import { type Logger, pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Spool } from '../spool/index.ts';
import type { Insert } from './batch-writer.ts';
import { type BatchOptions, defaultBatchOptions, Inserter } from './inserter.ts';
import { refused, TokenStore, unreadable } from './token-store.test-support.ts';

const row = (path: string): HttpLogRow => ({ ...absentHttpLogRow(), path });
const paths = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `/${from + i}`);

function logged(): { log: Logger; lines: { level: number; msg: string }[] } {
  const lines: { level: number; msg: string }[] = [];
  return { lines, log: pino({}, { write: (text: string) => void lines.push(JSON.parse(text)) }) };
}

let folder: string;
let opened: Spool | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ja4-inserter-'));
});
afterEach(async () => {
  await closeSpool();
  rmSync(folder, { recursive: true, force: true });
});

async function openSpool(): Promise<Spool> {
  await closeSpool();
  opened = await Spool.open({ folder, log: logged().log, commitMs: 1, fsync: false });
  return opened;
}

async function closeSpool(): Promise<void> {
  await opened?.close();
  opened = undefined;
}

async function fill(spool: Spool, wanted: readonly string[]): Promise<void> {
  for (const path of wanted) spool.append(row(path));
  await spool.flush();
}

function start(
  spool: Spool,
  insert: Insert,
  { batch = {}, log = logged().log }: { batch?: Partial<BatchOptions>; log?: Logger } = {},
): Inserter {
  return new Inserter({
    spool,
    insert,
    batch: { ...defaultBatchOptions, flushMs: 20, ...batch },
    clock: () => performance.now(),
    random: () => 0.5,
    log,
  });
}

const asLongAsItTakes = new AbortController().signal;

describe('the inserter', () => {
  it('sends a full batch at once', async () => {
    const store = new TokenStore();
    const spool = await openSpool();
    const inserter = start(spool, store.insert, { batch: { rows: 10, flushMs: 60_000 } });
    await fill(spool, paths(10));
    await vi.waitFor(() => expect(store.paths).toEqual(paths(10)));
    await inserter.finish(asLongAsItTakes);
  });

  it('sends a few rows after a short time', async () => {
    const store = new TokenStore();
    const spool = await openSpool();
    const inserter = start(spool, store.insert);
    await fill(spool, paths(2));
    await vi.waitFor(() => expect(store.paths).toEqual(paths(2)));
    await fill(spool, paths(1, 2));
    await vi.waitFor(() => expect(store.paths).toEqual(paths(3)));
    expect(store.batches).toHaveLength(2);
    await inserter.finish(asLongAsItTakes);
  });

  it('makes batches larger, up to a limit, when the store is slower than the rows come', async () => {
    const store = new TokenStore();
    store.slowMs = 50;
    const spool = await openSpool();
    const inserter = start(spool, store.insert, { batch: { rows: 10, maxRows: 40 } });
    await fill(spool, paths(10));
    await vi.waitFor(() => expect(store.calls).toBe(1));
    await fill(spool, paths(100, 10));
    await inserter.finish(asLongAsItTakes);
    expect(store.batches.map((batch) => batch.paths.length)).toEqual([10, 40, 40, 20]);
    expect(store.paths).toEqual(paths(110));
  });

  it('cuts batches by bytes too', async () => {
    const store = new TokenStore();
    const spool = await openSpool();
    await fill(spool, paths(7));
    const inserter = start(spool, store.insert, { batch: { maxBytes: (3 * spool.waiting().bytes) / 7 } });
    await inserter.finish(asLongAsItTakes);
    expect(store.batches.map((batch) => batch.paths.length)).toEqual([3, 3, 1]);
  });

  it('tries again under the same token until the store is back, and says so once', async () => {
    const store = new TokenStore();
    const { log, lines } = logged();
    store.fail = (call) => (call <= 3 ? refused() : undefined);
    const spool = await openSpool();
    const inserter = start(spool, store.insert, { log });
    await fill(spool, paths(3));
    await vi.waitFor(() => expect(inserter.ready().ok).toBe(false));
    expect(inserter.ready().why).toMatch(
      /does not take rows \(ECONNREFUSED: connect.*; 3 wait in the spool$/,
    );
    await vi.waitFor(() => expect(store.paths).toHaveLength(3), 5_000);
    await inserter.finish(asLongAsItTakes);
    expect(inserter.ready()).toEqual({ ok: true });
    expect(inserter.counters()).toMatchObject({ rows_stored: 3, insert_failures: 3, store_down: 0 });
    expect(spool.waiting().rows).toBe(0);
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('the store does not take rows'),
      expect.stringContaining('the store takes rows again'),
    ]);
  });

  it('does not double rows whose acknowledgement was lost', async () => {
    const store = new TokenStore();
    store.failLate = (call) => (call === 1 ? refused() : undefined);
    const spool = await openSpool();
    const inserter = start(spool, store.insert);
    await fill(spool, paths(3));
    await vi.waitFor(() => expect(store.calls).toBe(2), 5_000);
    await inserter.finish(asLongAsItTakes);
    expect(store.paths).toEqual(paths(3));
  });

  it('sends what was on its way at the end of its process again, under the same token', async () => {
    const store = new TokenStore();
    store.failLate = refused;
    const before = await openSpool();
    const first = start(before, store.insert);
    await fill(before, paths(3));
    await vi.waitFor(() => expect(store.calls).toBe(1));
    await fill(before, paths(5, 3));
    await first.finish(AbortSignal.abort());

    store.failLate = () => undefined;
    const after = await openSpool();
    await start(after, store.insert).finish(asLongAsItTakes);
    expect(store.batches.map((batch) => batch.paths.length)).toEqual([3, 5]);
    expect(store.paths).toEqual(paths(8));
  });

  it('keeps only the row aside that the store can never take, and goes on', async () => {
    const store = new TokenStore();
    store.fail = (_call, rows) => (rows.includes('/13') ? unreadable() : undefined);
    const { log, lines } = logged();
    const spool = await openSpool();
    await fill(spool, paths(50));
    const inserter = start(spool, store.insert, { log });
    await inserter.finish(asLongAsItTakes);
    expect(store.paths).toEqual(paths(50).filter((path) => path !== '/13'));
    expect(inserter.counters()).toMatchObject({ rows_stored: 49, rows_rejected: 1 });
    expect(spool.counters()).toMatchObject({ spool_rows_rejected_kept: 1, spool_rows_waiting: 0 });
    expect(lines).toMatchObject([{ msg: 'the store cannot take a row; the spool keeps it aside' }]);
  });

  it('needs no more than a few inserts for each row when the store refuses all of many', async () => {
    const store = new TokenStore();
    store.fail = unreadable;
    const spool = await openSpool();
    await fill(spool, paths(100));
    const inserter = start(spool, store.insert);
    await inserter.finish(asLongAsItTakes);
    expect(inserter.counters()).toMatchObject({ rows_stored: 0, rows_rejected: 100 });
    expect(store.calls).toBeLessThan(220);
  });

  it('doubles nothing when its process ends while it looks for a row that is refused', async () => {
    const store = new TokenStore();
    store.fail = (_call, rows) => (rows.includes('/13') ? unreadable() : undefined);
    const before = await openSpool();
    await fill(before, paths(50));
    for (let ends = 1; ends <= 8; ends++) {
      const end = new AbortController();
      const until = store.calls + ends;
      const insert: Insert = async (batch, signal) => {
        await store.insert(batch, signal);
        if (store.calls >= until) end.abort();
      };
      const spool = ends === 1 ? before : await openSpool();
      await start(spool, insert).finish(end.signal);
    }
    const after = await openSpool();
    store.fail = () => undefined;
    await start(after, store.insert).finish(asLongAsItTakes);
    expect(store.paths.toSorted()).toEqual(
      paths(50)
        .filter((path) => path !== '/13' || store.paths.includes(path))
        .toSorted(),
    );
  });

  it('leaves the rest in the spool at the deadline of a stop', async () => {
    const store = new TokenStore();
    store.slowMs = 40;
    const spool = await openSpool();
    await fill(spool, paths(10));
    const inserter = start(spool, store.insert, { batch: { rows: 2, maxRows: 2 } });
    await inserter.stop(60);
    expect(store.paths.length).toBeLessThan(10);
    const again = await openSpool();
    store.slowMs = 0;
    await start(again, store.insert).finish(asLongAsItTakes);
    expect(store.paths).toEqual(paths(10));
  });

  it('does not wait at a stop for a store that is away, nor for an insert that hangs', async () => {
    const store = new TokenStore();
    store.fail = refused;
    const spool = await openSpool();
    await fill(spool, paths(2));
    const inserter = start(spool, store.insert);
    await vi.waitFor(() => expect(inserter.ready().ok).toBe(false));
    await inserter.stop(60_000);
    expect(spool.waiting().rows).toBe(2);

    const again = await openSpool();
    const hanging: Insert = (_batch, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await start(again, hanging).stop(50);
    expect(again.waiting().rows).toBe(2);
  });
});
