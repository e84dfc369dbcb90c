import type { SpoolColumn } from './segment-header.ts';

/** A segment as the spool knows it. */
export interface Segment {
  readonly number: number;
  readonly id: string;
  readonly path: string;
  readonly columns: readonly SpoolColumn[];
  readonly createdMs: number;
  /** Where its frames begin. */
  readonly begin: number;
  /** Where the last durable frame ends. */
  end: number;
  /** Rows in durable frames. */
  rows: number;
  /** Nothing more will be appended. */
  sealed: boolean;
  /** Something in it could not be read. */
  damaged: boolean;
}

/** A segment without rows. */
export function newSegment(
  what: Pick<Segment, 'number' | 'id' | 'path' | 'columns' | 'createdMs' | 'begin'>,
): Segment {
  return { ...what, end: what.begin, rows: 0, sealed: false, damaged: false };
}

/** A place between two rows of the log: before this row of this segment. */
export interface LogPosition {
  readonly segment: number;
  readonly row: number;
}

/** The segments that are there, oldest first. */
export class SegmentList {
  readonly #segments: Segment[];

  constructor(segments: readonly Segment[]) {
    this.#segments = [...segments];
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get last(): Segment | undefined {
    return this.#segments.at(-1);
  }

  /** Bytes of all of them on disk. */
  get bytes(): number {
    let bytes = 0;
    for (const { end } of this.#segments) bytes += end;
    return bytes;
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  remove(segment: Segment): void {
    const index = this.#segments.indexOf(segment);
    if (index >= 0) this.#segments.splice(index, 1);
  }

  /** The first one with this number or a later one. */
  from(number: number): Segment | undefined {
    return this.#segments.find((segment) => segment.number >= number);
  }

  /** Rows and bytes behind a position. */
  behind(position: LogPosition): { rows: number; bytes: number } {
    let rows = 0;
    let bytes = 0;
    for (const segment of this.#segments) {
      if (segment.number < position.segment) continue;
      const done = segment.number === position.segment ? Math.min(position.row, segment.rows) : 0;
      const left = segment.rows - done;
      rows += left;
      bytes += segment.rows === 0 ? 0 : Math.round(((segment.end - segment.begin) * left) / segment.rows);
    }
    return { rows, bytes };
  }
}
