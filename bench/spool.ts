/**
 * The correlator's spool: rows that become durable a second, beside writing the same bytes with nothing around
 * them, and beside merely encoding them.
 *
 *     npm run bench -- spool [--quick] [--json]
 *
 * Rows are those of samples/first-contact, again and again. Every way writes to JA4_BENCH_FOLDER (default: the
 * system's folder for temporary files, which should be on a disk), in turn, several times; medians are shown.
 */
import { mkdtempDisposable, open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { defaultJoinOptions, Join, parseHttpEvent, Spool } from '@ja4/correlator';
import { readCaptureFile } from '@ja4/sentinel';
import { HttpLogEncoder, type HttpLogRow } from '@ja4/store';
import { pino } from 'pino';
import { machine } from './report/machine.ts';
import { median } from './report/median.ts';
import { atLeast, targetLines } from './report/target.ts';

const sample = new URL('../samples/first-contact/', import.meta.url).pathname;
const folder = process.env.JA4_BENCH_FOLDER ?? tmpdir();
/** Rows that a busy correlator appends before it looks at its sockets again. */
const atOnce = 500;

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly bytes: number;
  readonly commits: number;
}

interface Result {
  readonly way: string;
  readonly rowsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly cpuMicrosecondsPerRow: number;
  readonly syncs: number;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  const rows = await sampleRows();
  const count = values.quick ? 40_000 : 400_000;
  const rounds = values.quick ? 3 : 5;
  const measured = new Map<string, Measured[]>();
  const note = (way: string, one: Measured) => {
    const all = measured.get(way) ?? [];
    all.push(one);
    measured.set(way, all);
  };
  for (let round = 0; round < rounds; round++) {
    const spooled = await spool(rows, count, true);
    note('spool, fsync', spooled);
    note('plain write + fdatasync, same bytes and syncs', await plain(spooled));
    note('spool, no fsync', await spool(rows, count, false));
    note('encode only', encodeOnly(rows, count));
    note('read in batches of 25,000', await readBack(rows, count));
  }
  const results = [...measured].map(([way, all]) => resultOf(way, all, count));
  const rate = (way: string) => results.find((one) => one.way === way)?.rowsPerSecond ?? 0;
  const plainRate = rate('plain write + fdatasync, same bytes and syncs');
  const report = {
    benchmark: 'spool',
    machine: machine(),
    results: { rows: count, ways: results, ofPlain: rate('spool, fsync') / plainRate },
    targets: [atLeast('rows durable a second', rate('spool, fsync'), 50_000)],
  };
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else print(report);
}

/** What the join makes of the sample. */
async function sampleRows(): Promise<HttpLogRow[]> {
  const rows: HttpLogRow[] = [];
  const joining = new Join(defaultJoinOptions, (row) => rows.push(row));
  const capture = readCaptureFile(`${sample}capture.pcap.gz`);
  for await (const event of capture.events) joining.network(event, event.timestamp / 1e6);
  const lines = gunzipSync(await readFile(`${sample}http.jsonl.gz`)).toString();
  for (const line of lines.split('\n')) {
    const parsed = parseHttpEvent(line);
    if (parsed.ok) joining.http(parsed.value, parsed.value.timestamp / 1e6);
  }
  joining.flush();
  return rows;
}

async function timed(work: () => Promise<{ bytes: number; commits: number }>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const done = await work();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { ...done, seconds, cpuSeconds: (user + system) / 1e6 };
}

const rowAt = (rows: readonly HttpLogRow[], index: number): HttpLogRow =>
  rows[index % rows.length] as HttpLogRow;

