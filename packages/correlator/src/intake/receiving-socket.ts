import { lastErrorCode, lastErrorText } from './libc.ts';
import type { PollSet } from './poll-set.ts';

/** What one look at a socket gave: nothing, all that was there, or as much as is taken at once. */
export type Taken = 'nothing' | 'all' | 'more';

/** One socket as the receiving thread sees it: what comes in is copied into a ring. */
export interface ReceivingSocket {
  /** Receives on another descriptor from now on (−1 = none); the one before is emptied and closed. */
  adopt(fd: number): void;
  /** Adds the descriptors to be woken for; false when the ring is full, so that the socket is left alone. */
  addTo(poll: PollSet): boolean;
  /** Takes one helping of what is there, so that the other sockets get their turn, and publishes it. */
  receive(poll: PollSet): Taken;
  close(): void;
}

/** The thread's counters of one socket, where the main thread sees them. */
export class SharedCounters<Name extends string> {
  readonly #names: readonly Name[];
  readonly #shared: Float64Array;

  constructor(names: readonly Name[], shared: SharedArrayBuffer) {
    this.#names = names;
    this.#shared = new Float64Array(shared);
  }

  publish(counts: Readonly<Record<Name, number>>): void {
    for (let i = 0; i < this.#names.length; i++) this.#shared[i] = counts[this.#names[i]!];
  }
}

/** A system call failed in a way that is nobody's doing: a bug. */
export function callFailed(call: string): Error {
  return Object.assign(new Error(`${call} failed on an intake socket: ${lastErrorText()}`), {
    code: lastErrorCode(),
  });
}
