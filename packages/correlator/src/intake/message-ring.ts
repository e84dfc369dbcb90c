/**
 * Messages on their way from the receiving thread to the main one, in memory that both see: one writes, one
 * reads, nothing is allocated for a message and nothing copied but its bytes.
 *
 *     positions  Int32   [written, read]: bytes since the start, modulo 2³²
 *     data       Uint8   records, each at a multiple of 4 and in one piece:
 *                          length u32 │ bytes │ 0–3 unused
 *                        length 0xffff_ffff: nothing more up to the end of the memory, go on at its start
 *
 * Positions run on for ever and are taken modulo the size, which is a power of two, so that a full ring and an
 * empty one differ. Data are written before `written` is stored, and read before `read` is.
 */
export interface RingMemory {
  readonly positions: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
}

const position = { written: 0, read: 1 } as const;
const headerBytes = 4;
const skip = -1;

/** @param bytes a power of two, at most 2³⁰ */
export function ringMemory(bytes: number): RingMemory {
  return { positions: new SharedArrayBuffer(8), data: new SharedArrayBuffer(bytes) };
}

/** Bytes of the ring that a message of so many bytes takes. */
const recordBytes = (length: number): number => (headerBytes + length + 3) & ~3;

/** The writing end. What was written is seen after `publish`. */
export class RingWriter {
  readonly #positions: Int32Array;
  readonly #data: Buffer;
  readonly #lengths: Int32Array;
  readonly #mask: number;
  #written: number;

  constructor({ positions, data }: RingMemory) {
    this.#positions = new Int32Array(positions);
    this.#data = Buffer.from(data);
    this.#lengths = new Int32Array(data);
    this.#mask = data.byteLength - 1;
    this.#written = Atomics.load(this.#positions, position.written);
  }

  /** How many messages of at most `length` bytes can be written now, whatever their lengths are. */
  room(length: number): number {
    const used = (this.#written - Atomics.load(this.#positions, position.read)) >>> 0;
    // One record's worth may have to be skipped at the end of the memory.
    return Math.max(0, Math.floor((this.#mask + 1 - used) / recordBytes(length)) - 1);
  }

  /** Appends a copy of `source` from `start` to `end`. The caller has asked for `room`. */
  write(source: Buffer, start: number, end: number): void {
    const record = recordBytes(end - start);
    let at = this.#written & this.#mask;
    const left = this.#mask + 1 - at;
    if (record > left) {
      this.#lengths[at >> 2] = skip;
      this.#written = (this.#written + left) | 0;
      at = 0;
    }
    this.#lengths[at >> 2] = end - start;
    source.copy(this.#data, at + headerBytes, start, end);
    this.#written = (this.#written + record) | 0;
  }

  publish(): void {
    Atomics.store(this.#positions, position.written, this.#written);
  }
}

/** The reading end. */
export class RingReader {
  /** Where the message that `next` found lies in `data`; valid until `release`. */
  start = 0;
  end = 0;
  readonly data: Buffer;
  readonly #positions: Int32Array;
  readonly #lengths: Int32Array;
  readonly #mask: number;
  #read: number;

  constructor({ positions, data }: RingMemory) {
    this.#positions = new Int32Array(positions);
    this.data = Buffer.from(data);
    this.#lengths = new Int32Array(data);
    this.#mask = data.byteLength - 1;
    this.#read = Atomics.load(this.#positions, position.read);
  }

  /** Bytes that wait. */
  get waiting(): number {
    return (Atomics.load(this.#positions, position.written) - this.#read) >>> 0;
  }

  /** Goes to the next message; false when there is none. */
  next(): boolean {
    if (Atomics.load(this.#positions, position.written) === this.#read) return false;
    let at = this.#read & this.#mask;
    if (this.#lengths[at >> 2] === skip) {
      this.#read = (this.#read + this.#mask + 1 - at) | 0;
      at = 0;
    }
    const length = this.#lengths[at >> 2]!;
    this.start = at + headerBytes;
    this.end = this.start + length;
    this.#read = (this.#read + recordBytes(length)) | 0;
    return true;
  }

  /** Gives the memory of what was read back to the writer. */
  release(): void {
    Atomics.store(this.#positions, position.read, this.#read);
  }
}
