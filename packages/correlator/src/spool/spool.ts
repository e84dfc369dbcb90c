import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { encodedHttpLogColumns, HttpLogEncoder, type HttpLogRow } from '@ja4/store';
import type { Logger } from 'pino';
import { BatchReader, type NextOptions } from './batch-reader.ts';
import { type Cursor, CursorFile } from './cursor-file.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { LogWriter } from './log-writer.ts';
import { type Recovered, recoverSegments, setAside } from './recover-segments.ts';
import { RejectedRows } from './rejected-rows.ts';
import type { RowEncoder } from './row-encoder.ts';
import { type LogPosition, type Segment, SegmentList } from './segment-list.ts';
import type { SpoolBatch } from './spool-batch.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** Bytes on disk from which on the spool is full; default 2 GiB. */
  readonly maxBytes?: number | undefined;
  /** `block`: `room` lets the producer wait (default). `drop`: new rows are dropped and counted. */
  readonly whenFull?: 'block' | 'drop' | undefined;
  /** Whether rows outlast a loss of power before they count as accepted; default true. */
  readonly fsync?: boolean | undefined;
  /** How long rows gather before they are made durable together, in milliseconds; default 20. */
  readonly commitMs?: number | undefined;
  /** Size of a segment; default a sixteenth of `maxBytes`, at most 64 MiB. */
  readonly segmentBytes?: number | undefined;
  readonly encoder?: RowEncoder | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs?: (() => number) | undefined;
  readonly log: Logger;
}

const mebibyte = 1024 * 1024;
/** Rows that wait for the disk: from here on the producer has to wait … */
const pendingPauseBytes = 32 * mebibyte;
/** … and from here on rows are dropped and counted, so that memory stays bounded whatever the producer does. */
const pendingMostBytes = 256 * mebibyte;

