/** What a splitter has seen so far. Oversize and empty lines are refused. */
export interface LineCounters {
  lines: number;
  bytes: number;
  oversize: number;
  empty: number;
}

export function newLineCounters(): LineCounters {
  return { lines: 0, bytes: 0, oversize: 0, empty: 0 };
}

/** Takes a line's bytes, without its end. They are valid during the call only. */
export type TakeLine = (bytes: Buffer, start: number, end: number) => void;

const newline = 0x0a;
const carriageReturn = 0x0d;
/** Pieces of one unfinished line; each costs hundreds of bytes beside its own. */
const maxPieces = 64;

/**
 * Cuts one connection's bytes into lines (LF or CR LF). Holds at most `maxLineBytes` of an unfinished
 * line: a longer one is skipped up to its end and counted once.
 */
export class LineSplitter {
  readonly #counters: LineCounters;
  readonly #maxLineBytes: number;
  readonly #take: TakeLine;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #skipping = false;

  constructor(counters: LineCounters, maxLineBytes: number, take: TakeLine) {
    this.#counters = counters;
    this.#maxLineBytes = maxLineBytes;
    this.#take = take;
  }

  /** Takes the lines that these bytes complete; what they begin is copied. */
  push(bytes: Buffer): void {
    this.#counters.bytes += bytes.length;
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      this.#finish(bytes, start, end);
      start = end + 1;
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
  }

  /** The last line of a connection that was closed in order, if it had no line end. */
  end(): void {
    if (this.#heldBytes > 0 || this.#skipping) this.#finish(Buffer.alloc(0), 0, 0);
  }

  #hold(piece: Buffer): void {
    if (this.#skipping) return;
    if (this.#heldBytes + piece.length > this.#maxLineBytes) {
      this.#skipping = true;
      this.#held = [];
      this.#heldBytes = 0;
      return;
    }
    this.#held.push(Buffer.from(piece));
    this.#heldBytes += piece.length;
    // A sender that writes byte by byte must not take more memory than the line has bytes.
    if (this.#held.length === maxPieces) this.#held = [Buffer.concat(this.#held)];
  }

  #finish(bytes: Buffer, start: number, end: number): void {
    this.#counters.lines += 1;
    if (this.#skipping || this.#heldBytes + end - start > this.#maxLineBytes) this.#counters.oversize += 1;
    else if (this.#heldBytes === 0) this.#give(bytes, start, end);
    else {
      const line = Buffer.concat([...this.#held, bytes.subarray(start, end)]);
      this.#give(line, 0, line.length);
    }
    this.#held = [];
    this.#heldBytes = 0;
    this.#skipping = false;
  }

  #give(bytes: Buffer, start: number, end: number): void {
    const length = end > start && bytes[end - 1] === carriageReturn ? end - 1 : end;
    if (length === start) this.#counters.empty += 1;
    else this.#take(bytes, start, length);
  }
}
