import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Cursor, CursorFile } from './cursor-file.ts';
import type { FrameRows } from './frame.ts';
import { LogReader, type Loss } from './log-reader.ts';
import type { LogPosition, SegmentList } from './segment-list.ts';
import { type FramePart, rowsWithin, SpoolBatch } from './spool-batch.ts';

export interface NextOptions {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** A batch waits until so many rows are there (default 1), or `maxBytes`, */
  readonly enoughRows?: number;
  /** or its first row has waited for so long, in milliseconds (default: at once). */
  readonly waitMs?: number;
}

export interface BatchReaderOptions {
  readonly list: SegmentList;
  readonly cursorFile: CursorFile;
  readonly cursor: Cursor | undefined;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** Everything before this position is done. */
  readonly onAcknowledged: (position: LogPosition) => void;
}

/** An acknowledgement is written with the next batch, or after this time when none follows. */
const lazyMs = 50;
const retryMs = 250;
const idleMs = 1_000;

/** Hands out the log in batches, one at a time, and remembers on disk what is on its way and what is done. */
export class BatchReader {
  readonly #options: BatchReaderOptions;
  readonly #reader: LogReader;
  readonly #closed = new AbortController();
  /** What was read and not handed out. */
  #ahead: FramePart[] = [];
  #resume: LogPosition | undefined;
  #done: LogPosition;
  #out: SpoolBatch | undefined;
  #recording = false;
  #flushTimer: NodeJS.Timeout | undefined;
  #unreadRows: number;
  #unreadBytes: number;
  #unreadSinceMs: number | undefined;
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  readonly counts = { rowsDamaged: 0, bytesDamaged: 0, batchesChanged: 0, cursorFailures: 0 };

