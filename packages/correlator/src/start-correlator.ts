import { randomUUID } from 'node:crypto';
import { join as joinPath } from 'node:path';
import { performance } from 'node:perf_hooks';
import { insertHttpLogs, type Store } from '@ja4/store';
import type { Logger } from 'pino';
import { type BatchOptions, defaultBatchOptions, Inserter } from './insert/inserter.ts';
import { type Intake, openDatagramIntake, openLastingIntake, openStreamIntake } from './intake/index.ts';
import { defaultJoinOptions, type JoinOptions } from './join/join-options.ts';
import { Pipeline } from './pipeline.ts';

/** A running part of the platform. */
export interface Service {
  /** Everything counted since the start, by name; gauges too. */
  counters(): Record<string, number>;
  /** Whether it can do its work now, and if not, why. */
  ready(): { ok: boolean; why?: string };
  /** Finishes what was accepted, then frees everything. */
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
  readonly join?: Partial<JoinOptions> | undefined;
  readonly batch?: Partial<BatchOptions> | undefined;
  /** Header names, beside the ones that always are, whose values are never stored. */
  readonly deniedHeaders?: readonly string[] | undefined;
  /** How long a stop may take to store what is left, in milliseconds; default 10 s. */
  readonly stopWithinMs?: number | undefined;
  /** Monotonic milliseconds. */
  readonly clock?: (() => number) | undefined;
  readonly random?: (() => number) | undefined;
  readonly log: Logger;
}

/** How often time passes for the join when no event comes, in milliseconds. */
const tickMs = 100;

/**
 * Receives requests and handshakes on their sockets, joins them, and stores the rows.
 *
 * When the store does not keep up, rows wait in a bounded queue; when that is full, nothing more is received,
 * so that the sockets' queues fill and the senders count what they cannot send.
 *
 * @throws what the sockets throw (a path that is too long or in use, a missing right or group), and
 *   `JA4_BAD_ADDRESS` for a configured address that is none.
 */
export async function startCorrelator(options: CorrelatorOptions): Promise<Service> {
  const { socketsDir, store, log, clock = () => performance.now(), random = Math.random } = options;
  const inserter = new Inserter({
    insert: (rows, token) => insertHttpLogs(store, rows, token),
    batch: { ...defaultBatchOptions, ...options.batch },
    instance: randomUUID(),
    clock,
    random,
    log,
  });
  const pipeline = new Pipeline({
    join: { ...defaultJoinOptions, ...options.join },
    deniedHeaders: options.deniedHeaders,
    emit: (row) => inserter.add(row),
    log,
  });

  const takeHttp = (batch: string[]) => {
    const nowMs = clock();
    for (const text of batch) pipeline.http(text, nowMs);
    return inserter.room();
  };
  const takeNetwork = (batch: string[]) => {
    const nowMs = clock();
    for (const text of batch) pipeline.network(text, nowMs);
    return inserter.room();
  };
  const sockets = [
    { name: 'http', file: 'http.socket', open: openDatagramIntake, onMessages: takeHttp },
    { name: 'network', file: 'network.socket', open: openDatagramIntake, onMessages: takeNetwork },
    { name: 'http_stream', file: 'http.stream.socket', open: openStreamIntake, onMessages: takeHttp },
    {
      name: 'network_stream',
      file: 'network.stream.socket',
      open: openStreamIntake,
      onMessages: takeNetwork,
    },
  ];
  const intakes: { name: string; intake: Intake }[] = [];
  try {
    for (const { name, file, open, onMessages } of sockets) {
      const intake = await openLastingIntake(open, {
        path: joinPath(socketsDir, file),
        mode: options.socketsMode ?? 0o660,
        group: options.socketsGroup,
        onMessages,
        log,
      });
      intakes.push({ name, intake });
    }
  } catch (error) {
    await Promise.all(intakes.map(({ intake }) => intake.stop()));
    await inserter.stop(0);
    throw error;
  }
  const timer = setInterval(() => pipeline.advance(clock()), tickMs);

  const stop = async () => {
    inserter.liftBounds();
    await Promise.all(intakes.map(({ intake }) => intake.stop()));
    clearInterval(timer);
    pipeline.flush();
    const lost = await inserter.stop(options.stopWithinMs ?? 10_000);
    if (lost > 0) log.error({ rows: lost }, `${lost} rows could not be stored before the stop and are lost`);
  };
  let stopped: Promise<void> | undefined;
  return {
    counters: () => {
      const counters = { ...pipeline.counters(), ...inserter.counters() };
      for (const { name, intake } of intakes) {
        for (const [key, value] of Object.entries(intake.counters()))
          counters[`${name}_socket_${key}`] = value;
      }
      return counters;
    },
    ready: () => intakes.map(({ intake }) => intake.ready()).find(({ ok }) => !ok) ?? inserter.ready(),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
