import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncFolder } from './segment-file.ts';

/** How far the store has acknowledged, and what is on its way to it. */
export interface Cursor {
  readonly segment: number;
  /** All rows of earlier segments, and those of this one before this row, are done. */
  readonly row: number;
  /** The rows from `row` up to this one may have been sent, under the token of exactly this range. */
  readonly to?: number | undefined;
  /** The segment that `to` is in, when it is a later one. */
  readonly toSegment?: number | undefined;
}

export interface CursorState {
  /** Undefined: there is none, or it is unreadable. */
  readonly cursor: Cursor | undefined;
  readonly damaged: boolean;
}

/*
 * Two slots, 4 KiB apart, written in turn and in place: a write that is torn spoils one, and the other still
 * holds the state before. In place, so that it needs no room on a full disk. A slot is a line of text:
 *   <CRC-32 of the rest, hex> {"sequence":12,"segment":3,"row":400,"to":900}
 */
const slotBytes = 4096;

function encodeSlot(sequence: number, cursor: Cursor): Buffer {
  const text = JSON.stringify({ sequence, ...cursor });
  const bytes = Buffer.alloc(slotBytes);
  bytes.write(`${crc32(text).toString(16).padStart(8, '0')} ${text}\n`);
  return bytes;
}

function decodeSlot(slot: Buffer): (Cursor & { sequence: number }) | undefined {
  const line = slot.subarray(0, Math.max(0, slot.indexOf('\n'))).toString();
  const text = line.slice(9);
  if (!/^[0-9a-f]{8} /.test(line) || Number.parseInt(line.slice(0, 8), 16) !== crc32(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isSlot(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

function isSlot(value: unknown): value is Cursor & { sequence: number } {
  if (typeof value !== 'object' || value === null) return false;
  const slot: Partial<Record<string, unknown>> = { ...value };
  return (
    isCount(slot.sequence) &&
    isCount(slot.segment) &&
    isCount(slot.row) &&
    (slot.to === undefined || isCount(slot.to)) &&
    (slot.toSegment === undefined || isCount(slot.toSegment))
  );
}

/** The newer one of the slots that can be read. */
export function decodeCursor(bytes: Buffer): CursorState & { sequence: number } {
  const slots = [decodeSlot(bytes.subarray(0, slotBytes)), decodeSlot(bytes.subarray(slotBytes))];
  let newest: (Cursor & { sequence: number }) | undefined;
  for (const slot of slots) if (slot && (!newest || slot.sequence > newest.sequence)) newest = slot;
  if (newest === undefined)
    return { cursor: undefined, damaged: bytes.some((byte) => byte !== 0), sequence: 0 };
  const { sequence, ...cursor } = newest;
  return { cursor, damaged: false, sequence };
}

/** Reads the cursor without holding it. */
export async function readCursor(path: string): Promise<CursorState> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { cursor: undefined, damaged: false };
    throw error;
  }
  try {
    const { cursor, damaged } = decodeCursor(await handle.readFile());
    return { cursor, damaged };
  } finally {
    await handle.close();
  }
}

/** The cursor of an open spool: one write at a time, each durable when it resolves. */
export class CursorFile {
  readonly #handle: FileHandle;
  readonly #fsync: boolean;
  #sequence: number;
  #last: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, sequence: number, fsync: boolean) {
    this.#handle = handle;
    this.#sequence = sequence;
    this.#fsync = fsync;
  }

  static async open(path: string, fsync: boolean): Promise<{ file: CursorFile; state: CursorState }> {
    // Not truncated if it is there, made if it is not.
    const handle = await open(path, 'a+', 0o600);
    await handle.close();
    const writable = await open(path, 'r+');
    const bytes = await writable.readFile();
    const { sequence, ...state } = decodeCursor(bytes);
    if (bytes.length < 2 * slotBytes) {
      // All the room it will ever need.
      await writable.write(Buffer.alloc(2 * slotBytes - bytes.length), 0, undefined, bytes.length);
      if (fsync) {
        await writable.sync();
        await syncFolder(dirname(path));
      }
    }
    return { file: new CursorFile(writable, sequence, fsync), state };
  }

  /** @throws the system's error; the state before is still there then. */
  write(cursor: Cursor): Promise<void> {
    const written = this.#last.then(() => this.#write(cursor));
    // One that failed must not hold up the next.
    this.#last = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }

  async #write(cursor: Cursor): Promise<void> {
    const sequence = this.#sequence + 1;
    await this.#handle.write(encodeSlot(sequence, cursor), 0, slotBytes, (sequence % 2) * slotBytes);
    if (this.#fsync) await this.#handle.datasync();
    this.#sequence = sequence;
  }
}
