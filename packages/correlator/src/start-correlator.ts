import { join as joinPath } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { insertEncodedHttpLogs, type Store } from '@ja4/store';
import type { Logger } from 'pino';
import { openCheckpoint } from './checkpoint/checkpoint.ts';
import { type BatchOptions, defaultBatchOptions, Inserter } from './insert/inserter.ts';
import { openIntake } from './intake/index.ts';
import { defaultJoinOptions, type JoinFilters, type JoinOptions } from './join/join-options.ts';
import { Pipeline } from './pipeline.ts';
import { Spool, type SpoolOptions } from './spool/index.ts';

/** A running part of the platform. */
export interface Service {
  /** Everything counted since the start, by name; gauges too. What a checkpoint knows goes on from there. */
  counters(): Record<string, number>;
  /** What of `counters` earlier processes had counted. */
  carried(): Readonly<Record<string, number>>;
  /** Whether it can do its work now, and if not, why. */
  ready(): { ok: boolean; why?: string };
  /** @throws Error `JA4_BAD_ADDRESS` for an address that is none; the filters are then as before */
  reload?(): Promise<void>;
  /** Finishes what was received: it is in the store, or in the spool for the next start. */
  stop(): Promise<void>;
}

export interface CorrelatorOptions {
  /** Folder of the four sockets. */
  readonly socketsDir: string;
  /** Permissions of the sockets; default 0o660. */
  readonly socketsMode?: number | undefined;
  /** Group of the sockets, by name or number, so that the web server's user reaches them. */
  readonly socketsGroup?: string | number | undefined;
  readonly store: Store;
  /** Where rows are kept until the store has them. */
  readonly spool: Omit<SpoolOptions, 'log'>;
  /** Where what a restart must not forget is kept (live handshakes, senders' counters); absent: nowhere. */
  readonly checkpointDir?: string | undefined;
  readonly join?: Partial<JoinOptions> | undefined;
  /** Reads what of `join` may change while it runs again, on a reload. */
  readonly reloadFilters?: (() => JoinFilters) | undefined;
  readonly batch?: Partial<BatchOptions> | undefined;
  /** Header names, beside the ones that always are, whose values are never stored. */
  readonly deniedHeaders?: readonly string[] | undefined;
  /** How long a stop may take to bring into the store what still waits, in milliseconds; default 5 s. */
  readonly stopWithinMs?: number | undefined;
  /** Monotonic milliseconds. */
  readonly clock?: (() => number) | undefined;
  readonly random?: (() => number) | undefined;
  readonly log: Logger;
}

/** How often time passes for the join when no event comes, in milliseconds. */
const tickMs = 100;
const defaultStopMs = 5_000;
/** A stop waits so long for a disk that refuses; `close` then says what could not be written. */
const flushWithinMs = 2_000;

/**
 * Receives requests and handshakes on their sockets, joins them, spools the rows and brings them into the store.
 *
 * A row is accepted when it is on disk. While the spool is full (or its disk is), nothing more is received, so
 * that the sockets' queues fill and the senders count what they cannot send; or, as configured, new rows are
 * dropped and counted.
 *
 * @throws what the sockets throw (a path that is too long or in use, a missing right or group), what the spool
 *   throws (`JA4_SPOOL_IN_USE`, a folder that cannot be written), and `JA4_BAD_ADDRESS` for a configured
 *   address that is none.
 */
export async function startCorrelator(options: CorrelatorOptions): Promise<Service> {
  const { socketsDir, store, log, clock = () => performance.now(), random = Math.random } = options;
  await using undo = new AsyncDisposableStack();
  const spool = await Spool.open({ ...options.spool, log });
  undo.defer(async () => {
    await spool.close();
  });
  const pipeline = new Pipeline({
    join: { ...defaultJoinOptions, ...options.join },
    deniedHeaders: options.deniedHeaders,
    emit: (row) => spool.append(row),
    log,
  });
  const { checkpointDir: folder } = options;
  // Behind the spool's lock, so that nobody else writes there.
  const checkpoint =
    folder === undefined ? undefined : await openCheckpoint({ folder, pipeline, clock, log });
  undo.defer(() => checkpoint?.stop());
  const inserter = new Inserter({
    spool,
    insert: (batch, signal) => insertEncodedHttpLogs(store, batch, signal),
    batch: { ...defaultBatchOptions, ...options.batch },
    clock,
    random,
    log,
  });
  undo.defer(() => inserter.stop(0));

  const takeHttp = (batch: string[]) => {
    const nowMs = clock();
    for (const text of batch) pipeline.http(text, nowMs);
    return spool.room();
  };
  const takeNetwork = (batch: string[]) => {
    const nowMs = clock();
    for (const text of batch) pipeline.network(text, nowMs);
    return spool.room();
  };
  const socket = (name: string, onMessages: typeof takeHttp) => {
    const path = joinPath(socketsDir, `${name}.socket`);
    return {
      name: name.replace('.', '_'),
      path,
      kind: name.endsWith('.stream') ? 'stream' : 'datagram',
      onMessages,
    } as const;
  };
  const intake = await openIntake({
    sockets: [
      socket('http', takeHttp),
      socket('network', takeNetwork),
      socket('http.stream', takeHttp),
      socket('network.stream', takeNetwork),
    ],
    mode: options.socketsMode ?? 0o660,
    group: options.socketsGroup,
    log,
  });
  undo.defer(() => intake.stop());
  const timer = setInterval(() => pipeline.advance(clock()), tickMs);
  undo.move();

  let lost = 0;
  const stop = async () => {
    spool.liftBounds();
    await intake.stop();
    clearInterval(timer);
    pipeline.flush();
    await checkpoint?.stop();
    await Promise.race([spool.flush(), sleep(flushWithinMs, undefined, { ref: false })]);
    await inserter.stop(options.stopWithinMs ?? defaultStopMs);
    lost = await spool.close();
    const { rows } = spool.waiting();
    if (rows > 0) log.info({ rows }, `${rows} rows wait in the spool for the next start`);
    if (lost > 0) log.error({ rows: lost }, `${lost} rows could not be written to the spool and are lost`);
  };
  let stopped: Promise<void> | undefined;
  const { reloadFilters } = options;
  return {
    counters: () => {
      return {
        ...pipeline.counters(),
        ...spool.counters(),
        ...inserter.counters(),
        ...checkpoint?.counters(),
        ...intake.counters(),
        rows_lost: lost,
      };
    },
    carried: () => pipeline.carried(),
    ready: () => {
      const states = [intake.ready(), spool.ready(), inserter.ready()];
      return states.find(({ ok }) => !ok) ?? { ok: true };
    },
    ...(reloadFilters === undefined ? {} : { reload: async () => pipeline.refilter(reloadFilters()) }),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