async function fill(spool: Spool, rows: readonly HttpLogRow[], count: number): Promise<void> {
  for (let row = 0; row < count; ) {
    for (const end = Math.min(count, row + atOnce); row < end; row++) spool.append(rowAt(rows, row));
    await spool.room();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await spool.flush();
}

const openSpool = (path: string, fsync: boolean) =>
  Spool.open({ folder: path, fsync, maxBytes: 16 * 2 ** 30, log: pino({ level: 'warn' }) });

async function spool(rows: readonly HttpLogRow[], count: number, fsync: boolean): Promise<Measured> {
  await using place = await mkdtempDisposable(join(folder, 'ja4-bench-'));
  const opened = await openSpool(place.path, fsync);
  const result = await timed(async () => {
    await fill(opened, rows, count);
    const { spool_bytes: bytes = 0, spool_commits: commits = 0 } = opened.counters();
    return { bytes, commits };
  });
  await opened.close();
  return result;
}

async function plain({ bytes, commits }: Measured): Promise<Measured> {
  await using place = await mkdtempDisposable(join(folder, 'ja4-bench-'));
  await using file = await open(join(place.path, 'log'), 'wx');
  const piece = Buffer.alloc(Math.ceil(bytes / commits), 'x');
  return await timed(async () => {
    for (let done = 0; done < bytes; done += piece.length) {
      await file.write(piece, 0, piece.length, done);
      await file.datasync();
    }
    return { bytes, commits };
  });
}

function encodeOnly(rows: readonly HttpLogRow[], count: number): Measured {
  const encoder = new HttpLogEncoder();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  let bytes = 0;
  let spare: Buffer | undefined;
  for (let row = 0; row < count; row++) {
    bytes += encoder.append(rowAt(rows, row));
    if (encoder.bytes > 512 * 1024) spare = encoder.take(spare);
  }
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6;
  return { seconds: (performance.now() - startMs) / 1000, cpuSeconds, bytes, commits: 0 };
}

async function readBack(rows: readonly HttpLogRow[], count: number): Promise<Measured> {
  await using place = await mkdtempDisposable(join(folder, 'ja4-bench-'));
  const opened = await openSpool(place.path, false);
  await fill(opened, rows, count);
  const { signal } = new AbortController();
  const result = await timed(async () => {
    let bytes = 0;
    while (opened.waiting().rows > 0) {
      const batch = await opened.next({ maxRows: 25_000, maxBytes: 64 * 2 ** 20 }, signal);
      if (batch === undefined) break;
      bytes += batch.bytes;
      opened.acknowledge(batch);
    }
    return { bytes, commits: 0 };
  });
  await opened.close();
  return result;
}

function resultOf(way: string, all: readonly Measured[], count: number): Result {
  const seconds = median(all.map((one) => one.seconds));
  return {
    way,
    rowsPerSecond: Math.round(count / seconds),
    megabytesPerSecond: Number((median(all.map(({ bytes }) => bytes)) / 1e6 / seconds).toFixed(1)),
    cpuMicrosecondsPerRow: Number(((median(all.map((one) => one.cpuSeconds)) * 1e6) / count).toFixed(2)),
    syncs: median(all.map(({ commits }) => commits)),
  };
}

function print(report: {
  machine: string;
  results: { rows: number; ways: readonly Result[]; ofPlain: number };
  targets: Parameters<typeof targetLines>[0];
}): void {
  const { rows, ways, ofPlain } = report.results;
  process.stdout.write(`${report.machine}\n${rows} rows, ${folder}\n\n`);
  process.stdout.write('  rows/s    MB/s  CPU µs/row   syncs\n');
  for (const one of ways) {
    const columns = [
      String(one.rowsPerSecond).padStart(8),
      String(one.megabytesPerSecond).padStart(7),
      String(one.cpuMicrosecondsPerRow).padStart(11),
      String(one.syncs).padStart(7),
    ];
    process.stdout.write(`${columns.join(' ')}  ${one.way}\n`);
  }
  process.stdout.write(`\nspool with fsync at ${ofPlain.toFixed(2)} of the plain writes' rate\n`);
  process.stdout.write(`${targetLines(report.targets).join('\n')}\n`);
}
