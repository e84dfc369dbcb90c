import { isUtf8 } from 'node:buffer';

/** What a splitter has seen so far. Oversize and empty lines are refused. */
export interface LineCounters {
  lines: number;
  bytes: number;
  oversize: number;
  /** Lines with bytes that are not UTF-8: taken, with U+FFFD in their place, so that none hides a request. */
  invalid_utf8: number;
  empty: number;
}

export function newLineCounters(): LineCounters {
  return { lines: 0, bytes: 0, oversize: 0, invalid_utf8: 0, empty: 0 };
}

const newline = 0x0a;
/** Pieces of one unfinished line; each costs hundreds of bytes beside its own. */
const maxPieces = 64;
const carriageReturn = 0x0d;

/**
 * Cuts one connection's bytes into lines (LF or CR LF). Holds at most `maxLineBytes` of an unfinished
 * line: a longer one is skipped up to its end and counted once.
 */
export class LineSplitter {
  readonly #counters: LineCounters;
  readonly #maxLineBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #skipping = false;

  constructor(counters: LineCounters, maxLineBytes: number) {
    this.#counters = counters;
    this.#maxLineBytes = maxLineBytes;
  }

  /** The lines that this chunk completes. */
  push(chunk: Buffer): string[] {
    this.#counters.bytes += chunk.length;
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#finish(lines);
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    return lines;
  }

  /** The last line of a connection that was closed in order, if it had no line end. */
  end(): string[] {
    const lines: string[] = [];
    if (this.#heldBytes > 0 || this.#skipping) this.#finish(lines);
    return lines;
  }

  #hold(part: Buffer): void {
    if (part.length === 0 || this.#skipping) return;
    if (this.#heldBytes + part.length > this.#maxLineBytes) {
      this.#skipping = true;
      this.#held = [];
      this.#heldBytes = 0;
      return;
    }
    this.#held.push(part);
    this.#heldBytes += part.length;
    // A sender that writes byte by byte must not take more memory than the line has bytes.
    if (this.#held.length === maxPieces) this.#held = [Buffer.concat(this.#held)];
  }

  #finish(lines: string[]): void {
    this.#counters.lines += 1;
    if (this.#skipping) {
      this.#counters.oversize += 1;
    } else {
      const line = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held);
      const length = line.at(-1) === carriageReturn ? line.length - 1 : line.length;
      if (length === 0) this.#counters.empty += 1;
      else {
        if (!isUtf8(line)) this.#counters.invalid_utf8 += 1;
        lines.push(line.toString('utf8', 0, length));
      }
    }
    this.#held = [];
    this.#heldBytes = 0;
    this.#skipping = false;
  }
}
