import type { Frame } from './frame.ts';
import type { SpoolColumn } from './segment-header.ts';
import type { LogPosition, Segment } from './segment-list.ts';

/** Rows `first` to `end` (not included) of a frame. */
export interface FramePart {
  readonly segment: Segment;
  readonly frame: Frame;
  readonly first: number;
  readonly end: number;
}

/** The bytes of a part's rows. */
const payloadOf = ({ frame, first, end }: FramePart): Uint8Array =>
  frame.payload.subarray(frame.starts[first], frame.starts[end]);

/** The bytes of each row of a part. */
export function* rowsOf({ frame, first, end }: FramePart): Generator<Uint8Array> {
  for (let row = first; row < end; row++)
    yield frame.payload.subarray(frame.starts[row], frame.starts[row + 1]);
}

/** How many of a part's rows, up to `maxRows`, are within `maxBytes`. */
export function rowsWithin({ frame, first, end }: FramePart, maxRows: number, maxBytes: number): number {
  const last = Math.min(end, first + maxRows);
  const start = frame.starts[first] ?? 0;
  let row = first;
  while (row < last && (frame.starts[row + 1] ?? 0) - start <= maxBytes) row++;
  return row - first;
}

/**
 * A stretch of the log on its way to the store: rows of the same columns, one behind the other. Its bytes are
 * there until it is acknowledged.
 */
export class SpoolBatch {
  /** Stands for exactly these rows: where in which segment they begin and end. */
  readonly token: string;
  readonly rows: number;
  readonly bytes: number;
  readonly columns: readonly SpoolColumn[];
  /** The rows as RowBinary, in pieces. */
  readonly body: readonly Uint8Array[];
  /** When the first of them came in, milliseconds since 1970. */
  readonly oldestMs: number;
  readonly from: LogPosition;
  readonly to: LogPosition;
  readonly parts: readonly FramePart[];

  /** @param parts at least one, of segments with the same columns, without a gap */
  constructor(parts: readonly FramePart[]) {
    const [first] = parts;
    const last = parts.at(-1);
    if (first === undefined || last === undefined) throw new Error('a batch has at least one row');
    this.parts = parts;
    this.columns = first.segment.columns;
    this.oldestMs = first.frame.oldestMs;
    this.body = parts.map(payloadOf);
    this.bytes = this.body.reduce((sum, piece) => sum + piece.length, 0);
    this.rows = parts.reduce((sum, part) => sum + part.end - part.first, 0);
    this.from = { segment: first.segment.number, row: first.frame.firstRow + first.first };
    this.to = { segment: last.segment.number, row: last.frame.firstRow + last.end };
    const end = last.segment === first.segment ? this.to.row : `${last.segment.id}-${this.to.row}`;
    this.token = `spool-${first.segment.id}-${this.from.row}-${end}`;
  }

  /** The bytes of one row. @throws RangeError when there is no such row */
  row(index: number): Uint8Array {
    let before = 0;
    for (const { frame, first, end } of this.parts) {
      const at = first + index - before;
      if (at >= first && at < end) return frame.payload.subarray(frame.starts[at], frame.starts[at + 1]);
      before += end - first;
    }
    throw new RangeError(`the batch has ${this.rows} rows, not a row ${index}`);
  }

  /** Its first rows, and what is left. */
  split(rows: number): { first: SpoolBatch; rest: FramePart[] } {
    const taken: FramePart[] = [];
    const rest: FramePart[] = [];
    let left = rows;
    for (const part of this.parts) {
      const cut = Math.min(part.end, part.first + left);
      if (cut > part.first) taken.push({ ...part, end: cut });
      if (cut < part.end) rest.push({ ...part, first: cut });
      left -= cut - part.first;
    }
    return { first: new SpoolBatch(taken), rest };
  }
}
