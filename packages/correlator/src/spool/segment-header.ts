import { crc32 } from 'node:zlib';

/** A column of the rows in a segment: its name and ClickHouse's name of its type. */
export interface SpoolColumn {
  readonly name: string;
  readonly type: string;
}

/** What a segment says of itself, so that it can be read and inserted whatever version wrote it. */
export interface SegmentHeader {
  /** Random: no two segments that ever were have the same. Tokens begin with it. */
  readonly id: string;
  /** Place in the order of segments; the file is named by it. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  readonly columns: readonly SpoolColumn[];
  /**
   * How far the segment before was good when this one was begun. What stands behind that point there was
   * never accepted, or was written again here; so was what stands in segments between the two.
   */
  readonly previous?: PreviousSegment | undefined;
}

interface PreviousSegment {
  readonly id: string;
  readonly number: number;
  readonly bytes: number;
  readonly rows: number;
}

export type HeaderResult =
  | { readonly ok: true; readonly header: SegmentHeader; readonly bytes: number }
  | { readonly ok: false; readonly reason: HeaderFault };
export type HeaderFault =
  | 'header_truncated'
  | 'not_a_segment'
  | 'newer_format'
  | 'header_checksum'
  | 'bad_header';

/*
 *   0  "ja4spool"
 *   8  u32 format
 *  12  u32 bytes of the JSON text
 *  16  u32 CRC-32 of bytes 8 to 16 and of the JSON text
 *  20  u32 0
 *  24  the JSON text, zeros to a multiple of 8
 *
 * Later formats keep this much, so that damage is never taken for one of them.
 */
const magic = Buffer.from('ja4spool');
const format = 1;
const fixedBytes = 24;
const largestText = 256 * 1024;
/** As much as has to be read to be sure to have the header. */
export const largestHeader = fixedBytes + largestText;

const padded = (bytes: number): number => (bytes + 7) & ~7;

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.alloc(padded(fixedBytes + text.length));
  magic.copy(bytes);
  bytes.writeUInt32LE(format, 8);
  bytes.writeUInt32LE(text.length, 12);
  bytes.writeUInt32LE(crc32(text, crc32(bytes.subarray(8, 16))), 16);
  text.copy(bytes, fixedBytes);
  return bytes;
}

/** Reads the header at the start of a file; `bytes` of the result is where the frames begin. */
export function readSegmentHeader(bytes: Buffer): HeaderResult {
  if (!magic.subarray(0, bytes.length).equals(bytes.subarray(0, magic.length))) return fault('not_a_segment');
  if (bytes.length < fixedBytes) return fault('header_truncated');
  const length = bytes.readUInt32LE(12);
  if (length > largestText) return fault('bad_header');
  if (bytes.length < padded(fixedBytes + length)) return fault('header_truncated');
  const text = bytes.subarray(fixedBytes, fixedBytes + length);
  if (crc32(text, crc32(bytes.subarray(8, 16))) !== bytes.readUInt32LE(16)) return fault('header_checksum');
  if (bytes.readUInt32LE(8) > format) return fault('newer_format');
  const header = parsed(text);
  return header === undefined
    ? fault('bad_header')
    : { ok: true, header, bytes: padded(fixedBytes + length) };
}

const fault = (reason: HeaderFault): HeaderResult => ({ ok: false, reason });

function parsed(text: Buffer): SegmentHeader | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text.toString());
  } catch {
    return undefined;
  }
  return isHeader(value) ? value : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

function isHeader(value: unknown): value is SegmentHeader {
  if (!isObject(value)) return false;
  const { id, number, createdMs, columns, previous } = value;
  return (
    typeof id === 'string' &&
    isCount(number) &&
    isCount(createdMs) &&
    Array.isArray(columns) &&
    columns.every((one) => isObject(one) && typeof one.name === 'string' && typeof one.type === 'string') &&
    (previous === undefined ||
      (isObject(previous) &&
        typeof previous.id === 'string' &&
        isCount(previous.number) &&
        isCount(previous.bytes) &&
        isCount(previous.rows)))
  );
}
