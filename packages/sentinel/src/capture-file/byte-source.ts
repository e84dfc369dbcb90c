import { readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The bytes of a capture, decompressed if need be, delivered piece by piece. */
export interface ByteSource {
  /**
   * Copies the next bytes to `target` from `at` on and says how many; 0 at the end. What is at hand comes at
   * once: awaiting every piece of a file would cost more than reading it.
   */
  read(target: Uint8Array, at: number): number | Promise<number>;
  /** What was wrong with the bytes themselves, once `read` has returned 0. */
  problem(): string | undefined;
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

/** A pipe or socket; bytes are delivered as they come. */
export function streamSource(stream: Readable, onRead: (bytes: number) => void): ByteSource {
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  const left = new Leftover();
  return {
    async read(target, at) {
      if (left.isEmpty) {
        const { value, done } = await chunks.next();
        if (done === true) return 0;
        onRead(value.length);
        left.add(value);
      }
      return left.moveTo(target, at);
    },
    problem: () => undefined,
    async close() {
      stream.destroy();
    },
  };
}

/**
 * Compressed bytes given to zlib at once. Deflate expands at most 1,032 times, so this bounds what one step
 * can put in memory (66 MB for a file made for that purpose).
 */
const compressedStep = 64 * 1024;

/**
 * Another source through gunzip. Truncated or damaged data ends the source after everything that could be
 * decompressed, and is reported by `problem`.
 * @param first what was read of the other source already
 */
export function gunzipSource(compressed: ByteSource, first: Uint8Array): ByteSource {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const ready = new Leftover();
  const unread = new Leftover();
  unread.add(first);
  let failure: Error | undefined;
  let ended = false;
  gunzip.on('data', (chunk: Buffer) => ready.add(chunk));
  gunzip.on('error', (error) => {
    failure = error;
  });
  const closed = new Promise<void>((resolve) => gunzip.once('close', resolve));

  const step = async () => {
    // Not reused: zlib keeps the buffer until it has consumed it.
    const input = Buffer.allocUnsafe(compressedStep);
    const bytesRead = unread.isEmpty ? await compressed.read(input, 0) : unread.moveTo(input, 0);
    if (bytesRead === 0) {
      gunzip.end();
      await closed;
      ended = true;
      return;
    }
    const written = new Promise<void>((resolve) =>
      gunzip.write(input.subarray(0, bytesRead), () => resolve()),
    );
    await Promise.race([written, closed]);
    if (gunzip.destroyed) ended = true;
  };

  return {
    async read(target, at) {
      while (ready.isEmpty && !ended) await step();
      return ready.moveTo(target, at);
    },
    problem: () =>
      failure === undefined ? compressed.problem() : `gzip data is damaged or cut off (${failure.message})`,
    async close() {
      gunzip.destroy();
      await closed;
      await compressed.close();
    },
  };
}

/** Pieces that wait to be copied into a target of limited room. */
class Leftover {
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
