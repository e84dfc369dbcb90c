import { type FileHandle, open } from 'node:fs/promises';
import { checksumSeed } from './frame.ts';
import { type Damage, FrameScanner } from './frame-scanner.ts';
import { ReadWindows } from './read-windows.ts';
import { fileSource } from './segment-file.ts';
import type { LogPosition, Segment, SegmentList } from './segment-list.ts';
import type { FramePart } from './spool-batch.ts';
import { readingAround } from './unreadable-sectors.ts';

/** Rows that were durable once and cannot be read. */
export interface Loss {
  readonly kind: 'loss';
  readonly segment: Segment;
  readonly rows: number;
  /** What lies there instead; undefined = nothing does. */
  readonly damage?: Damage | undefined;
  /** What is wrong, where it is not in the bytes. */
  readonly why?: string;
}

export type LogStep = { readonly kind: 'part'; readonly part: FramePart } | Loss;

/**
 * Reads the log from a position on, frame by frame, as far as it is durable. Rows have numbers, so what is
 * missing is known exactly: it is told between the parts.
 */
export class LogReader {
  readonly #list: SegmentList;
  readonly #windows = new ReadWindows();
  #position: LogPosition;
  #open: { segment: Segment; handle: FileHandle; scanner: FrameScanner } | undefined;
  #damage: Damage | undefined;

  constructor(list: SegmentList, position: LogPosition) {
    this.#list = list;
    this.#position = position;
  }

  /** The next rows or loss; undefined = the durable end is reached. @throws the system's error */
  async next(): Promise<LogStep | undefined> {
    for (;;) {
      const open = await this.#openSegment();
      if (open === undefined) return undefined;
      if ('kind' in open) return open;
      const { segment, scanner } = open;
      // Whether more will come is asked before its end is read: it may be sealed while we read.
      const { sealed, end } = segment;
      const step = await scanner.next(end);
      if (step?.kind === 'damage') {
        segment.damaged = true;
        this.#damage = step;
        continue;
      }
      if (step === undefined) {
        if (!sealed) return undefined;
        const loss = this.#lossUntil(segment, segment.rows);
        await this.#leave(segment);
        if (loss !== undefined) return loss;
        continue;
      }
      const { frame } = step;
      const first = Math.max(0, this.#position.row - frame.firstRow);
      if (first >= frame.rows) continue;
      const loss = this.#lossUntil(segment, frame.firstRow);
      if (loss !== undefined) {
        // Said first; the frame is read again afterwards.
        scanner.position = step.at;
        return loss;
      }
      this.#position = { segment: segment.number, row: frame.firstRow + frame.rows };
      return { kind: 'part', part: { segment, frame, first, end: frame.rows } };
    }
  }

  /** Takes the memory of parts back that nobody will look at again; `kept` are others that somebody will. */
  giveBack(parts: readonly FramePart[], kept: readonly FramePart[]): void {
    const inUse = new Set(kept.map(memoryOf));
    if (this.#open !== undefined) inUse.add(this.#open.scanner.memory);
    for (const part of parts) if (!inUse.has(memoryOf(part))) this.#windows.giveBack(memoryOf(part));
  }

  async close(): Promise<void> {
    await this.#open?.handle.close();
    this.#open = undefined;
  }

  #lossUntil(segment: Segment, row: number): Loss | undefined {
    const rows = row - this.#position.row;
    const damage = this.#damage;
    this.#damage = undefined;
    if (rows <= 0 && damage === undefined) return undefined;
    segment.damaged = true;
    this.#position = { segment: segment.number, row: Math.max(row, this.#position.row) };
    return { kind: 'loss', segment, rows: Math.max(0, rows), damage };
  }

  async #openSegment() {
    if (this.#open !== undefined) return this.#open;
    const segment = this.#list.from(this.#position.segment);
    if (segment === undefined) return undefined;
    if (segment.number > this.#position.segment) this.#position = { segment: segment.number, row: 0 };
    let handle: FileHandle;
    try {
      handle = await open(segment.path, 'r');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      // Somebody has removed it: what comes behind it must not wait for it for ever.
      const loss = { kind: 'loss', segment, rows: segment.rows - this.#position.row, why: 'gone' } as const;
      this.#position = { segment: segment.number + 1, row: 0 };
      return loss;
    }
    const source = readingAround(fileSource(handle));
    const scanner = new FrameScanner(source, checksumSeed(segment.id), segment.begin, this.#windows);
    this.#open = { segment, handle, scanner };
    return this.#open;
  }

  async #leave(segment: Segment): Promise<void> {
    await this.close();
    this.#position = { segment: segment.number + 1, row: 0 };
  }
}

const memoryOf = (part: FramePart): ArrayBufferLike => part.frame.payload.buffer;
