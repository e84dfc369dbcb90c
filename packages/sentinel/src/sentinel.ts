import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { captureSourceWithoutPrivileges } from './live/hand-over.ts';
import { metricOf } from './metric-families.ts';
import type { EventOutput } from './output/event-output.ts';
import {
  type FromSentinelThread,
  reloadMessage,
  type SentinelState,
  type SentinelThreadOptions,
  stopMessage,
} from './sentinel-messages.ts';

/** A running part of the platform. */
export interface Service {
  /** Everything counted since the start, by name; gauges too. At most a quarter of a second old. */
  counters(): Record<string, number>;
  /** The metric that one of these counters is part of, for Prometheus. */
  readonly metricOf: typeof metricOf;
  /** Whether it can do its work now, and if not, why. */
  ready(): { ok: boolean; why?: string };
  /**
   * Whether the capturing thread makes progress: unlike `ready`, nothing outside (an interface, a receiver) makes
   * it false. For a watchdog.
   */
  alive(): { ok: boolean; why?: string };
  /** Goes on in new output files where the old ones were renamed; resolves when they are open. */
  reload(): Promise<void>;
  /** Resolves, with the words for the log, when there is nothing left to do: nobody reads the events any more. */
  readonly ended: Promise<string>;
  /** Sends what was captured, then frees everything. */
  stop(): Promise<void>;
}

export interface SentinelOptions {
  /** Interface names, or `any`. One that does not exist yet is waited for, while there is another. */
  readonly interfaces: readonly string[];
  /** TCP and UDP ports of the web server. */
  readonly ports: readonly number[];
  /**
   * Addresses and networks of the web server. Absent: those of this machine, followed as they change, and all
   * on interfaces without an address and in frames for other machines (a tap, a mirror port). Empty: all.
   */
  readonly localAddresses?: readonly string[] | undefined;
  /** A pcap filter text that replaces the one built from ports, addresses and exclusions. */
  readonly bpfFilter?: string;
  /** Addresses and networks whose connections are not looked at. */
  readonly excludeSourceIps: readonly string[];
  /** Where the events go, one JSON object each: to all of these. */
  readonly outputs: readonly EventOutput[];
  readonly sensorId: string;
  readonly log: Logger;
  /**
   * Give up every privilege once the capture sockets are open. The process replaces itself by its own command
   * line without them, so this is for a process that does nothing else and has not started anything yet.
   */
  readonly dropPrivileges?: boolean;
}

/** A stop that takes longer than this leaves the thread behind, in milliseconds. */
const stopWithinMs = 5_000;
/** The thread reports four times a second; silent for so long it hangs. */
const silentMs = 5_000;

/**
 * Captures live and emits one network event per connection. Capture, tracking and sending run in a thread of
 * their own; a bug that kills the thread is an uncaught exception of the process, for its supervisor to see.
 *
 * @throws ENODEV for an unknown interface, EPERM without a way to capture, EINVAL for a wrong filter,
 *   ENAMETOOLONG for a socket path that the system cannot hold, ENOENT, EACCES, … for a file.
 */
export async function startSentinel(options: SentinelOptions): Promise<Service> {
  const { log, dropPrivileges, ...rest } = options;
  const threadOptions: SentinelThreadOptions = {
    ...rest,
    logLevel: log.level,
    source: dropPrivileges === true ? await captureSourceWithoutPrivileges(options) : undefined,
  };
  const worker = new Worker(new URL('./sentinel.worker.ts', import.meta.url), { workerData: threadOptions });
  let state: SentinelState = { counters: {}, ready: { ok: false, why: 'the sentinel has not started' } };
  let reportedAt = performance.now();
  let stopped = () => {};
  const stopping = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  let end = (_why: string) => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  let reloads: (() => void)[] = [];

  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromSentinelThread) => {
      if (message.kind === 'started') resolve();
      else if (message.kind === 'failed') reject(failure(message.code, message.message));
      else if (message.kind === 'log') writeLog(log, message.line);
      else if (message.kind === 'ended') end(message.why);
      else if (message.kind === 'reloaded') {
        for (const done of reloads) done();
        reloads = [];
      } else {
        state = message.state;
        reportedAt = performance.now();
        if (message.kind === 'stopped') stopped();
      }
    });
    worker.once('error', reject);
  });
  worker.removeAllListeners('error');
  log.info(
    { interfaces: options.interfaces, ports: options.ports, outputs: options.outputs.map(outputText) },
    'captures',
  );

  const alive = () => {
    const silent = performance.now() - reportedAt;
    if (silent < silentMs) return { ok: true };
    return { ok: false, why: `the capturing thread has not reported for ${Math.round(silent / 1000)} s` };
  };

  return {
    counters: () => state.counters,
    metricOf,
    alive,
    ready: () => {
      const progress = alive();
      return progress.ok ? state.ready : progress;
    },
    reload: () =>
      new Promise((resolve) => {
        reloads.push(resolve);
        worker.postMessage(reloadMessage);
      }),
    ended,
    stop: async () => {
      worker.postMessage(stopMessage);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, stopWithinMs);
      });
      await Promise.race([stopping, late]);
      clearTimeout(timer);
      await worker.terminate();
    },
  };
}

const outputText = (output: EventOutput): string => (output.kind === 'stdout' ? 'stdout' : output.path);

function failure(code: string | undefined, message: string): Error {
  return code === undefined ? new Error(message) : Object.assign(new Error(message), { code });
}

const logMethods = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' } as const;

/** A line that the thread's logger wrote, into the log of the service. */
function writeLog(log: Logger, line: string): void {
  const { level, msg, ...fields } = JSON.parse(line) as { level: keyof typeof logMethods; msg: string };
  log[logMethods[level]](fields, msg);
}