/**
 * The log on disk between join and store: rows are appended, and handed out in batches until the store has
 * acknowledged them. A row is accepted when it is durable; from then on it is handed out until it is
 * acknowledged, across every end of the process, and always under a token that stands for the same rows.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #lock: FolderLock;
  readonly #list: SegmentList;
  readonly #cursorFile: CursorFile;
  readonly #writer: LogWriter;
  readonly #reader: BatchReader;
  readonly #rejected: RejectedRows;
  readonly #maxBytes: number;
  readonly #releasing = new Set<Promise<void>>();
  readonly #counts = { dropped: 0, cutBytes: 0, filesSetAside: 0 };
  /** Everything before it is done, and the cursor on disk says so. */
  #onRecord: LogPosition;
  #waiting: (() => void)[] = [];
  #unbounded = false;
  #closing: Promise<number> | undefined;

  private constructor(
    options: SpoolOptions,
    opened: {
      lock: FolderLock;
      recovered: Recovered;
      cursorFile: CursorFile;
      cursor: Cursor | undefined;
      rejected: RejectedRows;
    },
  ) {
    const { nowMs = Date.now, log } = options;
    this.#options = options;
    this.#lock = opened.lock;
    this.#cursorFile = opened.cursorFile;
    this.#rejected = opened.rejected;
    this.#list = new SegmentList(opened.recovered.segments);
    this.#maxBytes = options.maxBytes ?? 2048 * mebibyte;
    for (const { done, bytes } of opened.recovered.findings) {
      if (done === 'cut') this.#counts.cutBytes += bytes;
      else this.#counts.filesSetAside++;
    }
    const { cursor } = opened;
    this.#reader = new BatchReader({
      list: this.#list,
      cursorFile: opened.cursorFile,
      cursor,
      nowMs,
      log,
      onAcknowledged: (position) => this.#release(position),
    });
    this.#writer = new LogWriter({
      folder: options.folder,
      list: this.#list,
      encoder: options.encoder ?? httpLogEncoder(),
      firstNumber: Math.max(opened.recovered.lastNumber, cursor?.segment ?? 0, cursor?.toSegment ?? 0) + 1,
      fsync: options.fsync ?? true,
      commitMs: options.commitMs ?? 20,
      segmentBytes:
        options.segmentBytes ?? Math.max(mebibyte, Math.min(64 * mebibyte, Math.trunc(this.#maxBytes / 16))),
      nowMs,
      log,
      onDurable: (group) => {
        this.#reader.durable(group);
        this.#makeRoom();
      },
      onChange: () => this.#release(this.#onRecord),
    });
    this.#onRecord = this.#reader.done;
    this.#release(this.#onRecord);
  }

  /**
   * Opens the spool in a folder, which is made if it is not there, and mends what a crash has left.
   *
   * @throws Error `JA4_SPOOL_IN_USE` while another process has it open, `JA4_SPOOL_NEWER` when a newer version
   *   has written there, and the system's error when the folder cannot be used.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { folder, fsync = true, log } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(folder);
    try {
      const recovered = await recoverSegments(folder, { repair: true, fsync });
      for (const { file, bytes, reason, done } of recovered.findings) {
        const what =
          done === 'cut' ? 'the end of a segment was not whole and is cut off' : 'no segment; set aside';
        log.warn({ file, bytes, reason }, what);
      }
      const { file: cursorFile, state } = await CursorFile.open(join(folder, 'cursor'), fsync);
      if (state.damaged && recovered.segments.length > 0)
        log.error(
          { folder },
          'the cursor of the spool is damaged: rows that are stored already may be stored again',
        );
      const rejected = await RejectedRows.open(folder, fsync, log);
      return new Spool(options, { lock, recovered, cursorFile, cursor: state.cursor, rejected });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Takes a row over. Where the spool cannot take it any more it is dropped and counted. */
  append(row: HttpLogRow): void {
    const { pendingBytes } = this.#writer;
    const full =
      this.#options.whenFull === 'drop' &&
      !this.#unbounded &&
      (this.full || pendingBytes >= pendingPauseBytes);
    if (this.#closing !== undefined || full || pendingBytes >= pendingMostBytes) this.#counts.dropped++;
    else this.#writer.append(row);
  }

  get full(): boolean {
    return this.#list.bytes + this.#writer.pendingBytes >= this.#maxBytes;
  }

  /** Resolves when the producer may go on; undefined = at once. */
  room(): Promise<void> | undefined {
    if (!this.#mustWait()) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Nobody waits for room any more: for a stop, when what was received must come in. */
  liftBounds(): void {
    this.#unbounded = true;
    this.#makeRoom();
  }

  /** Resolves when everything that was appended so far is accepted. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  next(options: NextOptions, signal: AbortSignal): Promise<SpoolBatch | undefined> {
    return this.#reader.next(options, signal);
  }

  /** A shorter batch from the same row on, instead of one whose rows the store has refused. */
  shrink(batch: SpoolBatch, rows: number): Promise<SpoolBatch> {
    return this.#reader.shrink(batch, rows);
  }

  /** Keeps a row that the store can never take where it can be looked at. */
  reject(batch: SpoolBatch, index: number, why: string): Promise<void> {
    const { columns, oldestMs } = batch;
    return this.#rejected.keep({ columns, bytes: batch.row(index), oldestMs, why });
  }

  /** All of the batch is in the store or rejected. */
  acknowledge(batch: SpoolBatch): void {
    this.#reader.acknowledge(batch);
  }

  /** What is accepted and not acknowledged. */
  waiting(): { rows: number; bytes: number; oldestMs: number | undefined } {
    return { ...this.#list.behind(this.#reader.done), oldestMs: this.#reader.oldestMs };
  }

  /** Whether it takes rows, and if not, why. */
  ready(): { ok: boolean; why?: string } {
    const { failure } = this.#writer;
    if (failure !== undefined) return { ok: false, why: `the spool cannot be written (${failure})` };
    if (!this.full) return { ok: true };
    return { ok: false, why: `the spool is full (${this.waiting().rows} rows wait)` };
  }

  counters(): Record<string, number> {
    const { rows, oldestMs } = this.waiting();
    const { counts: written, pendingRows, failure } = this.#writer;
    const { counts: read } = this.#reader;
    const nowMs = (this.#options.nowMs ?? Date.now)();
    return {
      spool_rows_accepted: written.accepted,
      spool_rows_dropped: this.#counts.dropped,
      spool_rows_unencodable: written.unencodable,
      spool_rows_pending: pendingRows,
      spool_rows_waiting: rows,
      spool_rows_rejected_kept: this.#rejected.counts.kept,
      spool_rows_rejected_not_kept: this.#rejected.counts.notKept,
      spool_rows_damaged: read.rowsDamaged,
      spool_bytes: this.#list.bytes,
      spool_bytes_damaged: read.bytesDamaged,
      spool_bytes_cut: this.#counts.cutBytes,
      spool_files_set_aside: this.#counts.filesSetAside,
      spool_segments: this.#list.all.length,
      spool_oldest_seconds: oldestMs === undefined ? 0 : Math.max(0, (nowMs - oldestMs) / 1000),
      spool_commits: written.commits,
      spool_write_failures: written.failures + read.cursorFailures,
      spool_batches_changed: read.batchesChanged,
      spool_full: this.full ? 1 : 0,
      spool_disk_refuses: failure === undefined ? 0 : 1,
    };
  }

  /**
   * Writes what is pending, for at most `withinMs`, and lets the folder go. Resolves with the number of rows
   * that could not be written: they are lost, and the caller has to say so.
   */
  close(withinMs = 5_000): Promise<number> {
    this.#closing ??= this.#close(withinMs);
    return this.#closing;
  }

  async #close(withinMs: number): Promise<number> {
    this.liftBounds();
    const lost = await this.#writer.close(withinMs);
    await this.#reader.close();
    await Promise.all(this.#releasing);
    await this.#cursorFile.close();
    await this.#rejected.close();
    this.#lock.release();
    return lost;
  }

  #mustWait(): boolean {
    if (this.#unbounded || this.#options.whenFull === 'drop') return false;
    return this.full || this.#writer.pendingBytes >= pendingPauseBytes || this.#writer.failure !== undefined;
  }

  #makeRoom(): void {
    if (this.#waiting.length === 0 || this.#mustWait()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Removes the segments of which everything is done, now that this is on record. */
  #release(done: LogPosition): void {
    this.#onRecord = done;
    for (const segment of [...this.#list.all]) {
      const past = segment.number === done.segment && segment.sealed && done.row >= segment.rows;
      if (segment.number >= done.segment && !past) break;
      this.#list.remove(segment);
      const removing = this.#remove(segment).finally(() => this.#releasing.delete(removing));
      this.#releasing.add(removing);
    }
    // Nobody would append to it any more, and so it would never end.
    if (this.full && this.#list.behind(done).rows === 0) this.#writer.roll();
    this.#makeRoom();
  }

  async #remove(segment: Segment): Promise<void> {
    try {
      if (segment.damaged) {
        this.#counts.filesSetAside++;
        await setAside(segment.path);
      } else await unlink(segment.path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      this.#options.log.warn({ err: error, file: segment.path }, 'a finished segment could not be removed');
    }
  }
}

function httpLogEncoder(): RowEncoder {
  const encoder = new HttpLogEncoder();
  return {
    columns: encodedHttpLogColumns,
    append: (row) => encoder.append(row),
    take: (spare) => encoder.take(spare),
  };
}
