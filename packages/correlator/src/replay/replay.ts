import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '@ja4/store';
import { type Logger, pino } from 'pino';
import { canonicalAddress } from '../event/address.ts';
import { parseHttpEvent } from '../event/dialect.ts';
import { httpParseOptions } from '../event/http-event.ts';
import type { NetworkEvent } from '../event/network-event.ts';
import { Join } from '../join/join.ts';
import type { JoinOptions } from '../join/join-options.ts';
import { merge } from './merge.ts';
import { reorder } from './reorder.ts';
import { ReplaySpool } from './replay-spool.ts';

export interface ReplayOptions {
  readonly store: Store;
  /** Handshakes, roughly in the order of capture. */
  readonly network: AsyncIterable<NetworkEvent>;
  /** HTTP events, one JSON text each, roughly in the order in which the requests ended. */
  readonly http: AsyncIterable<string>;
  readonly join: JoinOptions;
  /** Where the rows wait for the store, in a folder that is removed at the end. */
  readonly workDir: string;
  /** Added to all times, in milliseconds. */
  readonly shiftMs?: number;
  /** Requests per second; default 'max'. */
  readonly rate?: number | 'max';
  readonly onProgress?: (text: string) => void;
  readonly log?: Logger;
}

export interface ReplayReport {
  readonly networkEvents: number;
  readonly httpLines: number;
  readonly rows: number;
  readonly correlated: number;
  /** Requests that were stored without a handshake. */
  readonly orphans: number;
  /** Events that were not taken, by source and reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** The first few of them, with their line. */
  readonly firstProblems: readonly string[];
  /** Everything the join counted, and what the store took. */
  readonly counters: Readonly<Record<string, number>>;
  /** ISO times of the earliest and latest row, after the shift. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly seconds: number;
}

/** How far from its place an event may be; what is further away is joined as late as it comes. */
const reorderHttp = 20_000;
const reorderNetwork = 50_000;
const maxBatchRows = 5_000;
const maxProblems = 5;
const progressEveryMs = 200;

/** What was read, and what of it was not taken. */
class Reading {
  networkEvents = 0;
  httpLines = 0;
  readonly rejected: Record<string, number> = {};
  readonly firstProblems: string[] = [];

  reject(source: 'http' | 'network', place: string, reason: string): void {
    const name = `${source}_${reason}`;
    this.rejected[name] = (this.rejected[name] ?? 0) + 1;
    if (this.firstProblems.length < maxProblems) this.firstProblems.push(`${place}: ${reason}`);
  }
}

async function* httpEvents(lines: AsyncIterable<string>, shiftNs: number, reading: Reading) {
  const options = httpParseOptions();
  for await (const line of lines) {
    reading.httpLines++;
    if (line === '') continue;
    const parsed = parseHttpEvent(line, options);
    if (parsed.ok) yield { ...parsed.value, timestamp: parsed.value.timestamp + shiftNs };
    else if (parsed.reason !== 'no_request')
      reading.reject('http', `HTTP line ${reading.httpLines}`, parsed.reason);
  }
}

async function* networkEvents(events: AsyncIterable<NetworkEvent>, shiftNs: number, reading: Reading) {
  for await (const event of events) {
    reading.networkEvents++;
    const src_ip = canonicalAddress(event.src_ip);
    const dst_ip = event.dst_ip === undefined ? undefined : canonicalAddress(event.dst_ip);
    if (src_ip === undefined) reading.reject('network', `handshake ${reading.networkEvents}`, 'bad_address');
    else yield { ...event, src_ip, dst_ip, timestamp: event.timestamp + shiftNs };
  }
}

/** When a sensor and a web server speak of an event, in milliseconds: at the handshake, at a request's end. */
const spokenMs = (event: { timestamp: number; duration_ms?: number | undefined }): number =>
  event.timestamp / 1e6 + (event.duration_ms ?? 0);

/**
 * Sends recorded events through the same join as live ones, on the events' own clock: the same input gives
 * the same rows in the same batches, however fast it is read. Rows that the store has under the same tokens
 * are not doubled (see `batchToken`).
 *
 * @throws Error `JA4_STORE_DOWN` when the store takes nothing for a minute, and what the sources throw.
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { store, rate = 'max', onProgress = () => {}, log = pino({ level: 'silent' }) } = options;
  const shiftNs = (options.shiftMs ?? 0) * 1e6;
  const beganMs = performance.now();
  const reading = new Reading();
  const range = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  const batchRows = rate === 'max' ? maxBatchRows : Math.max(1, Math.min(maxBatchRows, Math.ceil(rate / 2)));
  const spool = await ReplaySpool.open({ store, workDir: options.workDir, batchRows, log });
  try {
    const join = new Join(options.join, (row) => {
      spool.append(row);
      range.from = Math.min(range.from, row.time);
      range.to = Math.max(range.to, row.time);
    });
    const pace = pacer(rate);
    let saidMs = beganMs;
    const network = reorder(networkEvents(options.network, shiftNs, reading), spokenMs, reorderNetwork);
    const http = reorder(httpEvents(options.http, shiftNs, reading), spokenMs, reorderHttp);
    for await (const event of merge(network, http)) {
      if ('first' in event) join.network(event.first.value, event.first.time);
      else {
        join.http(event.second.value, event.second.time);
        await pace();
      }
      const room = spool.room();
      if (room !== undefined) await room;
      if (performance.now() - saidMs > progressEveryMs) {
        saidMs = performance.now();
        onProgress(`${spool.rowsStored} requests stored`);
      }
    }
    join.flush();
    const brought = await spool.finish();
    const counters = join.counters();
    return {
      networkEvents: reading.networkEvents,
      httpLines: reading.httpLines,
      rows: brought.rows_stored,
      correlated: counters.rows_correlated ?? 0,
      orphans: (counters.rows_orphan_no_handshake ?? 0) + (counters.rows_orphan_not_eligible ?? 0),
      rejected: reading.rejected,
      firstProblems: reading.firstProblems,
      counters: { ...counters, ...brought },
      from: isoTime(range.from),
      to: isoTime(range.to),
      seconds: (performance.now() - beganMs) / 1000,
    };
  } finally {
    await spool.close();
  }
}

const isoTime = (microseconds: number) =>
  Number.isFinite(microseconds) ? new Date(microseconds / 1000).toISOString() : undefined;

/** Waits so that the calls so far do not exceed `rate` per second; short waits are saved up. */
function pacer(rate: number | 'max'): () => Promise<void> | undefined {
  const startMs = performance.now();
  let calls = 0;
  return () => {
    if (rate === 'max') return undefined;
    const aheadMs = (++calls / rate) * 1000 - (performance.now() - startMs);
    return aheadMs > 10 ? sleep(aheadMs) : undefined;
  };
}
