/** Holds a browser's hello with a post-quantum key share (about 1,900 bytes) without growing. */
const usualHelloBytes = 2048;
/** Pieces that need no more room to be remembered. */
const usualRanges = 16;

/** Chromium cuts its hello into a dozen pieces; more gaps than this at one time are no client's. */
const maxRanges = 128;

/** What holding a browser's hello takes (bytes). */
export const usualHelloSize = usualHelloBytes + 2 * 4 * usualRanges;

/**
 * The bytes of one handshake message, put where their offsets say. Pieces may come in any order, twice, or
 * overlap; of two different bytes for one place the one that came first stays. Reused from message to message.
 */
export class HelloBytes {
  bytes = new Uint8Array(usualHelloBytes);
  /** How many datagrams had a part in it. */
  datagrams = 0;
  /** Filled places, ascending and apart: start and end of each. */
  #ranges = new Int32Array(2 * usualRanges);
  #count = 0;

  reset(): void {
    this.#count = 0;
    this.datagrams = 0;
  }

  /** Bytes of memory that this takes. */
  get size(): number {
    return this.bytes.length + this.#ranges.byteLength;
  }

  /** How many bytes there are from the start without a hole. */
  get available(): number {
    return this.#count > 0 && this.#ranges[0] === 0 ? this.#ranges[1]! : 0;
  }

  /**
   * Adds `source[start, end)` at `offset`. The caller bounds `offset + end - start`.
   * @returns false when there are too many holes to go on
   */
  add(offset: number, source: Uint8Array, start: number, end: number): boolean {
    const to = offset + (end - start);
    let ranges = this.#ranges;
    this.#reserve(to);
    // The ranges that overlap or touch the piece are [first, last).
    let first = 0;
    while (first < this.#count && ranges[2 * first + 1]! < offset) first++;
    let last = first;
    let free = offset;
    let mergedStart = offset;
    let mergedEnd = to;
    while (last < this.#count && ranges[2 * last]! <= to) {
      const rangeStart = ranges[2 * last]!;
      const rangeEnd = ranges[2 * last + 1]!;
      if (free < rangeStart) this.#copy(free, rangeStart, source, start - offset);
      if (rangeEnd > free) free = rangeEnd;
      if (rangeStart < mergedStart) mergedStart = rangeStart;
      if (rangeEnd > mergedEnd) mergedEnd = rangeEnd;
      last++;
    }
    if (free < to) this.#copy(free, to, source, start - offset);
    const count = this.#count - (last - first) + 1;
    if (count > maxRanges) return false;
    if (2 * count > ranges.length) {
      ranges = new Int32Array(2 * ranges.length);
      ranges.set(this.#ranges);
      this.#ranges = ranges;
    }
    if (last !== first + 1) ranges.copyWithin(2 * first + 2, 2 * last, 2 * this.#count);
    ranges[2 * first] = mergedStart;
    ranges[2 * first + 1] = mergedEnd;
    this.#count = count;
    return true;
  }

  #copy(from: number, to: number, source: Uint8Array, shift: number): void {
    const { bytes } = this;
    // A view costs as much as copying some hundred bytes.
    if (to - from < 200) for (let i = from; i < to; i++) bytes[i] = source[shift + i]!;
    else bytes.set(source.subarray(shift + from, shift + to), from);
  }

  #reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const grown = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
