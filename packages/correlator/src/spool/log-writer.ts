import { randomBytes } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpLogRow } from '@ja4/store';
import type { Logger } from 'pino';
import type { FrameRows } from './frame.ts';
import type { RowEncoder } from './row-encoder.ts';
import { SegmentFile, segmentPath } from './segment-file.ts';
import { newSegment, type Segment, type SegmentList } from './segment-list.ts';

export interface LogWriterOptions {
  readonly folder: string;
  readonly list: SegmentList;
  readonly encoder: RowEncoder;
  /** Numbers of new segments begin here. */
  readonly firstNumber: number;
  readonly fsync: boolean;
  readonly commitMs: number;
  readonly segmentBytes: number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly log: Logger;
  /** Rows have become durable. */
  readonly onDurable: (group: readonly FrameRows[]) => void;
  /** The disk refuses or takes again, or a segment was sealed that `roll` asked for. */
  readonly onChange: () => void;
}

/** A frame is closed at this size, so that a batch can be read in pieces and damage costs little. */
const frameBytes = 512 * 1024;
/** Frames that are written and synced together. */
const groupBytes = 8 * 1024 * 1024;
/** Frames whose memory is kept: as many as a group has. */
const mostSpares = groupBytes / frameBytes;
const shortestRetryMs = 50;
const longestRetryMs = 1_000;
const sayAgainMs = 30_000;

