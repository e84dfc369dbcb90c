import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { FileProblem } from './format.ts';

/** The bytes of a capture, decompressed if need be, delivered piece by piece. */
export interface ByteSource {
  /**
   * Copies the next bytes to `target` from `at` on and says how many; 0 at the end. What is at hand comes at
   * once: awaiting every piece of a file would cost more than reading it.
   */
  read(target: Uint8Array, at: number): number | Promise<number>;
  /** What was wrong with the bytes themselves, once `read` has returned 0. */
  problem(): FileProblem | undefined;
  close(): Promise<void>;
}

/**
 * Bytes of a file read at once. Larger pieces leave the processor's caches before they are parsed, smaller ones
 * cost more calls: of 64 KiB to 8 MiB, 1 and 2 MiB took the least CPU time; the thread pool's read takes half as
 * much again.
 */
const pieceBytes = 1024 * 1024;

/** A regular file from its current position on. The descriptor stays open. */
export function fileSource(fd: number, onRead: (bytes: number) => void): ByteSource {
  return {
    read(target, at) {
      const bytesRead = readSync(fd, target, at, Math.min(pieceBytes, target.length - at), null);
      onRead(bytesRead);
      return bytesRead;
    },
    problem: () => undefined,
    close: async () => {},
  };
}

/** What a pipe holds at most, as a rule: more does not come at once. */
const pipeBytes = 64 * 1024;

/**
 * A pipe or socket; bytes are delivered as they come, the event loop is free while none do. They are read into
 * one buffer, which is full until it has been taken: a stream of its own chunks would be memory for each 64 KiB.
 */
export function pipeSource(fd: number, onRead: (bytes: number) => void): ByteSource {
  const buffer = new Uint8Array(pipeBytes);
  let ready = 0;
  let taken = 0;
  let ended = false;
  let failure: Error | undefined;
  let wake = () => {};
  const socket = new Socket({
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer,
      callback: (bytes) => {
        onRead(bytes);
        ready = bytes;
        taken = 0;
        wake();
        return false; // No more until this has been taken.
      },
    },
  });
  socket.on('error', (error) => {
    failure = error;
  });
  socket.once('close', () => {
    ended = true;
    wake();
  });
  socket.once('end', () => {
    ended = true;
    wake();
  });
  return {
    async read(target, at) {
      if (taken === ready) {
        if (!ended) {
          const more = new Promise<void>((resolve) => {
            wake = resolve;
          });
          socket.resume();
          await more;
        }
        if (failure !== undefined) throw failure;
        if (taken === ready) return 0;
      }
      const count = Math.min(ready - taken, target.length - at);
      target.set(buffer.subarray(taken, taken + count), at);
      taken += count;
      return count;
    },
    problem: () => undefined,
    async close() {
      socket.destroy();
    },
  };
}

/** Pieces that wait to be copied into a target of limited room. */
export class Leftover {
  readonly #pieces: Uint8Array[] = [];

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  add(piece: Uint8Array): void {
    if (piece.length > 0) this.#pieces.push(piece);
  }

  /** Moves as much as there is room for to `target[at…]` and says how much. */
  moveTo(target: Uint8Array, at: number): number {
    let filled = at;
    while (this.#pieces.length > 0 && filled < target.length) {
      const piece = this.#pieces[0]!;
      const part = piece.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    return filled - at;
  }
}
