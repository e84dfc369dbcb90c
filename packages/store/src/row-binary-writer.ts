import { writeAddress } from './address.ts';

/*
 * ClickHouse's RowBinary: the values of a row one after another, nothing between them.
 *
 *   UInt8 … Int64, Float32      little-endian
 *   DateTime64(6)               Int64, microseconds
 *   IPv6                        16 bytes, network order
 *   String                      length as LEB128, then UTF-8
 *   Array, Map                  count as LEB128, then the elements (key, value)
 */

/** Longest text that a loop writes faster than a call into the runtime does (measured on Node 24). */
const loopedUnits = 12;
const two32 = 2 ** 32;

function doesNotFit(column: string, value: unknown, type: string): never {
  throw new TypeError(`column ${column}: ${String(value)} is no ${type}`);
}

/**
 * Values in RowBinary, into a buffer that grows. Fixed-width values are written without a check for room: call
 * `reserve` for all of those that follow; texts and addresses see to it themselves and leave `slack` bytes behind.
 * What does not fit throws a TypeError with the name of the column, and leaves half a row behind.
 */
export class RowBinaryWriter {
  /** What `length` bytes of are written. */
  bytes: Buffer;
  length = 0;
  readonly #slack: number;
  #view: DataView;

  /** @param slack bytes of fixed width that may follow a text before the next `reserve` */
  constructor(bytes: Buffer, slack: number) {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
    this.#slack = slack;
  }

  /** Begins at the start of another buffer. */
  restart(bytes: Buffer): void {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
    this.length = 0;
  }

  /** Makes room for `count` more bytes, and for the slack. */
  reserve(count: number): void {
    const needed = this.length + count + this.#slack;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, needed));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    this.#view = viewOf(larger);
  }

  varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  string(value: string): void {
    const units = value.length;
    if (units <= loopedUnits) {
      this.reserve(3 * loopedUnits + 1);
      if (this.#ascii(value, units)) return;
    } else {
      // A UTF-16 unit takes at most 3 bytes in UTF-8.
      this.reserve(units * 3 + 5);
    }
    this.#utf8(value, units);
  }

  #ascii(value: string, units: number): boolean {
    const { bytes } = this;
    const start = this.length + 1;
    for (let i = 0; i < units; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) return false;
      bytes[start + i] = code;
    }
    bytes[start - 1] = units;
    this.length = start + units;
    return true;
  }

  /** The text first, as if it were ASCII, and then its length: that is one call into the runtime and not two. */
  #utf8(value: string, units: number): void {
    const start = this.length;
    const expected = varintBytes(units);
    const written = this.bytes.write(value, start + expected);
    const needed = varintBytes(written);
    if (needed !== expected)
      this.bytes.copyWithin(start + needed, start + expected, start + expected + written);
    this.varint(written);
    this.length = start + needed + written;
  }

  address(column: string, value: string): void {
    this.reserve(16);
    if (!writeAddress(value, this.bytes, this.length)) doesNotFit(column, value, 'IPv6 address');
    this.length += 16;
  }

  uint8(column: string, value: number): void {
    if ((value & 0xff) !== value) doesNotFit(column, value, 'UInt8');
    this.bytes[this.length++] = value;
  }

  int8(column: string, value: number): void {
    if ((value << 24) >> 24 !== value) doesNotFit(column, value, 'Int8');
    this.bytes[this.length++] = value;
  }

  uint16(column: string, value: number): void {
    if ((value & 0xffff) !== value) doesNotFit(column, value, 'UInt16');
    this.#view.setUint16(this.length, value, true);
    this.length += 2;
  }

  int16(column: string, value: number): void {
    if ((value << 16) >> 16 !== value) doesNotFit(column, value, 'Int16');
    this.#view.setInt16(this.length, value, true);
    this.length += 2;
  }

  uint32(column: string, value: number): void {
    if (value >>> 0 !== value) doesNotFit(column, value, 'UInt32');
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  int32(column: string, value: number): void {
    if ((value | 0) !== value) doesNotFit(column, value, 'Int32');
    this.#view.setInt32(this.length, value, true);
    this.length += 4;
  }

  /** A 64-bit integer from a number: exact up to 2^53, beyond as exact as the number is. */
  int64(column: string, value: number): void {
    let high = value >> 31;
    let low = value | 0;
    if (low !== value) {
      if (!(Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 64))
        doesNotFit(column, value, '64-bit integer');
      high = Math.floor(value / two32);
      low = value - high * two32;
    }
    this.#view.setInt32(this.length, low, true);
    this.#view.setInt32(this.length + 4, high, true);
    this.length += 8;
  }

  float32(column: string, value: number): void {
    if (typeof value !== 'number') doesNotFit(column, value, 'Float32');
    this.#view.setFloat32(this.length, value, true);
    this.length += 4;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest > 127; rest >>>= 7) count += 1;
  return count;
}