  constructor(options: BatchReaderOptions) {
    const { cursor, list } = options;
    this.#options = options;
    this.#done = { segment: cursor?.segment ?? 0, row: cursor?.row ?? 0 };
    if (cursor?.to !== undefined) {
      this.#resume = { segment: cursor.toSegment ?? cursor.segment, row: cursor.to };
    }
    this.#reader = new LogReader(list, this.#done);
    const { rows, bytes } = list.behind(this.#done);
    this.#unreadRows = rows;
    this.#unreadBytes = bytes;
    if (rows > 0) this.#unreadSinceMs = list.from(this.#done.segment)?.createdMs;
  }

  /** Everything before it is in the store, or rejected. */
  get done(): LogPosition {
    return this.#done;
  }

  /** When the oldest row that is not done came in, milliseconds since 1970; about, right after a start. */
  get oldestMs(): number | undefined {
    return this.#out?.oldestMs ?? this.#unreadSinceMs;
  }

  get inFlight(): number {
    return this.#out?.rows ?? 0;
  }

  durable(group: readonly FrameRows[]): void {
    for (const { lengths, payload, oldestMs } of group) {
      if (this.#unreadRows === 0) this.#unreadSinceMs = oldestMs;
      this.#unreadRows += lengths.length;
      this.#unreadBytes += payload.length;
    }
    this.#wake();
  }

  /**
   * The next rows of the log, on record as being on their way; undefined when `signal` or a close ended the
   * wait. After a restart the first batch is the one that was on its way, under its token.
   *
   * @throws the system's error when the log cannot be read; the next call tries again
   */
  next(options: NextOptions, signal: AbortSignal): Promise<SpoolBatch | undefined> {
    const next = this.#next(options, signal);
    this.#running = next.then(
      () => {},
      () => {},
    );
    return next;
  }

  async #next(options: NextOptions, signal: AbortSignal): Promise<SpoolBatch | undefined> {
    if (this.#out !== undefined) throw new Error('the batch before is neither acknowledged nor given back');
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    for (;;) {
      if (this.#resume === undefined) await this.#untilEnough(options, ended);
      if (ended.aborted) return undefined;
      const resume = this.#resume;
      const parts = resume === undefined ? await this.#collect(options) : await this.#collectAgain(resume);
      if (parts.length === 0) {
        // Durable and yet not readable: what comes next will show what is missing.
        if (resume === undefined) await this.#sleep(idleMs, ended);
        continue;
      }
      const batch = new SpoolBatch(parts);
      if (await this.#hold(batch, ended)) {
        this.#countOut(batch);
        return batch;
      }
      this.#ahead.unshift(...parts);
      this.#resume = resume;
    }
  }

  /** A shorter batch from the same row on, instead of one of which the store has taken nothing. */
  async shrink(batch: SpoolBatch, rows: number): Promise<SpoolBatch> {
    this.#mustBeOut(batch);
    const { first, rest } = batch.split(Math.max(1, Math.min(rows, batch.rows)));
    this.#ahead.unshift(...rest);
    this.#unreadRows += batch.rows - first.rows;
    this.#unreadBytes += batch.bytes - first.bytes;
    this.#unreadSinceMs = batch.oldestMs;
    await this.#hold(first, this.#closed.signal);
    this.#out = first;
    return first;
  }

  acknowledge(batch: SpoolBatch): void {
    this.#mustBeOut(batch);
    this.#out = undefined;
    this.#done = batch.to;
    this.#reader.giveBack(batch.parts, this.#ahead);
    this.#flushTimer ??= setTimeout(() => void this.#flushCursor(), lazyMs);
  }

  /** Ends a waiting `next`, and records what is done. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#wake();
    await this.#running;
    clearTimeout(this.#flushTimer);
    await this.#flushCursor();
    await this.#reader.close();
  }

  #mustBeOut(batch: SpoolBatch): void {
    if (this.#out !== batch) throw new Error('this batch is not the one that is on its way');
  }

  async #untilEnough(options: NextOptions, ended: AbortSignal): Promise<void> {
    const { maxBytes, enoughRows = 1, waitMs = 0 } = options;
    while (!ended.aborted && this.#unreadRows < enoughRows && this.#unreadBytes < maxBytes) {
      const restMs =
        this.#unreadSinceMs === undefined || this.#unreadRows === 0
          ? Number.POSITIVE_INFINITY
          : waitMs - (this.#options.nowMs() - this.#unreadSinceMs);
      if (restMs <= 0) return;
      // Not longer than it would be if the clock had not been set back meanwhile.
      await this.#sleep(Math.min(restMs, waitMs), ended);
    }
  }

  /** Until rows have become durable, `ms` have passed, or the end. */
  async #sleep(ms: number, ended: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, Math.max(1, ms)) : undefined;
      const finish = () => {
        clearTimeout(timer);
        ended.removeEventListener('abort', finish);
        resolve();
      };
      this.#wake = finish;
      ended.addEventListener('abort', finish, { once: true });
    });
  }

  /** Rows up to the bounds, as far as they are there and of the same columns; none where nothing is. */
  async #collect({ maxRows, maxBytes }: NextOptions): Promise<FramePart[]> {
    const parts: FramePart[] = [];
    let rows = 0;
    let bytes = 0;
    await this.#pullInto(parts, (part) => {
      const take = Math.max(rowsWithin(part, maxRows - rows, maxBytes - bytes), rows === 0 ? 1 : 0);
      rows += take;
      bytes += (part.frame.starts[part.first + take] ?? 0) - (part.frame.starts[part.first] ?? 0);
      return take;
    });
    return parts;
  }

  /** The rows that were on their way when the spool was closed or killed; none where they are not as they were. */
  async #collectAgain(until: LogPosition): Promise<FramePart[]> {
    const parts: FramePart[] = [];
    await this.#pullInto(parts, (part) => rowsBefore(part, until));
    this.#resume = undefined;
    if (parts.length > 0) {
      const { from, to } = new SpoolBatch(parts);
      if (samePosition(from, this.#done) && samePosition(to, until)) return parts;
    }
    this.#ahead.unshift(...parts);
    this.counts.batchesChanged++;
    this.#options.log.error(
      'the batch that was on its way cannot be read any more as it was: some rows may be stored twice',
    );
    return [];
  }

  /** Reads on while `take` takes whole parts, nothing is missing between them, and the columns are the same. */
  async #pullInto(parts: FramePart[], take: (part: FramePart) => number): Promise<void> {
    try {
      for (;;) {
        const part = await this.#pull(parts.length > 0);
        if (part === undefined) return;
        const [first] = parts;
        const end = first === undefined || sameColumns(first, part) ? part.first + take(part) : part.first;
        if (end > part.first) parts.push({ ...part, end });
        if (end === part.end) continue;
        this.#ahead.unshift({ ...part, first: end });
        return;
      }
    } catch (error) {
      this.#ahead.unshift(...parts);
      throw error;
    }
  }

  /** The next rows; with `whole`, only if nothing is missing before them. */
  async #pull(whole: boolean): Promise<FramePart | undefined> {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) return ahead;
    for (;;) {
      const step = await this.#reader.next();
      if (step === undefined) return undefined;
      if (step.kind === 'part') return step.part;
      this.#lost(step);
      if (whole) return undefined;
    }
  }

  #lost({ segment, rows, damage, why }: Loss): void {
    this.counts.rowsDamaged += rows;
    this.counts.bytesDamaged += damage?.bytes ?? 0;
    this.#unreadRows -= rows;
    const reason = why ?? damage?.reason;
    this.#options.log.error(
      { file: segment.path, at: damage?.at, bytes: damage?.bytes, reason, rows },
      `the spool is damaged: ${rows} rows cannot be read and are lost`,
    );
  }

  #countOut(batch: SpoolBatch): void {
    const last = batch.parts.at(-1);
    this.#unreadRows -= batch.rows;
    this.#unreadBytes -= batch.bytes;
    if (this.#unreadRows > 0) {
      this.#unreadSinceMs = this.#ahead[0]?.frame.oldestMs ?? last?.frame.oldestMs;
      return;
    }
    this.#unreadRows = 0;
    this.#unreadBytes = 0;
    this.#unreadSinceMs = undefined;
  }

  /** Puts on record that a batch is on its way, however often the disk refuses; false = `ended` came first. */
  async #hold(batch: SpoolBatch, ended: AbortSignal): Promise<boolean> {
    this.#recording = true;
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const { from, to } = batch;
    const toSegment = to.segment === from.segment ? undefined : to.segment;
    try {
      while (!ended.aborted) {
        if (await this.#write({ ...from, toSegment, to: to.row }, from)) {
          this.#out = batch;
          return true;
        }
        await sleep(retryMs, undefined, { signal: ended }).catch(() => {});
      }
      return false;
    } finally {
      this.#recording = false;
    }
  }

  async #flushCursor(): Promise<void> {
    this.#flushTimer = undefined;
    // What is on its way stays on record; its record says what is done, too.
    if (this.#out !== undefined || this.#recording || this.#resume !== undefined) return;
    await this.#write(this.#done, this.#done);
  }

  async #write(cursor: Cursor, done: LogPosition): Promise<boolean> {
    try {
      await this.#options.cursorFile.write(cursor);
    } catch (error) {
      if (this.counts.cursorFailures++ === 0)
        this.#options.log.error({ err: error }, 'the cursor of the spool cannot be written; tried again');
      return false;
    }
    this.#options.onAcknowledged(done);
    return true;
  }
}

const sameColumns = (a: FramePart, b: FramePart): boolean =>
  a.segment.columns === b.segment.columns ||
  JSON.stringify(a.segment.columns) === JSON.stringify(b.segment.columns);

const samePosition = (a: LogPosition, b: LogPosition): boolean => a.segment === b.segment && a.row === b.row;

/** How many of a part's rows lie before a position. */
function rowsBefore(part: FramePart, position: LogPosition): number {
  if (part.segment.number !== position.segment) {
    return part.segment.number < position.segment ? part.end - part.first : 0;
  }
  return Math.max(0, Math.min(part.end, position.row - part.frame.firstRow) - part.first);
}
