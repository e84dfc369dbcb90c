import type { RingMemory } from './message-ring.ts';

/** What the receiving thread is started with. */
export interface ReceiverData {
  /** 32-bit integers, see `word`. */
  readonly control: SharedArrayBuffer;
  /** How long the thread may leave queues alone that it has just emptied, in milliseconds. */
  readonly napMs: number;
  readonly sockets: readonly ReceiverSocket[];
}

export interface ReceiverSocket {
  readonly kind: 'datagram' | 'stream';
  readonly ring: RingMemory;
  /** 64-bit floats in the order of `counterNames`, written by the thread. */
  readonly counters: SharedArrayBuffer;
}

/**
 * The control words: the order to stop; whether the main thread waits for a message of the receiving one; then
 * for each socket the descriptor to receive on (−1 = none), and the one that is received on. A descriptor that
 * is replaced is emptied and closed by the receiving thread.
 */
export const word = {
  stop: 0,
  mainWaits: 1,
  wanted: (socket: number): number => 2 + 2 * socket,
  adopted: (socket: number): number => 3 + 2 * socket,
} as const;

export const wordCount = (sockets: number): number => 2 + 2 * sockets;

/** What the thread counts. `paused`: how often a socket was left alone because its ring was full. */
export const counterNames = {
  datagram: ['datagrams', 'bytes', 'batches', 'empty', 'truncated', 'paused'],
  stream: [
    ...['connections', 'connections_refused', 'connections_broken', 'open'],
    ...['lines', 'bytes', 'oversize', 'empty', 'paused'],
  ],
} as const;
