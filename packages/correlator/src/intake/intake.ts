import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { datagramQueue } from './datagram-queue.ts';
import { IntakeSocket, type SocketOptions } from './intake-socket.ts';
import { type ReceiverData, word, wordCount } from './receiver-protocol.ts';

/** Sockets of event texts that are being read. */
export interface Intake {
  /** Totals since the start and gauges, by socket: what came in, and what was refused, by reason. */
  counters(): Record<string, number>;
  /** Whether senders can reach all sockets. */
  ready(): { ok: boolean; why?: string };
  /** Refuses senders, removes the sockets, and hands over what was sent before. */
  stop(): Promise<void>;
}

export interface IntakeOptions {
  readonly sockets: readonly SocketOptions[];
  /** Permissions of the sockets as a number, e.g. 0o660. */
  readonly mode: number;
  /** Name or number of the group that may write; absent = the process's own. */
  readonly group?: string | number | undefined;
  readonly log: Logger;
  /** How often the socket files are looked after, in milliseconds. Default 2 s. */
  readonly checkEveryMs?: number | undefined;
  /** Memory between the threads, for each socket of the kind: powers of two. Default 8 MiB and 1 MiB. */
  readonly ringBytes?: { readonly datagram: number; readonly stream: number } | undefined;
}

/**
 * In this time a queue of the wanted length takes 256,000 datagrams per second, and events come a moment late
 * that nobody notices. A shorter queue has no room for a receiver that naps.
 */
const napMs = 2;

/** How long events are handed over before timers and other I/O get their turn, in milliseconds. */
const sliceMs = 4;

/** A stream's sender waits for room, a datagram's may not: it gets the time of a long pause of this thread. */
const defaultRingBytes = { datagram: 8 << 20, stream: 1 << 20 };

/**
 * Receives events on UNIX sockets, datagrams and lines of up to 64 KiB, in one thread of its own for all sockets.
 * Sockets are served in turn, so that a flood on one of them does not silence the others; a socket whose file was
 * removed under it (a cleaned `/run`, a mistyped `rm`) is opened again, because a site would look quiet.
 *
 * A failure of `onMessages` or of the thread is a bug and ends the process (its supervisor restarts it).
 *
 * @throws what `bindUnixSocket` throws; then none of the sockets is left open
 */
export async function openIntake(options: IntakeOptions): Promise<Intake> {
  const { log, mode, group, ringBytes = defaultRingBytes } = options;
  const queue = datagramQueue();
  if (queue?.ok === false) log.warn(queue.advice);
  const sockets: IntakeSocket[] = [];
  try {
    for (const socket of options.sockets) {
      const address = { path: socket.path, mode, group };
      sockets.push(new IntakeSocket(socket, address, ringBytes[socket.kind]));
    }
  } catch (error) {
    for (const socket of sockets) socket.discard();
    throw error;
  }

  const words = new Int32Array(new SharedArrayBuffer(4 * wordCount(sockets.length)));
  for (const [i, { fd }] of sockets.entries()) {
    words[word.wanted(i)] = fd;
    words[word.adopted(i)] = -1;
  }
  words[word.mainWaits] = 1;
  const workerData: ReceiverData = {
    control: words.buffer,
    napMs: queue?.ok === true ? napMs : 0,
    sockets: sockets.map(({ shared }) => shared),
  };
  const worker = new Worker(new URL('./receiver.worker.ts', import.meta.url), { workerData });
  worker.on('error', (error) => {
    throw error;
  });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  let scheduled = false;
  const handOver = () => {
    scheduled = false;
    const untilMs = performance.now() + sliceMs;
    for (;;) {
      let messages = 0;
      for (const socket of sockets) {
        const taken = socket.handOver();
        messages += taken;
        if (taken > 0 && socket.handling !== undefined) void afterwards(socket, socket.handling);
      }
      if (messages === 0 && mayWait()) return;
      if (performance.now() > untilMs) return schedule();
    }
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(handOver);
  };
  const afterwards = async (socket: IntakeSocket, handling: Promise<void>) => {
    await handling;
    socket.handling = undefined;
    schedule();
  };
  /** Asks to be woken. Looks again afterwards: what came in between was announced to nobody. */
  const mayWait = () => {
    Atomics.store(words, word.mainWaits, 1);
    if (!sockets.some((socket) => socket.waiting)) return true;
    return Atomics.compareExchange(words, word.mainWaits, 1, 0) === 0;
  };
  worker.on('message', handOver);

  const lookAfterFiles = setInterval(() => {
    for (const [i, socket] of sockets.entries()) {
      // One that the thread has not taken over yet must not be forgotten with its descriptor.
      if (Atomics.load(words, word.adopted(i)) !== Atomics.load(words, word.wanted(i))) continue;
      if (socket.reopen(log)) Atomics.store(words, word.wanted(i), socket.fd);
    }
  }, options.checkEveryMs ?? 2_000);

  const stop = async () => {
    clearInterval(lookAfterFiles);
    for (const socket of sockets) socket.refuse();
    Atomics.store(words, word.stop, 1);
    Atomics.notify(words, word.stop);
    await ended;
    while (!sockets.every(({ idle }) => idle)) {
      schedule();
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all(sockets.map(({ handling }) => handling));
    }
  };
  let stopped: Promise<void> | undefined;
  return {
    counters: () => Object.fromEntries(sockets.flatMap((socket) => Object.entries(socket.counters()))),
    ready: () => sockets.map((socket) => socket.ready()).find(({ ok }) => !ok) ?? { ok: true },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
