import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';

/** Of each table, by its folder below the data folder: the highest block that was there. */
export type BlockMarks = Readonly<Record<string, number>>;

/** An insert that was begun and whose end is not known. */
export interface BegunInsert {
  key: string;
  marks: BlockMarks;
}

const keyBytes = 16;
const slotBytes = 32;
const headerBytes = 32;
const magic = Buffer.from('ja4-inserts-1\n\0\0');

interface State {
  slots: number;
  done: Map<string, number>;
  next: number;
  begun: BegunInsert | undefined;
}

/** What a token stands for: one insert into one table (by its UUID, so that a table made anew knows none). */
export function insertKey(table: string, token: string): string {
  return createHash('sha256')
    .update(`${table}\0${token}`)
    .digest('hex')
    .slice(0, 2 * keyBytes);
}

/**
 * Which inserts with a token have begun and which are done, so that after a kill the one between the two can
 * be undone, and one that is sent again is known. One insert at a time.
 *
 * Two files: `begun` holds one record, written anew by each insert: length, CRC-32, JSON. `done` is a ring of
 * fixed slots, overwritten in place so that no write changes the file's size:
 *
 *     header  magic 16 | slots u32 | crc u32 | 0…        32 bytes
 *     slot n  key 16 | sequence u64 | crc u32 | 0…       32 bytes, sequence % slots = n
 *
 * A slot that does not match its CRC was being written when the power went: that insert is not done.
 */
export class InsertJournal {
  readonly #slots: number;
  readonly #fsync: boolean;
  readonly #begunFile: FileHandle;
  readonly #doneFile: FileHandle;
  /** Done keys in the order of their sequence. */
  readonly #done: Map<string, number>;
  #next: number;
  #begun: BegunInsert | undefined;

  private constructor(begunFile: FileHandle, doneFile: FileHandle, state: State, fsync: boolean) {
    this.#begunFile = begunFile;
    this.#doneFile = doneFile;
    this.#slots = state.slots;
    this.#done = state.done;
    this.#next = state.next;
    this.#begun = state.begun;
    this.#fsync = fsync;
  }

  /**
   * Opens the journal of a data folder, or makes it. A journal whose ring cannot be read is made anew and says
   * nothing of an insert that may have been open: what is not known is left as it is.
   * @param slots how many done inserts a new journal remembers
   * @param fsync whether a record is on disk, and not only with the kernel, when its method resolves
   */
  static async open(dataDir: string, fsync: boolean, slots = 10_000): Promise<InsertJournal> {
    const folder = join(dataDir, 'journal');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [donePath, begunPath] = [join(folder, 'done'), join(folder, 'begun')];
    const ring = readRing(donePath);
    if (ring === undefined) writeFileSync(begunPath, '', { mode: 0o600 });
    const state = ring ?? makeRing(donePath, slots);
    for (const path of [folder, dataDir]) syncPath(path);
    const begun = existsSync(begunPath) ? readBegun(readFileSync(begunPath)) : undefined;
    const pending = begun === undefined || begun.sequence < state.next ? undefined : begun;
    return new InsertJournal(
      await open(begunPath, 'r+'),
      await open(donePath, 'r+'),
      { ...state, begun: pending },
      fsync,
    );
  }

  /** The insert that the last run left open, or that is running. */
  get begun(): BegunInsert | undefined {
    return this.#begun;
  }

  /** Whether an insert of this key is done; of those that are remembered. */
  isDone(key: string): boolean {
    return this.#done.has(key);
  }

  /** Before an insert is given to the engine. */
  async begin(key: string, marks: BlockMarks): Promise<void> {
    await this.#writeBegun(JSON.stringify({ sequence: this.#next, key, marks }));
    this.#begun = { key, marks };
  }

