import { absentHttpLogRow, type HttpLogRow } from '@ja4/store';
import { type Logger, pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import type { Insert } from './batch-writer.ts';
import { type BatchOptions, defaultBatchOptions, Inserter } from './inserter.ts';
import { rowBytes } from './row-queue.ts';

const row = (path: string): HttpLogRow => ({ ...absentHttpLogRow(), path });
const rows = (count: number, from = 0) => Array.from({ length: count }, (_, i) => row(`/${from + i}`));

/** A store that takes each token once, as ClickHouse does, and can be told to fail. */
class TokenStore {
  readonly batches: { token: string; paths: string[] }[] = [];
  calls = 0;
  fail: (call: number, paths: string[]) => Error | undefined = () => undefined;
  /** Fails after the rows are in, as when the acknowledgement is lost. */
  failLate: (call: number) => Error | undefined = () => undefined;
  slowMs = 0;

  readonly insert: Insert = async (batch, token) => {
    const call = ++this.calls;
    const paths = batch.map(({ path }) => path);
    if (this.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, this.slowMs));
    const error = this.fail(call, paths);
    if (error) throw error;
    if (!this.batches.some((known) => known.token === token)) this.batches.push({ token, paths });
    const late = this.failLate(call);
    if (late) throw late;
  };

  get paths(): string[] {
    return this.batches.flatMap(({ paths }) => paths);
  }
}

