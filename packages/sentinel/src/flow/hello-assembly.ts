import type { PlacedBytes } from './placed-bytes.ts';
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
 * Bytes of one TCP stream from a certain place on, put where their sequence numbers say. Memory is bounded by
 * `maxBytes`, work by `maxPieces` with holes between them.
 */
export class HelloAssembly {
  /** Sequence number of the first byte. */
  base: number;
  readonly placed: PlacedBytes;
  /** How far the records in it were read. */
  readonly reader = new HandshakeReader();
  /** Segments so far of which bytes differed from those already there. */
  conflicts = 0;
  readonly #maxBytes: number;
  readonly #maxPieces: number;

  /** @param placed empty */
  constructor(base: number, maxPieces: number, maxBytes: number, placed: PlacedBytes) {
    this.base = base;
    this.placed = placed;
    this.#maxBytes = maxBytes;
    this.#maxPieces = maxPieces;
  }

  get bytes(): Uint8Array {
    return this.placed.bytes;
  }

  /** How many bytes there are from the start without a hole. */
  get available(): number {
    return this.placed.available;
  }

  get isEmpty(): boolean {
    return this.placed.isEmpty;
  }

  /** Adds `buffer[start, end)` as the segment with this sequence number, as far as it lies within the bounds. */
  add(sequence: number, buffer: Uint8Array, start: number, end: number): Addition {
    // Sequence numbers wrap at 2^32; the signed difference is right within 2 GiB (RFC 9293, 3.4).
    const at = (sequence - this.base) | 0;
    const from = Math.max(0, at);
    const to = Math.min(this.#maxBytes, at + (end - start));
    if (at >= this.#maxBytes) return 'too-far';
    if (from >= to) return 'repeated';
    const { placed } = this;
    const first = start + (from - at);
    const last = start + (to - at);
    if (placed.differs(from, buffer, first, last)) this.conflicts++;
    if (placed.covers(from, to)) return 'repeated';
    return placed.add(from, buffer, first, last, this.#maxPieces) ? 'added' : 'too-many';
  }

  /** Forgets the first `count` bytes: what is kept starts behind them. */
  advance(count: number): void {
    if (count === 0) return;
    this.base = (this.base + count) | 0;
    this.reader.reset();
    this.placed.advance(count);
  }
}