  /** After the engine has everything of the begun insert. */
  async end(): Promise<void> {
    if (this.#begun === undefined) throw new Error('No insert has begun.');
    const { key } = this.#begun;
    const slot = Buffer.alloc(slotBytes);
    slot.write(key, 'hex');
    slot.writeBigUInt64LE(BigInt(this.#next), keyBytes);
    slot.writeUInt32LE(crc32(slot.subarray(0, keyBytes + 8)), keyBytes + 8);
    await writeWhole(this.#doneFile, slot, headerBytes + (this.#next % this.#slots) * slotBytes);
    if (this.#fsync) await this.#doneFile.datasync();
    this.#next++;
    this.#begun = undefined;
    this.#done.delete(key);
    this.#done.set(key, this.#next);
    for (const oldest of this.#done.keys()) {
      if (this.#done.size <= this.#slots) break;
      this.#done.delete(oldest);
    }
  }

  /** After everything of the begun insert is undone, or nothing of it came to be. */
  async forgetBegun(): Promise<void> {
    if (this.#begun === undefined) return;
    await this.#writeBegun('');
    this.#begun = undefined;
  }

  /** Forgets every done insert: rows have been removed on purpose and may be sent again. */
  async forgetDone(): Promise<void> {
    // A journal without done inserts begins to count anew: no older record may look as if it were still open.
    await this.#writeBegun('');
    await writeWhole(this.#doneFile, Buffer.alloc(this.#slots * slotBytes), headerBytes);
    if (this.#fsync) await this.#doneFile.datasync();
    this.#done.clear();
  }

  async close(): Promise<void> {
    await Promise.all([this.#begunFile.close(), this.#doneFile.close()]);
  }

  async #writeBegun(text: string): Promise<void> {
    const json = Buffer.from(text);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(json.length);
    head.writeUInt32LE(crc32(json), 4);
    await writeWhole(this.#begunFile, Buffer.concat([head, json]), 0);
    if (this.#fsync) await this.#begunFile.datasync();
  }
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; )
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A new ring, whole or not there. */
function makeRing(path: string, slots: number): State {
  const bytes = Buffer.alloc(headerBytes + slots * slotBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(slots, magic.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, magic.length + 4)), magic.length + 4);
  writeFileSync(`${path}.new`, bytes, { mode: 0o600 });
  syncPath(`${path}.new`);
  renameSync(`${path}.new`, path);
  return { slots, done: new Map(), next: 0, begun: undefined };
}

/** Undefined if there is no file, or it is no ring. */
function readRing(path: string): State | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const head = bytes.subarray(0, magic.length + 4);
  if (bytes.length < headerBytes || !head.subarray(0, magic.length).equals(magic)) return undefined;
  const slots = bytes.readUInt32LE(magic.length);
  if (bytes.readUInt32LE(magic.length + 4) !== crc32(head)) return undefined;
  if (slots === 0 || bytes.length !== headerBytes + slots * slotBytes) return undefined;
  const found: { key: string; sequence: number }[] = [];
  for (let at = headerBytes; at < bytes.length; at += slotBytes) {
    const slot = bytes.subarray(at, at + keyBytes + 8);
    if (bytes.readUInt32LE(at + keyBytes + 8) !== crc32(slot)) continue;
    found.push({ key: slot.toString('hex', 0, keyBytes), sequence: Number(slot.readBigUInt64LE(keyBytes)) });
  }
  found.sort((a, b) => a.sequence - b.sequence);
  const done = new Map(found.map(({ key, sequence }) => [key, sequence]));
  return { slots, done, next: (found.at(-1)?.sequence ?? -1) + 1, begun: undefined };
}

const begunRecord = z.object({
  sequence: z.int().min(0),
  key: z.string(),
  marks: z.record(z.string(), z.int().min(0)),
});

/** Undefined if nothing has begun, or the record was being written when the power went: then nothing came of it. */
function readBegun(bytes: Buffer): (BegunInsert & { sequence: number }) | undefined {
  if (bytes.length < 8) return undefined;
  const json = bytes.subarray(8, 8 + bytes.readUInt32LE());
  if (json.length === 0 || crc32(json) !== bytes.readUInt32LE(4)) return undefined;
  const record = begunRecord.safeParse(JSON.parse(json.toString()));
  return record.success ? record.data : undefined;
}
