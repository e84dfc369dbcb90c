/**
 * Bytes of the start of one TCP stream, put where their sequence numbers say. Segments may come in any
 * order, twice, or overlap; of two different bytes for one place the one that came first stays. Memory is
 * bounded by `maxBytes`, work by `maxSegments`.
 */
export class HelloAssembly {
  /** Sequence number of the first byte. */
  readonly base: number;
  bytes: Uint8Array;
  readonly #maxBytes: number;
  readonly #maxSegments: number;
  #segments = 0;
  /** Filled places, ascending and apart: `[start, end)` pairs, relative to `base`. */
  #filled: [start: number, end: number][] = [];

  /** @param bytes to begin with, of any content; larger ones replace them when needed */
  constructor(base: number, maxSegments: number, maxBytes: number, bytes: Uint8Array) {
    this.base = base;
    this.bytes = bytes;
    this.#maxBytes = maxBytes;
    this.#maxSegments = maxSegments;
  }

  /** How many bytes there are from the start without a hole. */
  get available(): number {
    const first = this.#filled[0];
    return first !== undefined && first[0] === 0 ? first[1] : 0;
  }

  /**
   * Adds `buffer[start, end)` as the segment with this sequence number. Bytes before the base or past
   * `maxBytes` are left out.
   * @returns false once more than `maxSegments` were added: time to give up
   */
  add(sequence: number, buffer: Uint8Array, start: number, end: number): boolean {
    if (++this.#segments > this.#maxSegments) return false;
    // Sequence numbers wrap at 2^32; the signed difference is right within 2 GiB (RFC 9293, 3.4).
    const at = (sequence - this.base) | 0;
    const from = Math.max(0, at);
    const to = Math.min(this.#maxBytes, at + (end - start));
    if (from < to) this.#fill(from, to, buffer, start - at);
    return true;
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
