import { HandshakeReader } from './tls-records.ts';

/** What became of a segment's bytes. */
export type Addition =
  | 'added'
  /** Every byte of it was there already. */
  | 'repeated'
  /** It begins past the bound on bytes. */
  | 'too-far'
  /** It would make more pieces with holes between them than the bound allows. */
  | 'too-many';

/**
 * Bytes of one TCP stream from a certain place on, put where their sequence numbers say. Segments may come in
 * any order, twice, or overlap; of two different bytes for one place the one that came first stays. Memory is
 * bounded by `maxBytes`, work by `maxPieces`: segments that touch are one piece, however small they are.
 */
export class HelloAssembly {
  /** Sequence number of the first byte. */
  base: number;
  bytes: Uint8Array;
  /** How far the records in it were read. */
  readonly reader = new HandshakeReader();
  /** Segments so far of which bytes differed from those already there. */
  conflicts = 0;
  readonly #maxBytes: number;
  readonly #maxPieces: number;
  /** Filled places, ascending and apart: `[start, end)` pairs, relative to `base`. */
  #filled: [start: number, end: number][] = [];

  /** @param bytes to begin with, of any content; larger ones replace them when needed */
  constructor(base: number, maxPieces: number, maxBytes: number, bytes: Uint8Array) {
    this.base = base;
    this.bytes = bytes;
    this.#maxBytes = maxBytes;
    this.#maxPieces = maxPieces;
  }

  /** How many bytes there are from the start without a hole. */
  get available(): number {
    const first = this.#filled[0];
    return first !== undefined && first[0] === 0 ? first[1] : 0;
  }

  get isEmpty(): boolean {
    return this.#filled.length === 0;
  }

  /** The connected bytes among which this offset lies, as offsets. */
  around(offset: number): readonly [start: number, end: number] {
    return this.#filled.find(([start, end]) => start <= offset && offset < end) ?? [offset, offset];
  }

  /** The first place with bytes, after a hole if the start is missing. */
  get firstFilled(): number {
    return this.#filled[0]?.[0] ?? 0;
  }

  /** Adds `buffer[start, end)` as the segment with this sequence number, as far as it lies within the bounds. */
  add(sequence: number, buffer: Uint8Array, start: number, end: number): Addition {
    // Sequence numbers wrap at 2^32; the signed difference is right within 2 GiB (RFC 9293, 3.4).
    const at = (sequence - this.base) | 0;
    const from = Math.max(0, at);
    const to = Math.min(this.#maxBytes, at + (end - start));
    if (at >= this.#maxBytes) return 'too-far';
    if (from >= to) return 'repeated';
    const shift = start - at;
    if (this.#differs(from, to, buffer, shift)) this.conflicts++;
    if (this.#filled.some((range) => range[0] <= from && to <= range[1])) return 'repeated';
    const last = this.#filled.at(-1);
    if (last !== undefined && last[1] === from) {
      this.#reserve(to);
      this.bytes.set(buffer.subarray(shift + from, shift + to), from);
      last[1] = to;
      return 'added';
    }
    const touches = this.#filled.some((range) => range[0] <= to && from <= range[1]);
    if (!touches && this.#filled.length >= this.#maxPieces) return 'too-many';
    this.#fill(from, to, buffer, shift);
    return 'added';
  }

  /** Forgets the first `count` bytes: what is kept starts behind them. */
  advance(count: number): void {
    if (count === 0) return;
    this.base = (this.base + count) | 0;
    this.reader.reset();
    const last = this.#filled.at(-1);
    if (last !== undefined) this.bytes.copyWithin(0, count, last[1]);
    this.#filled = this.#filled
      .filter(([, end]) => end > count)
      .map(([start, end]) => [Math.max(0, start - count), end - count]);
  }

  #differs(from: number, to: number, buffer: Uint8Array, shift: number): boolean {
    for (const [start, end] of this.#filled) {
      const until = Math.min(to, end);
      for (let i = Math.max(from, start); i < until; i++) {
        if (this.bytes[i] !== buffer[shift + i]) return true;
      }
    }
    return false;
  }

  #fill(from: number, to: number, buffer: Uint8Array, shift: number): void {
    this.#reserve(to);
    const kept: [number, number][] = [];
    let start = from;
    let end = to;
    let free = from;
    for (const range of this.#filled) {
      if (range[1] < from || range[0] > to) {
        kept.push(range);
        continue;
      }
      if (free < range[0]) this.bytes.set(buffer.subarray(shift + free, shift + range[0]), free);
      free = Math.max(free, range[1]);
      start = Math.min(start, range[0]);
      end = Math.max(end, range[1]);
    }
    if (free < to) this.bytes.set(buffer.subarray(shift + free, shift + to), free);
    kept.push([start, end]);
    this.#filled = kept.sort((a, b) => a[0] - b[0]);
  }

  #reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const grown = new Uint8Array(Math.min(this.#maxBytes, 2 ** Math.ceil(Math.log2(length))));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
