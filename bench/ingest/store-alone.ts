import { Readable } from 'node:stream';
import { defaultJoinOptions, Join, parseHttpEvent, parseNetworkEvent } from '@ja4/correlator';
import { encodedHttpLogColumns, HttpLogEncoder, insertEncodedHttpLogs, type Store } from '@ja4/store';
import { MultipliedTraffic } from './multiplied-traffic.ts';
import type { Platform } from './pipeline-run.ts';
import type { RecordedTraffic } from './recorded-connections.ts';

export interface StoreAlone {
  readonly format: string;
  readonly rowsPerBlock: number;
  readonly rowsPerSecond: number;
  /** Merges included. */
  readonly cpuMicrosecondsPerRow: number;
  readonly bytesPerRow: number;
}

const formats = ['RowBinary', 'Native', 'JSONCompactEachRow'] as const;
const blockSizes = [5_000, 25_000, 50_000];
const aggregations = ['agg_host_ip_ja4_1h', 'agg_header_fingerprint_1h', 'agg_requests_1s'];
const columns = encodedHttpLogColumns.map(({ name }) => name).join(', ');

/** What the store takes when nothing else happens: joined rows of the same traffic, by format and size of block. */
export async function storeAlone(
  platform: Platform,
  recorded: RecordedTraffic,
  { slices, quick }: { slices: number; quick: boolean },
): Promise<StoreAlone[]> {
  const { store } = platform;
  const total = quick ? 50_000 : 200_000;
  const results: StoreAlone[] = [];
  for (const rowsPerBlock of quick ? [25_000] : blockSizes) {
    const blocks = joinedBlocks(recorded, slices, total, rowsPerBlock);
    for (const format of formats) {
      const bodies: Buffer[] = [];
      for (const block of blocks)
        bodies.push(format === 'RowBinary' ? block : await asFormat(store, block, format));
      for (const table of aggregations) await command(store, `TRUNCATE TABLE ja4_processing.${table}`);
      await command(store, 'TRUNCATE TABLE ja4_logs.http_logs');
      const cpu = platform.storeCpuSeconds();
      const began = performance.now();
      for (const [i, body] of bodies.entries()) {
        const token = `bench-${format}-${rowsPerBlock}-${i}-${began}`;
        await insert(store, format, body, rowsPerBlock, token);
      }
      const seconds = (performance.now() - began) / 1000;
      await mergesEnd(store);
      results.push({
        format,
        rowsPerBlock,
        rowsPerSecond: total / seconds,
        cpuMicrosecondsPerRow: ((platform.storeCpuSeconds() - cpu) / total) * 1e6,
        bytesPerRow: bodies.reduce((sum, { length }) => sum + length, 0) / total,
      });
    }
  }
  return results;
}

function joinedBlocks(
  recorded: RecordedTraffic,
  slices: number,
  total: number,
  rowsPerBlock: number,
): Buffer[] {
  const traffic = new MultipliedTraffic(recorded, slices);
  const encoder = new HttpLogEncoder();
  const blocks: Buffer[] = [];
  const join = new Join(defaultJoinOptions, (row) => {
    encoder.append(row);
    if (encoder.rows === rowsPerBlock) blocks.push(encoder.take());
  });
  const place = Buffer.alloc(traffic.largest);
  const beginUs = Date.now() * 1000;
  for (let pass = 0; blocks.length * rowsPerBlock < total; pass++) {
    for (let i = 0; i < traffic.eventsPerPass; i++) {
      const nowMs = (pass * traffic.eventsPerPass + i) / 50;
      const length = traffic.write(pass, i, beginUs + Math.floor(nowMs * 1000), place, 0);
      take(join, traffic.kind(i), place.toString('utf8', 0, length), nowMs);
    }
    join.advance((pass + 1) * traffic.eventsPerPass);
  }
  return blocks.slice(0, total / rowsPerBlock);
}

function take(join: Join, kind: 'network' | 'http', text: string, nowMs: number): void {
  if (kind === 'http') {
    const parsed = parseHttpEvent(text);
    if (parsed.ok) join.http(parsed.value, nowMs);
    return;
  }
  const parsed = parseNetworkEvent(text);
  if (parsed.ok) join.network(parsed.value, nowMs);
}

/** The same rows in another format, as the store itself writes them. */
async function asFormat(store: Store, block: Buffer, format: string): Promise<Buffer> {
  await command(store, 'DROP TABLE IF EXISTS ja4_logs.bench_rows SYNC');
  await command(store, 'CREATE TABLE ja4_logs.bench_rows AS ja4_logs.http_logs_raw ENGINE = Memory');
  await write(store, `INSERT INTO ja4_logs.bench_rows (${columns}) FORMAT RowBinary`, block, {});
  const { stream } = await store.client.exec({
    query: `SELECT ${columns} FROM ja4_logs.bench_rows FORMAT ${format}`,
  });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as Uint8Array));
  await command(store, 'DROP TABLE ja4_logs.bench_rows SYNC');
  return Buffer.concat(parts);
}

async function insert(
  store: Store,
  format: string,
  body: Buffer,
  rows: number,
  token: string,
): Promise<void> {
  if (format === 'RowBinary')
    return insertEncodedHttpLogs(store, { columns: encodedHttpLogColumns, body: [body], rows, token });
  await write(store, `INSERT INTO ja4_logs.http_logs_raw (${columns}) FORMAT ${format}`, body, {
    max_insert_block_size: String(rows),
    min_insert_block_size_rows: String(rows),
    insert_deduplicate: 1,
    insert_deduplication_token: token,
    deduplicate_blocks_in_dependent_materialized_views: 1,
  });
}

async function write(
  store: Store,
  query: string,
  body: Buffer,
  clickhouse_settings: Record<string, string | number>,
): Promise<void> {
  const values = Readable.from([body], { objectMode: false });
  const { stream } = await store.client.exec({ query, values, clickhouse_settings });
  stream.resume();
  await new Promise<void>((resolve, reject) => stream.once('close', resolve).once('error', reject));
}

async function command(store: Store, query: string): Promise<void> {
  await store.client.command({ query });
}

async function mergesEnd(store: Store): Promise<void> {
  for (let calm = 0; calm < 5; ) {
    const result = await store.client.query({
      query: 'SELECT count() AS n FROM system.merges',
      format: 'JSONEachRow',
    });
    const [row] = await result.json<{ n: string }>();
    calm = row?.n === '0' ? calm + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
