import { keyWords } from './flow-table.ts';

const places = 64;
const segmentsPerPlace = 4;
/** An Ethernet frame's worth. */
const maxSegment = 1500;
/** For how long a segment may precede the one before it, and a place is kept once it is full (ns). */
const keptNs = 200e6;

/**
 * The last segments of flows that are not known. When the start of a hello opens a flow without a SYN, the rest
 * of the hello may have come before it, out of order.
 *
 * Uploads that were under way when the capture began pass here packet by packet: a place takes four segments
 * and is then closed for 200 ms, which bounds the copying to a megabyte or two in a second of capture. All
 * places together are 384 KB.
 */
export class EarlySegments {
  readonly #keys = new Int32Array(places * keyWords);
  readonly #counts = new Uint8Array(places);
  readonly #sinceNs = new Float64Array(places);
  readonly #sequences = new Int32Array(places * segmentsPerPlace);
  readonly #lengths = new Uint16Array(places * segmentsPerPlace);
  readonly #bytes = new Uint8Array(places * segmentsPerPlace * maxSegment);

  /** Keeps a segment of a flow that is not known, if there is room for it. */
  keep(
    key: Int32Array,
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    nowNs: number,
  ): void {
    if (end - start > maxSegment) return;
    const place = placeOf(key);
    const isOpen = Math.abs(nowNs - this.#sinceNs[place]!) < keptNs;
    if (isOpen && (this.#counts[place] === segmentsPerPlace || !this.#isOf(place, key))) return;
    if (!isOpen) {
      this.#keys.set(key, place * keyWords);
      this.#counts[place] = 0;
      this.#sinceNs[place] = nowNs;
    }
    const index = place * segmentsPerPlace + this.#counts[place]!;
    this.#counts[place]!++;
    this.#sequences[index] = sequence;
    this.#lengths[index] = end - start;
    this.#bytes.set(buffer.subarray(start, end), index * maxSegment);
  }

  /** How many segments are kept of this flow; they are read with {@link segment} and {@link sequence}. */
  count(key: Int32Array, nowNs: number): number {
    const place = placeOf(key);
    const isOpen = Math.abs(nowNs - this.#sinceNs[place]!) < keptNs;
    return isOpen && this.#isOf(place, key) ? this.#counts[place]! : 0;
  }

  sequence(key: Int32Array, number: number): number {
    return this.#sequences[placeOf(key) * segmentsPerPlace + number]!;
  }

  segment(key: Int32Array, number: number): Uint8Array {
    const index = placeOf(key) * segmentsPerPlace + number;
    return this.#bytes.subarray(index * maxSegment, index * maxSegment + this.#lengths[index]!);
  }

  #isOf(place: number, key: Int32Array): boolean {
    const at = place * keyWords;
    for (let i = 0; i < keyWords; i++) {
      if (this.#keys[at + i] !== key[i]) return false;
    }
    return true;
  }
}

function placeOf(key: Int32Array): number {
  return (Math.imul(key[3]! ^ Math.imul(key[7]!, 31) ^ key[8]!, 0x9e3779b1) >>> 26) % places;
}
