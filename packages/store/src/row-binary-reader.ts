import { readAddress } from './address-text.ts';

/** A column of an encoded row: its name and its ClickHouse type. */
export interface EncodedColumn {
  readonly name: string;
  readonly type: string;
}

export type DecodedRows =
  | { readonly ok: true; readonly rows: Record<string, unknown>[] }
  /** `at` is the byte where the value begins that is not whole. */
  | { readonly ok: false; readonly reason: 'truncated' | 'unknown_type'; readonly at: number };

class Cursor {
  at = 0;
  readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves over `count` bytes and says where they begin. @throws RangeError past the end */
  skip(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw new RangeError('past the end');
    this.at += count;
    return start;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.bytes[this.skip(1)] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new RangeError('longer than any length');
  }

  string(): string {
    const length = this.varint();
    const start = this.skip(length);
    return this.bytes.toString('utf8', start, start + length);
  }
}

type Read = (cursor: Cursor) => unknown;

const readers: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['String', (c) => c.string()],
  ['IPv6', (c) => readAddress(c.bytes, c.skip(16))],
  ['UInt8', (c) => c.bytes.readUInt8(c.skip(1))],
  ['Int8', (c) => c.bytes.readInt8(c.skip(1))],
  ['UInt16', (c) => c.bytes.readUInt16LE(c.skip(2))],
  ['Int16', (c) => c.bytes.readInt16LE(c.skip(2))],
  ['UInt32', (c) => c.bytes.readUInt32LE(c.skip(4))],
  ['Int32', (c) => c.bytes.readInt32LE(c.skip(4))],
  ['UInt64', (c) => Number(c.bytes.readBigUInt64LE(c.skip(8)))],
  ['Int64', (c) => Number(c.bytes.readBigInt64LE(c.skip(8)))],
  ['Float32', (c) => c.bytes.readFloatLE(c.skip(4))],
]);

/** How values of a type are read; undefined for a type that no column of requests ever had. */
function readerOf(type: string): Read | undefined {
  const inner = /^(LowCardinality|Array|Map|DateTime64)\((.*)\)$/.exec(type);
  if (inner === null) return readers.get(type);
  const [, outer, argument = ''] = inner;
  if (outer === 'DateTime64') return readers.get('Int64');
  if (outer === 'LowCardinality') return readerOf(argument);
  if (outer === 'Array') {
    const read = readerOf(argument);
    return read && ((c) => Array.from(elements(c), () => read(c)));
  }
  const comma = argument.indexOf(', ');
  const key = readerOf(argument.slice(0, comma));
  const value = readerOf(argument.slice(comma + 2));
  return key && value && ((c) => Object.fromEntries(Array.from(elements(c), () => [key(c), value(c)])));
}

/** As often as the count says; an element has a byte at least, so a count beyond the rest is none. */
function* elements(cursor: Cursor): Generator<undefined> {
  const count = cursor.varint();
  if (count > cursor.bytes.length - cursor.at) throw new RangeError('more elements than bytes');
  for (let i = 0; i < count; i++) yield undefined;
}

/**
 * Rows out of RowBinary, as `HttpLogEncoder` writes them (times in microseconds, addresses as text), with the
 * columns that they were written with. Takes any bytes.
 */
export function decodeRowBinary(columns: readonly EncodedColumn[], bytes: Uint8Array): DecodedRows {
  const known: (readonly [string, Read])[] = [];
  for (const { name, type } of columns) {
    const read = readerOf(type);
    if (read === undefined) return { ok: false, reason: 'unknown_type', at: 0 };
    known.push([name, read]);
  }
  const cursor = new Cursor(bytes);
  const rows: Record<string, unknown>[] = [];
  if (known.length === 0) return { ok: true, rows };
  let at = 0;
  try {
    while (cursor.at < bytes.length) {
      const row: Record<string, unknown> = {};
      for (const [name, read] of known) {
        at = cursor.at;
        row[name] = read(cursor);
      }
      rows.push(row);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, reason: 'truncated', at };
  }
  return { ok: true, rows };
}
