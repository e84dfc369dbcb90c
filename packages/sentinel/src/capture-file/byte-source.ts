import type { FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** A file's bytes, decompressed if need be, delivered piece by piece. */
export interface ByteSource {
  /** Copies the next bytes to `target` from `at` on and says how many; 0 at the end. */
  read(target: Uint8Array, at: number): Promise<number>;
  /** What was wrong with the bytes themselves, once `read` has returned 0. */
  problem(): string | undefined;
  close(): Promise<void>;
}

/** The file as it is. */
export function plainSource(file: FileHandle, onRead: (bytes: number) => void): ByteSource {
  return {
    async read(target, at) {
      const { bytesRead } = await file.read(target, at, target.length - at);
      onRead(bytesRead);
      return bytesRead;
    },
    problem: () => undefined,
    close: async () => {},
  };
}

/**
 * Compressed bytes given to zlib at once. Deflate expands at most 1,032 times, so this bounds what one step
 * can put in memory (66 MB for a file made for that purpose).
 */
const compressedStep = 64 * 1024;

/**
 * The file through gunzip. Truncated or damaged data ends the source after everything that could be
 * decompressed, and is reported by `problem`.
 */
export function gzipSource(file: FileHandle, onRead: (bytes: number) => void): ByteSource {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const ready: Buffer[] = [];
  let failure: Error | undefined;
  let ended = false;
  gunzip.on('data', (chunk: Buffer) => ready.push(chunk));
  gunzip.on('error', (error) => {
    failure = error;
  });
  const closed = new Promise<void>((resolve) => gunzip.once('close', resolve));

  const step = async () => {
    // Not reused: zlib keeps the buffer until it has consumed it.
    const input = Buffer.allocUnsafe(compressedStep);
    const { bytesRead } = await file.read(input, 0, input.length);
    onRead(bytesRead);
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
      while (ready.length === 0 && !ended) await step();
      let filled = at;
      while (ready.length > 0 && filled < target.length) {
        const chunk = ready[0]!;
        const part = chunk.subarray(0, target.length - filled);
        target.set(part, filled);
        filled += part.length;
        if (part.length === chunk.length) ready.shift();
        else ready[0] = chunk.subarray(part.length);
      }
      return filled - at;
    },
    problem: () =>
      failure === undefined ? undefined : `gzip data is damaged or cut off (${failure.message})`,
    async close() {
      gunzip.destroy();
      await closed;
    },
  };
}
