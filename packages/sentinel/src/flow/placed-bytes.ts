/** Holds a browser's hello with a post-quantum key share (about 1,900 bytes) without growing. */
const usualBytes = 2048;
/** Pieces that need no more room to be remembered. */
const usualPieces = 16;

/** What holding a browser's hello takes (bytes). */
export const usualHelloSize = usualBytes + 2 * 4 * usualPieces;

/**
 * Bytes put where their offsets say. They may come in any order, twice, or overlap; of two different bytes for
 * one place the one that came first stays. What touches is one piece, however small its parts are. Reused from
 * stream to stream.
 */
export class PlacedBytes {
  /** Meaningful in the filled places only. */
  bytes: Uint8Array;
  /** Filled places, ascending and apart: start and end of each piece. */
  #ranges = new Int32Array(2 * usualPieces);
  #count = 0;

  /** @param room bytes to begin with; more is made when needed, to the next power of two */
  constructor(room = usualBytes) {
    this.bytes = new Uint8Array(room);
  }

  reset(): void {
    this.#count = 0;
  }

  /** Bytes of memory that this takes. */
  get size(): number {
    return this.bytes.length + this.#ranges.byteLength;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** How many bytes there are from the start without a hole. */
  get available(): number {
    return this.#count > 0 && this.#ranges[0] === 0 ? this.#ranges[1]! : 0;
  }

  /** The first place with bytes, after a hole if the start is missing; 0 where there are none. */
  get firstFilled(): number {
    return this.#count > 0 ? this.#ranges[0]! : 0;
  }

  /** The piece in which this offset lies, as offsets; of no length where there is none. */
  around(offset: number): readonly [start: number, end: number] {
    const at = this.#firstPieceTo(offset + 1);
    const isInside = at < this.#count && this.#ranges[2 * at]! <= offset;
    return isInside ? [this.#ranges[2 * at]!, this.#ranges[2 * at + 1]!] : [offset, offset];
  }

  /** Whether `[from, to)` is filled without a hole. */
  covers(from: number, to: number): boolean {
    const at = this.#firstPieceTo(to);
    return at < this.#count && this.#ranges[2 * at]! <= from;
  }

  /** Whether `source[start, end)`, to be put at `offset`, has another byte for a place that is filled. */
  differs(offset: number, source: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this;
    const ranges = this.#ranges;
    const to = offset + (end - start);
    for (let at = this.#firstPieceTo(offset + 1); at < this.#count && ranges[2 * at]! < to; at++) {
      const until = Math.min(to, ranges[2 * at + 1]!);
      for (let i = Math.max(offset, ranges[2 * at]!); i < until; i++) {
        if (bytes[i] !== source[start + i - offset]) return true;
      }
    }
    return false;
  }

  /**
   * Adds `source[start, end)` at `offset`. The caller bounds `offset + end - start`.
   * @returns false, with nothing added, when that would make more than `maxPieces`
   */
  add(offset: number, source: Uint8Array, start: number, end: number, maxPieces: number): boolean {
    const to = offset + (end - start);
    // The pieces that overlap or touch the new bytes are [first, last).
    const first = this.#firstPieceTo(offset);
    const touches = first < this.#count && this.#ranges[2 * first]! <= to;
    if (!touches && this.#count >= maxPieces) return false;
    this.#reserve(to);
    const ranges = this.#ranges;
    let last = first;
    let free = offset;
    let mergedStart = offset;
    let mergedEnd = to;
    while (last < this.#count && ranges[2 * last]! <= to) {
      const pieceStart = ranges[2 * last]!;
      const pieceEnd = ranges[2 * last + 1]!;
      if (free < pieceStart) this.#copy(free, pieceStart, source, start - offset);
      if (pieceEnd > free) free = pieceEnd;
      if (pieceStart < mergedStart) mergedStart = pieceStart;
      if (pieceEnd > mergedEnd) mergedEnd = pieceEnd;
      last++;
    }
    if (free < to) this.#copy(free, to, source, start - offset);
    if (last !== first + 1) ranges.copyWithin(2 * first + 2, 2 * last, 2 * this.#count);
    ranges[2 * first] = mergedStart;
    ranges[2 * first + 1] = mergedEnd;
    this.#count += 1 - (last - first);
    return true;
  }

  /** Forgets the first `count` places: what stood behind them stands at the start. */
  advance(count: number): void {
    if (count === 0 || this.#count === 0) return;
    const ranges = this.#ranges;
    this.bytes.copyWithin(0, count, ranges[2 * this.#count - 1]!);
    const first = this.#firstPieceTo(count + 1);
    for (let from = 2 * first, to = 0; from < 2 * this.#count; from++, to++) {
      ranges[to] = Math.max(0, ranges[from]! - count);
    }
    this.#count -= first;
  }

  /** Number of the first piece that ends at this offset or behind it. */
  #firstPieceTo(offset: number): number {
    let at = 0;
    while (at < this.#count && this.#ranges[2 * at + 1]! < offset) at++;
    return at;
  }

  #copy(from: number, to: number, source: Uint8Array, shift: number): void {
    const { bytes } = this;
    // A view costs as much as copying some hundred bytes.
    if (to - from < 200) for (let i = from; i < to; i++) bytes[i] = source[shift + i]!;
    else bytes.set(source.subarray(shift + from, shift + to), from);
  }

  /** Room for bytes up to `length`, and for one more piece. */
  #reserve(length: number): void {
    if (length > this.bytes.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    if (2 * this.#count === this.#ranges.length) {
      const grown = new Int32Array(2 * this.#ranges.length);
      grown.set(this.#ranges);
      this.#ranges = grown;
    }
  }
}
