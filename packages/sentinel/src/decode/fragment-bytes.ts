/** Fragments end at multiples of 8 bytes (RFC 791 section 3.2), except for a datagram's last one. */
const unitBytes = 8;
const chunkBytes = 2048;
const chunkUnits = chunkBytes / unitBytes;
const bitmapWords = chunkUnits / 32;
/** A datagram has at most 65,535 bytes. */
const chunksPerDatagram = 32;
const none = -1;

/** How a fragment stands to the bytes that are there already. */
export type FragmentRelation = 'new' | 'repeated' | 'overlapping';

/**
 * The bytes of datagrams that are not complete, at their offsets. Memory is taken from one pool in chunks of
 * 2 KiB, each with one bit per 8 bytes that says whether they have come, so that neither the number nor the
 * order nor the size of fragments costs more than their bytes.
 */
export class FragmentBytes {
  readonly #bytes: Uint8Array;
  readonly #present: Int32Array;
  readonly #free: Int32Array;
  #freeCount: number;
  /** Chunks of each datagram. */
  readonly #chunks: Int32Array;
  readonly #units: Int32Array;

  /**
   * @param datagrams how many there can be; they are named 0 to `datagrams - 1`
   * @param chunks size of the pool, in chunks of 2 KiB
   */
  constructor(datagrams: number, chunks: number) {
    this.#bytes = new Uint8Array(chunks * chunkBytes);
    this.#present = new Int32Array(chunks * bitmapWords);
    this.#free = Int32Array.from({ length: chunks }, (_, i) => i);
    this.#freeCount = chunks;
    this.#chunks = new Int32Array(datagrams * chunksPerDatagram).fill(none);
    this.#units = new Int32Array(datagrams);
  }

  /** Bytes that have come, the last ones rounded up to 8. */
  received(datagram: number): number {
    return this.#units[datagram]! * unitBytes;
  }

  /** Whether the pool has room for `[offset, offset + length)` of a datagram. */
  hasRoom(datagram: number, offset: number, length: number): boolean {
    const base = datagram * chunksPerDatagram;
    const last = Math.floor((offset + length - 1) / chunkBytes);
    let missing = 0;
    for (let chunk = Math.floor(offset / chunkBytes); chunk <= last; chunk++) {
      if (this.#chunks[base + chunk] === none) missing++;
    }
    return missing <= this.#freeCount;
  }

  /** How `buffer[start, end)` at `offset`, a multiple of 8, stands to what is there. */
  relation(
    datagram: number,
    offset: number,
    buffer: Uint8Array,
    start: number,
    end: number,
  ): FragmentRelation {
    let present = 0;
    let isSame = true;
    for (let at = start; at < end; at = this.#chunkStop(offset, start, at, end)) {
      const place = this.#place(datagram, offset + at - start);
      if (place === none) continue;
      const stop = this.#chunkStop(offset, start, at, end);
      for (let unit = at; unit < stop; unit += unitBytes) {
        if (!this.#isPresent(place + unit - at)) continue;
        present += unitBytes;
        const unitEnd = Math.min(unit + unitBytes, end);
        for (let i = unit; i < unitEnd; i++) isSame &&= buffer[i] === this.#bytes[place + i - at];
      }
    }
    if (present === 0) return 'new';
    return isSame && present >= end - start ? 'repeated' : 'overlapping';
  }

  /** Keeps what of `buffer[start, end)` has not come before. The pool must have room for it. */
  keep(datagram: number, offset: number, buffer: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at = this.#chunkStop(offset, start, at, end)) {
      const place = this.#claim(datagram, offset + at - start);
      const stop = this.#chunkStop(offset, start, at, end);
      let missing = at;
      for (let unit = at; unit < stop; unit += unitBytes) {
        const unitPlace = place + unit - at;
        if (this.#isPresent(unitPlace)) {
          if (unit > missing) this.#bytes.set(buffer.subarray(missing, unit), place + missing - at);
          missing = unit + unitBytes;
        } else {
          const bit = unitPlace / unitBytes;
          this.#present[bit >> 5]! |= 1 << (bit & 31);
          this.#units[datagram]!++;
        }
      }
      if (stop > missing) this.#bytes.set(buffer.subarray(missing, stop), place + missing - at);
    }
  }

  /** Copies the first `length` bytes of a datagram, which have all come. */
  copyTo(target: Uint8Array, at: number, datagram: number, length: number): void {
    for (let offset = 0; offset < length; offset += chunkBytes) {
      const place = this.#place(datagram, offset);
      target.set(this.#bytes.subarray(place, place + Math.min(chunkBytes, length - offset)), at + offset);
    }
  }

  /** Gives a datagram's memory back. */
  release(datagram: number): void {
    const base = datagram * chunksPerDatagram;
    for (let i = base; i < base + chunksPerDatagram; i++) {
      const chunk = this.#chunks[i]!;
      if (chunk === none) continue;
      this.#present.fill(0, chunk * bitmapWords, (chunk + 1) * bitmapWords);
      this.#free[this.#freeCount++] = chunk;
      this.#chunks[i] = none;
    }
    this.#units[datagram] = 0;
  }

  /** Where, in the buffer of a fragment that begins at `start`, the chunk ends in which `at` lies. */
  #chunkStop(offset: number, start: number, at: number, end: number): number {
    return Math.min(end, at + chunkBytes - ((offset + at - start) % chunkBytes));
  }

  /** Where in the pool a byte of a datagram lies. */
  #place(datagram: number, offset: number): number {
    const chunk = this.#chunks[datagram * chunksPerDatagram + Math.floor(offset / chunkBytes)]!;
    return chunk === none ? none : chunk * chunkBytes + (offset % chunkBytes);
  }

  #claim(datagram: number, offset: number): number {
    const index = datagram * chunksPerDatagram + Math.floor(offset / chunkBytes);
    if (this.#chunks[index] === none) this.#chunks[index] = this.#free[--this.#freeCount]!;
    return this.#place(datagram, offset);
  }

  #isPresent(place: number): boolean {
    const unit = place / unitBytes;
    return ((this.#present[unit >> 5]! >>> (unit & 31)) & 1) === 1;
  }
}
