import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { captureSocketWithoutPrivileges } from './live/hand-over.ts';
import {
  type FromSentinelThread,
  type SentinelState,
  type SentinelThreadOptions,
  stopMessage,
} from './sentinel-messages.ts';

/** A running part of the platform. */
export interface Service {
  /** Everything counted since the start, by name; gauges too. At most a quarter of a second old. */
  counters(): Record<string, number>;
  /** Whether it can do its work now, and if not, why. */
  ready(): { ok: boolean; why?: string };
  /** Sends what was captured, then frees everything. */
  stop(): Promise<void>;
}

export interface SentinelOptions {
  /** Interface name, or `any`. */
  readonly interface: string;
  /** TCP ports of the web server. */
  readonly ports: readonly number[];
  /** A pcap filter text that replaces the one built from ports and exclusions. */
  readonly bpfFilter?: string;
  /** Addresses and networks whose connections are not looked at. */
  readonly excludeSourceIps: readonly string[];
  /** UNIX datagram socket that takes the events, one JSON object each. */
  readonly socketPath: string;
  readonly sensorId: string;
  readonly log: Logger;
  /**
   * Give up every privilege once the capture socket is open. The process replaces itself by its own command
   * line without them, so this is for a process that does nothing else and has not started anything yet.
   */
  readonly dropPrivileges?: boolean;
}

/** A stop that takes longer than this leaves the thread behind, in milliseconds. */
const stopWithinMs = 5_000;

/**
 * Captures live and emits one network event per connection. Capture, tracking and sending run in a thread of
 * their own; a bug that kills the thread is an uncaught exception of the process, for its supervisor to see.
 *
 * @throws ENODEV for an unknown interface, EPERM without a way to capture, EINVAL for a wrong filter,
 *   ENAMETOOLONG for a socket path that the system cannot hold.
 */
export async function startSentinel(options: SentinelOptions): Promise<Service> {
  const { log, dropPrivileges, ...rest } = options;
  const threadOptions: SentinelThreadOptions = {
    ...rest,
    logLevel: log.level,
    captureSocket: dropPrivileges === true ? unprivilegedSocket(options) : undefined,
  };
  const worker = new Worker(new URL('./sentinel.worker.ts', import.meta.url), { workerData: threadOptions });
  let state: SentinelState = { counters: {}, ready: { ok: false, why: 'the sentinel has not started' } };
  let stopped = () => {};
  const stopping = new Promise<void>((resolve) => {
    stopped = resolve;
  });

  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromSentinelThread) => {
      if (message.kind === 'started') resolve();
      else if (message.kind === 'failed') reject(failure(message.code, message.message));
      else if (message.kind === 'log') writeLog(log, message.line);
      else {
        state = message.state;
        if (message.kind === 'stopped') stopped();
      }
    });
    worker.once('error', reject);
  });
  worker.removeAllListeners('error');
  log.info({ interface: options.interface, ports: options.ports, socket: options.socketPath }, 'captures');

  return {
    counters: () => state.counters,
    ready: () => state.ready,
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

/**
 * The capture socket, opened by a process that then became this one without privileges; undefined where the
 * right is missing, because tcpdump may have it.
 */
function unprivilegedSocket(options: SentinelOptions): number | undefined {
  try {
    return captureSocketWithoutPrivileges(options);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EPERM' || error.code === 'EACCES'))
      return;
    throw error;
  }
}

function failure(code: string | undefined, message: string): Error {
  return code === undefined ? new Error(message) : Object.assign(new Error(message), { code });
}

const logMethods = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' } as const;

/** A line that the thread's logger wrote, into the log of the service. */
function writeLog(log: Logger, line: string): void {
  const { level, msg, ...fields } = JSON.parse(line) as { level: keyof typeof logMethods; msg: string };
  log[logMethods[level]](fields, msg);
}