/**
 * Gathers rows into frames and makes these durable, one group after the other: while one is being written,
 * the next gathers. A write that fails ends its segment at the last durable frame, and the same rows go into
 * a new one until the disk takes them: after an error a second fsync of the same file may succeed without
 * having written anything.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #done: Promise<void>;
  readonly #giveUp = new AbortController();
  #number: number;
  #file: SegmentFile | undefined;
  #segment: Segment | undefined;
  #previous: Segment | undefined;

  #lengths = new Uint32Array(1024);
  #rows = 0;
  #bytes = 0;
  #oldestMs = 0;
  #frames: FrameRows[] = [];
  /** Memory of frames that were written, for the next ones: memory that was used costs no page faults. */
  #spares: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #due = false;
  #closing = false;
  #rollWanted = false;
  #wake: () => void = () => {};

  /** Rows and bytes that came in and are not durable. */
  pendingRows = 0;
  pendingBytes = 0;
  #flushes: { after: number; resolve: () => void }[] = [];
  #failure: string | undefined;
  #saidMs = Number.NEGATIVE_INFINITY;
  readonly #counts = { accepted: 0, unencodable: 0, commits: 0, failures: 0 };

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#number = options.firstNumber;
    this.#previous = options.list.last;
    this.#done = this.#run();
  }

  /** Why the disk does not take rows at the moment. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get counts(): Readonly<{ accepted: number; unencodable: number; commits: number; failures: number }> {
    return this.#counts;
  }

  append(row: HttpLogRow): void {
    const { encoder, log, nowMs, commitMs } = this.#options;
    let bytes: number;
    try {
      bytes = encoder.append(row);
    } catch (error) {
      // A bug of ours, which must not take all other rows with it.
      if (this.#counts.unencodable++ === 0)
        log.error({ err: error }, 'a row cannot be encoded; it is dropped');
      return;
    }
    if (this.#rows === 0) {
      this.#oldestMs = nowMs();
      this.#timer ??= setTimeout(() => this.#becomeDue(), commitMs);
    } else if (this.#rows === this.#lengths.length) {
      const larger = new Uint32Array(this.#lengths.length * 2);
      larger.set(this.#lengths);
      this.#lengths = larger;
    }
    this.#lengths[this.#rows++] = bytes;
    this.#bytes += bytes;
    this.pendingRows++;
    this.pendingBytes += bytes;
    if (this.#bytes < frameBytes) return;
    this.#cutFrame();
    // Before that, syncing more often would only cost more.
    if (this.pendingBytes >= groupBytes / 2) this.#becomeDue();
  }

  /** Resolves when everything that was appended so far is durable. */
  flush(): Promise<void> {
    if (this.pendingRows === 0) return Promise.resolve();
    this.#becomeDue();
    const after = this.#counts.accepted + this.pendingRows;
    return new Promise((resolve) => this.#flushes.push({ after, resolve }));
  }

  /** Ends the segment that is being written, so that it can be removed. */
  roll(): void {
    if (this.#file === undefined || this.#rollWanted) return;
    this.#rollWanted = true;
    this.#becomeDue();
  }

  /** Writes what is left, for at most `withinMs`; resolves with the number of rows that could not be written. */
  async close(withinMs: number): Promise<number> {
    this.#closing = true;
    this.#becomeDue();
    const deadline = setTimeout(() => this.#giveUp.abort(), withinMs);
    await this.#done;
    clearTimeout(deadline);
    clearTimeout(this.#timer);
    await this.#seal();
    return this.pendingRows;
  }

  #becomeDue(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = true;
    this.#wake();
  }

  #cutFrame(): void {
    if (this.#rows === 0) return;
    this.#frames.push({
      lengths: this.#lengths.slice(0, this.#rows),
      payload: this.#options.encoder.take(this.#spares.pop()),
      oldestMs: this.#oldestMs,
    });
    this.#rows = 0;
    this.#bytes = 0;
  }

  async #run(): Promise<void> {
    const { signal } = this.#giveUp;
    while (!signal.aborted) {
      if (!this.#due && !this.#closing) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#due = false;
      this.#cutFrame();
      while (this.#frames.length > 0 && !signal.aborted) await this.#commit(this.#nextGroup(), signal);
      if (this.#rollWanted) await this.#roll();
      if (this.#closing && this.#rows === 0) return;
    }
  }

  async #roll(): Promise<void> {
    this.#rollWanted = false;
    // Its rows are durable; what closing says of them is of no use.
    await this.#seal().catch(() => {});
    this.#options.onChange();
  }

  #nextGroup(): FrameRows[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#frames.length && bytes < groupBytes)
      bytes += this.#frames[count++]?.payload.length ?? 0;
    return this.#frames.slice(0, count);
  }

  /** Repeats until the group is durable, or `signal` ends it. */
  async #commit(group: readonly FrameRows[], signal: AbortSignal): Promise<void> {
    for (let waitMs = shortestRetryMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        await this.#write(group);
        this.#committed(group);
        return;
      } catch (error) {
        this.#failed(error);
        await this.#abandon();
      }
      await sleep(waitMs, undefined, { signal }).catch(() => {});
    }
  }

  async #write(group: readonly FrameRows[]): Promise<void> {
    if (this.#file !== undefined && this.#file.end >= this.#options.segmentBytes) await this.#seal();
    const file = this.#file ?? (await this.#begin());
    await file.append(group);
    if (this.#segment === undefined) return;
    this.#segment.end = file.end;
    this.#segment.rows = file.rows;
  }

  async #begin(): Promise<SegmentFile> {
    const { folder, list, encoder, fsync, nowMs } = this.#options;
    const { columns } = encoder;
    const number = this.#number++;
    const id = randomBytes(12).toString('hex');
    const createdMs = Math.max(0, Math.trunc(nowMs()));
    const before = this.#previous;
    const previous = before && { id: before.id, number: before.number, bytes: before.end, rows: before.rows };
    const path = segmentPath(folder, number);
    const file = await SegmentFile.create(path, { id, number, createdMs, columns, previous }, fsync);
    const { end } = file;
    this.#segment = newSegment({ number, id, path, columns, createdMs, begin: end });
    list.add(this.#segment);
    this.#file = file;
    return file;
  }

  async #seal(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    if (this.#segment) this.#segment.sealed = true;
    this.#previous = this.#segment;
    this.#segment = undefined;
    this.#file = undefined;
    await file.close();
  }

  /** Ends a segment that failed where it was good. The next one says how far that is, should cutting fail. */
  async #abandon(): Promise<void> {
    const file = this.#file;
    const segment = this.#segment;
    if (file === undefined || segment === undefined) return;
    await file.cut().catch(() => {});
    const before = this.#previous;
    await this.#seal().catch(() => {});
    if (segment.rows > 0) return;
    this.#previous = before;
    this.#options.list.remove(segment);
    await unlink(file.path).catch(() => {});
  }

  #committed(group: readonly FrameRows[]): void {
    this.#frames.splice(0, group.length);
    let rows = 0;
    for (const { lengths, payload } of group) {
      rows += lengths.length;
      this.pendingBytes -= payload.length;
      if (Buffer.isBuffer(payload) && this.#spares.length < mostSpares) this.#spares.push(payload);
    }
    this.pendingRows -= rows;
    this.#counts.accepted += rows;
    this.#counts.commits++;
    this.#recovered();
    this.#options.onDurable(group);
    const { accepted } = this.#counts;
    for (const { resolve } of this.#flushes.filter(({ after }) => after <= accepted)) resolve();
    this.#flushes = this.#flushes.filter(({ after }) => after > accepted);
  }

  #failed(error: unknown): void {
    this.#counts.failures++;
    this.#failure = error instanceof Error ? error.message : String(error);
    this.#options.onChange();
    const nowMs = performance.now();
    if (nowMs - this.#saidMs < sayAgainMs) return;
    this.#saidMs = nowMs;
    const state = { why: this.#failure, rows: this.pendingRows };
    this.#options.log.error(
      state,
      'the spool cannot be written; the rows are kept in memory and tried again',
    );
  }

  #recovered(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#saidMs = Number.NEGATIVE_INFINITY;
    this.#options.log.warn('the spool can be written again');
    this.#options.onChange();
  }
}
