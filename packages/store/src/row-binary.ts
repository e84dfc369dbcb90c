import { writeAddress } from './address.ts';
import { type HttpLogColumnType, type HttpLogRow, httpLogColumns } from './http-log-row.ts';

/*
 * ClickHouse's RowBinary: the values of a row one after another, nothing between them.
 *
 *   UInt8 … Int64, Float32      little-endian
 *   DateTime64(6)               Int64, microseconds
 *   IPv6                        16 bytes, network order
 *   String                      length as LEB128, then UTF-8
 *   Array, Map                  count as LEB128, then the elements (key, value)
 *   LowCardinality(T)           as T
 */
/** Room for all fixed-width values of a row and for the counts of its arrays and maps. */
const fixedBytes = httpLogColumns.length * 16;

class RowBinaryWriter {
  bytes: Buffer;
  length = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
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
    // A UTF-16 unit takes at most 3 bytes in UTF-8; behind the text there is room for the fixed-width values.
    this.reserve(units * 3 + 5 + fixedBytes);
    if (units < 128 && this.#ascii(value, units)) return;
    this.varint(Buffer.byteLength(value));
    this.length += this.bytes.write(value, this.length);
  }

  /** Short texts are nearly all ASCII, and for those a loop beats the call into the runtime. */
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

  /** A 64-bit integer from a number: exact up to 2^53, beyond as exact as the number is. */
  int64(value: number): void {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is not an integer`);
    const low = value >= 0 ? value % 4294967296 : ((value % 4294967296) + 4294967296) % 4294967296;
    this.length = this.bytes.writeUInt32LE(low, this.length);
    this.length = this.bytes.writeUInt32LE(((value - low) / 4294967296) >>> 0, this.length);
  }

  address(value: string): void {
    if (!writeAddress(value, this.bytes, this.length)) throw new TypeError(`"${value}" is not an address`);
    this.length += 16;
  }
}

type Write = (writer: RowBinaryWriter, value: never) => void;

const writers: Record<HttpLogColumnType, Write> = {
  String: (w, value: string) => w.string(value),
  'LowCardinality(String)': (w, value: string) => w.string(value),
  'Array(LowCardinality(String))': (w, value: string[]) => {
    w.varint(value.length);
    for (const element of value) w.string(element);
  },
  'Map(LowCardinality(String), String)': (w, value: Record<string, string>) => {
    const entries = Object.entries(value);
    w.varint(entries.length);
    for (const [key, element] of entries) {
      w.string(key);
      w.string(element);
    }
  },
  IPv6: (w, value: string) => w.address(value),
  "DateTime64(6, 'UTC')": (w, value: number) => w.int64(Math.round(value)),
  UInt8: (w, value: number) => {
    w.length = w.bytes.writeUInt8(value, w.length);
  },
  Int8: (w, value: number) => {
    w.length = w.bytes.writeInt8(value, w.length);
  },
  UInt16: (w, value: number) => {
    w.length = w.bytes.writeUInt16LE(value, w.length);
  },
  Int16: (w, value: number) => {
    w.length = w.bytes.writeInt16LE(value, w.length);
  },
  UInt32: (w, value: number) => {
    w.length = w.bytes.writeUInt32LE(value, w.length);
  },
  Int32: (w, value: number) => {
    w.length = w.bytes.writeInt32LE(value, w.length);
  },
  UInt64: (w, value: number) => w.int64(value),
  Int64: (w, value: number) => w.int64(value),
  Float32: (w, value: number) => {
    w.length = w.bytes.writeFloatLE(value, w.length);
  },
};

const names = httpLogColumns.map(({ name }) => name);
const columnWriters = httpLogColumns.map(({ type }) => writers[type]);

/**
 * Rows of `http_logs_raw` as one RowBinary block, columns in the order of `httpLogColumns`.
 *
 * @throws TypeError or RangeError for a value that does not fit its column: the caller checks what comes from
 *   outside, so this is a bug, and the message names row and column.
 */
export function encodeRowBinary(rows: readonly HttpLogRow[]): Buffer {
  const writer = new RowBinaryWriter(rows.length * 2048 + fixedBytes);
  let index = 0;
  let column = 0;
  try {
    for (const row of rows) {
      writer.reserve(fixedBytes);
      for (column = 0; column < names.length; column++)
        columnWriters[column]!(writer, row[names[column]!] as never);
      index += 1;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`row ${index}, column ${names[column]}: ${why}`, { cause });
  }
  return writer.bytes.subarray(0, writer.length);
}
