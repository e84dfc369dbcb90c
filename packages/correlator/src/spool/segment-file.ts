import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checksumSeed, encodeFrame, type FrameRows } from './frame.ts';
import type { ByteSource } from './frame-scanner.ts';
import {
  encodeSegmentHeader,
  type HeaderResult,
  largestHeader,
  readSegmentHeader,
  type SegmentHeader,
} from './segment-header.ts';

const suffix = '.seg';
/** A `writev` takes at most 1024 pieces. */
const mostPieces = 900;

/** Name of the file of a segment. */
export const segmentPath = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(10, '0')}${suffix}`);

/** The number in a segment's file name; undefined for other files. */
export function segmentNumber(file: string): number | undefined {
  return /^\d{10}\.seg$/.test(file) ? Number(file.slice(0, -suffix.length)) : undefined;
}

/** Reads from an open file. */
export const fileSource = (handle: FileHandle): ByteSource => ({
  read: async (target, position) => {
    let length = 0;
    while (length < target.length) {
      const { bytesRead } = await handle.read(target, length, target.length - length, position + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length;
  },
});

/** The header of a file that is open for reading. */
export async function headerOf(handle: FileHandle): Promise<HeaderResult> {
  // Nearly all headers are this small.
  const small = Buffer.alloc(16 * 1024);
  const read = await fileSource(handle).read(small, 0);
  const result = readSegmentHeader(small.subarray(0, read));
  if (result.ok || result.reason !== 'header_truncated' || read < small.length) return result;
  const large = Buffer.alloc(largestHeader);
  return readSegmentHeader(large.subarray(0, await fileSource(handle).read(large, 0)));
}

/** Makes a change in a folder (a new file, a removed one) last beyond a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A segment that is being written. Frames are appended behind `end`; when a write fails, nothing more may be
 * appended, because after an error the system may hold pages to be written that are not.
 */
export class SegmentFile {
  readonly header: SegmentHeader;
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #fsync: boolean;
  readonly #seed: number;
  /** Bytes and rows that are durable. */
  end: number;
  rows = 0;

  private constructor(handle: FileHandle, path: string, header: SegmentHeader, end: number, fsync: boolean) {
    this.#handle = handle;
    this.path = path;
    this.header = header;
    this.end = end;
    this.#fsync = fsync;
    this.#seed = checksumSeed(header.id);
  }

  /** @throws the system's error; nothing is left behind then. */
  static async create(path: string, header: SegmentHeader, fsync: boolean): Promise<SegmentFile> {
    const handle = await open(path, 'wx', 0o600);
    try {
      const bytes = encodeSegmentHeader(header);
      await writeFully(handle, [bytes], 0);
      if (fsync) {
        await handle.sync();
        await syncFolder(dirname(path));
      }
      return new SegmentFile(handle, path, header, bytes.length, fsync);
    } catch (error) {
      await handle.close().catch(() => {});
      await unlink(path).catch(() => {});
      throw error;
    }
  }

  /** Resolves when the frames are durable. @throws the system's error. */
  async append(frames: readonly FrameRows[]): Promise<void> {
    const pieces: Uint8Array[] = [];
    let { rows } = this;
    for (const frame of frames) {
      pieces.push(...encodeFrame(frame, rows, this.#seed));
      rows += frame.lengths.length;
    }
    const written = await writeFully(this.#handle, pieces, this.end);
    if (this.#fsync) await this.#handle.datasync();
    this.end += written;
    this.rows = rows;
  }

  /** Cuts off what a failed write may have left behind the last durable frame, as far as the disk allows. */
  async cut(): Promise<void> {
    await this.#handle.truncate(this.end);
    if (this.#fsync) await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function writeFully(handle: FileHandle, pieces: Uint8Array[], position: number): Promise<number> {
  let written = 0;
  let rest = pieces.filter((piece) => piece.length > 0);
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest.slice(0, mostPieces), position + written);
    written += bytesWritten;
    rest = behind(rest, bytesWritten);
  }
  return written;
}

/** What of the pieces lies behind the first `bytes`. */
function behind(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  let index = 0;
  while (index < pieces.length && skip >= (pieces[index]?.length ?? 0)) skip -= pieces[index++]?.length ?? 0;
  const [first, ...others] = pieces.slice(index);
  return first === undefined ? [] : [first.subarray(skip), ...others];
}
