import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DatagramSocket } from './datagram-socket.ts';
import { MessageQueue } from './message-queue.ts';

/** Where network events go. */
export interface NetworkOutput {
  /** Sends or queues one event. Never waits and never throws; what is lost is counted. */
  send(json: string): void;
  /** Goes on in new files where the old ones were renamed (log rotation); resolves when that is done. */
  reopen(): Promise<void>;
  /** Whether something waits that should be tried again within a millisecond. */
  urgent(): boolean;
  /** Totals since the start, and the current `queued`. */
  counters(): Record<string, number>;
  /** Whether somebody receives. */
  ready(): { ok: boolean; why?: string };
  /** Gives the receiver a second to take what is queued, then closes. */
  stop(): Promise<void>;
}

export interface NetworkOutputOptions {
  readonly socketPath: string;
  readonly log: Logger;
  /** Bounds of the queue that bridges a full or missing receiver. Defaults: 16,384 events, 16 Mi characters. */
  readonly maxQueued?: number;
  readonly maxQueuedCharacters?: number;
}

/** A full receiver is tried again after this time, a missing one after 100 ms. */
const fullRetryMs = 1;
const missingRetryMs = 100;
/** A lasting problem is said once per this time. */
const sayAgainMs = 30_000;
const stopGraceMs = 1_000;

/**
 * Sends each event as one UNIX datagram. A receiver that is missing, full or replaced costs no event until
 * the queue is full; then the oldest are dropped and counted. It recovers by itself.
 * Throws ENAMETOOLONG for a socket path that the system cannot hold.
 */
export function createNetworkOutput(options: NetworkOutputOptions): NetworkOutput {
  const { socketPath, log, maxQueued = 16_384, maxQueuedCharacters = 16 << 20 } = options;
  const socket = new DatagramSocket(socketPath);
  const queue = new MessageQueue(maxQueued, maxQueuedCharacters);
  const counters = {
    sent: 0,
    sent_characters: 0,
    dropped_queue: 0,
    dropped_too_large: 0,
    dropped_stop: 0,
    waits_full: 0,
    connects: 0,
    connects_failed: 0,
  };
  let connected = false;
  let stopping = false;
  let missingReason = '';
  let retry: NodeJS.Timeout | undefined;
  let lastSaidAt = Number.NEGATIVE_INFINITY;
  let saidMissing = false;

  const complain = (why: string) => {
    const now = performance.now();
    if (now - lastSaidAt < sayAgainMs) return;
    lastSaidAt = now;
    saidMissing = true;
    const dropped = counters.dropped_queue;
    log.warn(
      { socket: socketPath, reason: why, queued: queue.length, dropped },
      'nobody receives network events',
    );
  };

  const connect = (): boolean => {
    const outcome = socket.connect();
    if (!outcome.ok) {
      missingReason = outcome.reason;
      counters.connects_failed += 1;
      complain(outcome.reason);
      return false;
    }
    connected = true;
    counters.connects += 1;
    if (saidMissing)
      log.info({ socket: socketPath, queued: queue.length }, 'network events are received again');
    saidMissing = false;
    return true;
  };

  const later = (delayMs: number) => {
    retry ??= setTimeout(() => {
      retry = undefined;
      flush();
    }, delayMs);
  };

  /** Sends from the queue until it is empty or the receiver cannot take more. */
  const flush = () => {
    let reconnects = 0;
    for (let text = queue.peek(); text !== undefined; text = queue.peek()) {
      if (!connected && !connect()) return later(missingRetryMs);
      const outcome = socket.send(text);
      if (outcome === 'full') {
        counters.waits_full += 1;
        return later(fullRetryMs);
      }
      if (outcome === 'gone') {
        connected = false;
        reconnects += 1;
        if (reconnects > 1) return later(missingRetryMs);
        continue;
      }
      if (outcome === 'sent') {
        counters.sent += 1;
        counters.sent_characters += text.length;
      } else {
        counters.dropped_too_large += 1;
      }
      queue.shift();
    }
  };

  return {
    send: (json) => {
      if (stopping) {
        counters.dropped_stop += 1;
        return;
      }
      counters.dropped_queue += queue.push(json);
      if (retry === undefined) flush();
    },
    reopen: async () => {},
    urgent: () => connected && queue.length > 0,
    counters: () => ({ ...counters, queued: queue.length }),
    ready: () => {
      if (connected || (retry === undefined && connect())) return { ok: true };
      return { ok: false, why: `nobody receives on ${socketPath} (${missingReason}): start ja4 correlator` };
    },
    stop: async () => {
      stopping = true;
      const deadline = performance.now() + stopGraceMs;
      while (queue.length > 0 && performance.now() < deadline) await sleep(5);
      clearTimeout(retry);
      counters.dropped_stop += queue.length;
      while (queue.length > 0) queue.shift();
      socket.close();
      connected = false;
    },
  };
}
