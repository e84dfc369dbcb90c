import { randomBytes } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { SegmentFile, segmentNumber, segmentPath } from './segment-file.ts';
import type { SpoolColumn } from './segment-header.ts';

export interface RejectedRow {
  readonly columns: readonly SpoolColumn[];
  readonly bytes: Uint8Array;
  readonly oldestMs: number;
  /** What the store said. */
  readonly why: string;
}

/** Enough to find out what is wrong; a mistake that concerns every row must not fill the disk. */
const mostBytes = 16 * 1024 * 1024;

/** Folder of the rejected rows in a spool's folder; segments as those of the spool, a row and its reason each. */
export const rejectedFolder = (folder: string): string => join(folder, 'rejected');

/** Keeps the rows that the store can never take, for someone to look at. */
export class RejectedRows {
  readonly #folder: string;
  readonly #fsync: boolean;
  readonly #log: Logger;
  readonly #lock: FolderLock;
  #file: SegmentFile | undefined;
  #number = 1;
  #bytes = 0;
  readonly counts = { kept: 0, notKept: 0 };

  private constructor(folder: string, lock: FolderLock, fsync: boolean, log: Logger) {
    this.#folder = folder;
    this.#lock = lock;
    this.#fsync = fsync;
    this.#log = log;
  }

  static async open(spoolFolder: string, fsync: boolean, log: Logger): Promise<RejectedRows> {
    const folder = rejectedFolder(spoolFolder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // It can be replayed as a spool of its own.
    const rows = new RejectedRows(folder, await lockFolder(folder), fsync, log);
    for (const name of await readdir(folder)) {
      const number = segmentNumber(name);
      if (number === undefined) continue;
      rows.#number = Math.max(rows.#number, number + 1);
      rows.#bytes += (await stat(join(folder, name))).size;
    }
    return rows;
  }

  async keep(row: RejectedRow): Promise<void> {
    if (this.#bytes + row.bytes.length > mostBytes) {
      if (this.counts.notKept++ === 0) {
        this.#log.warn({ folder: this.#folder }, 'no more rejected rows are kept: the folder is full');
      }
      return;
    }
    try {
      const file = await this.#fileFor(row.columns);
      const before = file.end;
      const lengths = Uint32Array.of(row.bytes.length);
      await file.append([{ lengths, payload: row.bytes, oldestMs: row.oldestMs, note: row.why }]);
      this.#bytes += file.end - before;
      this.counts.kept++;
    } catch (error) {
      this.counts.notKept++;
      this.#log.warn({ err: error }, 'a rejected row could not be kept');
      await this.#leave();
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    this.#lock.release();
  }

  async #fileFor(columns: readonly SpoolColumn[]): Promise<SegmentFile> {
    if (this.#file?.header.columns === columns) return this.#file;
    await this.#leave();
    const number = this.#number++;
    const id = randomBytes(12).toString('hex');
    const header = { id, number, createdMs: Date.now(), columns };
    this.#file = await SegmentFile.create(segmentPath(this.#folder, number), header, this.#fsync);
    this.#bytes += this.#file.end;
    return this.#file;
  }

  async #leave(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await file.cut().catch(() => {});
    await file.close().catch(() => {});
  }
}
