import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { datagramQueue } from './datagram-queue.ts';
import { flag, type ReceiverData, type ReceiverReport } from './datagram-receiver-protocol.ts';
import { libc, SHUT_RD } from './libc.ts';
import { bindUnixSocket, type SocketAddress } from './unix-socket.ts';

/** A source of event texts that is being read. */
export interface Intake {
  /** Totals since the start: what came in, and what was refused, by reason. */
  counters(): Record<string, number>;
  /** Whether senders can reach the socket. */
  ready(): { ok: boolean; why?: string };
  /** Stops receiving, hands over what is queued, then removes the socket. */
  stop(): Promise<void>;
}

export interface IntakeOptions extends SocketAddress {
  /**
   * Called with valid UTF-8 texts, one per datagram or line. While the promise it may return is
   * pending, at most `maxInFlight` batches wait; then nothing more is received.
   */
  readonly onMessages: (batch: string[]) => void | Promise<void>;
  readonly log: Logger;
  /** Batches of up to 64 datagrams that may wait for `onMessages`. Default 64. */
  readonly maxInFlight?: number;
}

/**
 * In this time a queue of the wanted length takes 512,000 datagrams per second, and events come a moment late
 * that nobody notices. A shorter queue has no room for a receiver that naps.
 */
const napMs = 1;

const noCounters = { datagrams: 0, bytes: 0, batches: 0, empty: 0, truncated: 0, invalid_utf8: 0, paused: 0 };

/**
 * Receives UNIX datagrams of up to 64 KiB in a thread of its own.
 * A failure of `onMessages` or of the thread is a bug and ends the process (its supervisor restarts it):
 * a receiver that silently stopped would look like a quiet site.
 * Throws what `bindUnixSocket` throws.
 */
export async function openDatagramIntake(options: IntakeOptions): Promise<Intake> {
  const { path, onMessages, log, maxInFlight = 64 } = options;
  const queue = datagramQueue();
  if (queue?.ok === false) log.warn({ path }, queue.advice);
  const socket = bindUnixSocket('datagram', options);
  const shared = new SharedArrayBuffer(8);
  const flags = new Int32Array(shared);
  const workerData: ReceiverData = {
    fd: socket.fd,
    shared,
    maxInFlight,
    napMs: queue?.ok === true ? napMs : 0,
  };
  const worker = new Worker(new URL('./datagram-receiver.worker.ts', import.meta.url), { workerData });

  let counters: Readonly<Record<string, number>> = noCounters;
  let handled: Promise<void> = Promise.resolve();
  const release = () => {
    Atomics.sub(flags, flag.inFlight, 1);
    Atomics.notify(flags, flag.inFlight);
  };
  worker.on('message', (report: ReceiverReport) => {
    counters = report.counters;
    // Batches are handled in order: the next one starts when the promise of the last is settled.
    handled = handled.then(async () => {
      if (report.messages.length > 0) await onMessages(report.messages);
      release();
    });
  });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('error', (error) => {
    throw error;
  });

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    socket.unlink();
    Atomics.store(flags, flag.stop, 1);
    Atomics.notify(flags, flag.stop);
    Atomics.notify(flags, flag.inFlight);
    // Senders are refused from here on, and the thread wakes up to take what is queued.
    libc().shutdown(socket.fd, SHUT_RD);
    await ended;
    await handled;
    libc().close(socket.fd);
  };
  return {
    counters: () => ({ ...counters, in_flight: Atomics.load(flags, flag.inFlight) }),
    ready: () =>
      socket.holdsPath()
        ? { ok: true }
        : { ok: false, why: `${path} was removed or replaced by another process` },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