const refused = () =>
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8123'), { code: 'ECONNREFUSED' });
const badRow = () =>
  Object.assign(new Error('Cannot parse'), { type: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED', code: '27' });

function logged(): { log: Logger; lines: { level: number; msg: string }[] } {
  const lines: { level: number; msg: string }[] = [];
  return { lines, log: pino({}, { write: (text: string) => void lines.push(JSON.parse(text)) }) };
}

function start(store: TokenStore, batch: Partial<BatchOptions> = {}, log = logged().log): Inserter {
  return new Inserter({
    insert: store.insert,
    batch: { ...defaultBatchOptions, flushMs: 20, ...batch },
    instance: 'i',
    clock: () => performance.now(),
    random: () => 0.5,
    log,
  });
}

describe('the inserter', () => {
  it('sends a full batch at once', async () => {
    const store = new TokenStore();
    const inserter = start(store, { rows: 10, flushMs: 60_000 });
    for (const each of rows(10)) inserter.add(each);
    await vi.waitFor(() => expect(store.paths).toHaveLength(10));
    expect(await inserter.stop(1_000)).toBe(0);
  });

  it('sends a few rows after a short time', async () => {
    const store = new TokenStore();
    const inserter = start(store);
    inserter.add(row('/1'));
    inserter.add(row('/2'));
    await vi.waitFor(() => expect(store.paths).toEqual(['/1', '/2']));
    inserter.add(row('/3'));
    await vi.waitFor(() => expect(store.paths).toEqual(['/1', '/2', '/3']));
    expect(store.batches).toHaveLength(2);
    expect(await inserter.stop(1_000)).toBe(0);
  });

  it('makes batches larger, up to a limit, when the store is slower than the rows come', async () => {
    const store = new TokenStore();
    store.slowMs = 50;
    const inserter = start(store, { rows: 10, maxRows: 40 });
    for (const each of rows(10)) inserter.add(each);
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const each of rows(100, 10)) inserter.add(each);
    await vi.waitFor(() => expect(store.paths).toHaveLength(110));
    expect(store.batches.map(({ paths }) => paths.length)).toEqual([10, 40, 40, 20]);
    expect(store.paths).toEqual(rows(110).map(({ path }) => path));
    expect(await inserter.stop(1_000)).toBe(0);
  });

  it('cuts batches by bytes too', async () => {
    const store = new TokenStore();
    const inserter = start(store, { maxBytes: 3 * rowBytes(row('/0')) });
    for (const each of rows(7)) inserter.add(each);
    expect(await inserter.stop(1_000)).toBe(0);
    expect(store.batches.map(({ paths }) => paths.length)).toEqual([3, 3, 1]);
  });

  it('tries again under the same token until the store is back, and says so once', async () => {
    const store = new TokenStore();
    const { log, lines } = logged();
    store.fail = (call) => (call <= 3 ? refused() : undefined);
    const inserter = start(store, {}, log);
    for (const each of rows(3)) inserter.add(each);
    await vi.waitFor(() => expect(inserter.ready().ok).toBe(false));
    expect(inserter.ready().why).toMatch(/does not take rows \(ECONNREFUSED: connect.*; 3 wait$/);
    await vi.waitFor(() => expect(store.paths).toHaveLength(3), 5_000);
    expect(await inserter.stop(1_000)).toBe(0);
    expect(inserter.ready()).toEqual({ ok: true });
    expect(inserter.counters()).toMatchObject({
      rows_stored: 3,
      insert_failures: 3,
      rows_waiting: 0,
      store_down: 0,
    });
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('the store does not take rows'),
      expect.stringContaining('the store takes rows again'),
    ]);
  });

  it('does not double rows whose acknowledgement was lost', async () => {
    const store = new TokenStore();
    store.failLate = (call) => (call === 1 ? refused() : undefined);
    const inserter = start(store);
    for (const each of rows(3)) inserter.add(each);
    await vi.waitFor(() => expect(store.calls).toBe(2), 5_000);
    expect(await inserter.stop(1_000)).toBe(0);
    expect(store.paths).toEqual(['/0', '/1', '/2']);
  });

  it('drops only the row that the store can never take, and counts it', async () => {
    const store = new TokenStore();
    store.fail = (_call, paths) => (paths.includes('/13') ? badRow() : undefined);
    const { log, lines } = logged();
    const inserter = start(store, {}, log);
    for (const each of rows(50)) inserter.add(each);
    expect(await inserter.stop(5_000)).toBe(0);
    expect(store.paths).toEqual(
      rows(50)
        .map(({ path }) => path)
        .filter((path) => path !== '/13'),
    );
    expect(inserter.counters()).toMatchObject({ rows_stored: 49, rows_rejected: 1 });
    expect(lines).toMatchObject([{ msg: 'the store cannot take a row; it is dropped' }]);
  });

  it('asks for a pause when its queue is full, and ends it when there is room', async () => {
    const store = new TokenStore();
    let down = true;
    store.fail = () => (down ? refused() : undefined);
    const inserter = start(store, { rows: 5, maxRows: 5, queueRows: 10 });
    for (const each of rows(5)) inserter.add(each);
    expect(inserter.room()).toBeUndefined();
    await vi.waitFor(() => expect(store.calls).toBe(1));
    for (const each of rows(10, 5)) inserter.add(each);
    const room = inserter.room();
    expect(room).toBeInstanceOf(Promise);
    expect(inserter.counters()).toMatchObject({ queue_full: 1, rows_waiting: 15 });
    down = false;
    await room;
    expect(inserter.room()).toBeUndefined();
    expect(await inserter.stop(5_000)).toBe(0);
    expect(store.paths).toHaveLength(15);
  });

  it('lets everybody go on when the bounds are lifted for a stop', async () => {
    const store = new TokenStore();
    store.fail = refused;
    const inserter = start(store, { rows: 2, maxRows: 2, queueRows: 2 });
    for (const each of rows(6)) inserter.add(each);
    const room = inserter.room();
    inserter.liftBounds();
    await room;
    expect(await inserter.stop(50)).toBe(6);
  });

  it('gives up at the deadline of a stop and says how many rows are lost', async () => {
    const store = new TokenStore();
    store.fail = refused;
    const inserter = start(store, { rows: 2, maxRows: 4 });
    for (const each of rows(10)) inserter.add(each);
    const before = performance.now();
    expect(await inserter.stop(100)).toBe(10);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(inserter.counters()).toMatchObject({ rows_lost: 10, rows_stored: 0 });
  });

  it('does not wait beyond the deadline for an insert that hangs', async () => {
    const inserter = new Inserter({
      insert: () => new Promise(() => {}),
      batch: { ...defaultBatchOptions, flushMs: 1 },
      instance: 'i',
      clock: () => performance.now(),
      random: () => 0,
      log: logged().log,
    });
    inserter.add(row('/1'));
    expect(await inserter.stop(50)).toBe(1);
  });
});
