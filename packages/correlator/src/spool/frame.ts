import { crc32 } from 'node:zlib';

/*
 * A frame: the rows that were made durable together. All numbers are little-endian.
 *
 *   0  u32 "JA4F"
 *   4  u32 CRC-32 of bytes 8 to 40
 *   8  u32 bytes of the body
 *  12  u32 rows
 *  16  u32 number of its first row in the segment
 *  20  u32 bytes of the note
 *  24  f64 when its first row came in, milliseconds since 1970
 *  32  u32 CRC-32 of the body
 *  36  u32 0
 *  40  the body: u32 length of each row | the rows | the note (why a row was rejected; else empty)
 *      zeros to a multiple of 8
 *
 * Both checksums start from the segment's id: bytes of another segment, or bytes that a visitor has put into
 * a header of his to look like a frame, are not taken for one.
 */
const magic = 0x4634414a;
export const frameHeadBytes = 40;
/** Frames begin at multiples of this. */
export const frameAlignment = 8;
/** Far above what the writer makes; a length beyond it is damage. */
const largestFrame = 128 * 1024 * 1024;

/** Rows before they have a place. */
export interface FrameRows {
  readonly lengths: Uint32Array;
  /** The rows, one behind the other. */
  readonly payload: Uint8Array;
  /** When its first row came in, milliseconds since 1970. */
  readonly oldestMs: number;
  readonly note?: string;
}

export interface FrameHead {
  /** Bytes of the whole frame, padding included. */
  readonly size: number;
  readonly rows: number;
  readonly firstRow: number;
  readonly noteBytes: number;
  readonly oldestMs: number;
}

export interface Frame extends FrameHead {
  /** Where each row begins in `payload`, and where the last one ends. */
  readonly starts: Uint32Array;
  readonly payload: Uint8Array;
  readonly note: string;
}

export type FrameFault = 'torn' | 'no_frame' | 'bad_length' | 'checksum';
export type HeadResult = FrameHead | FrameFault;

const padded = (bytes: number): number => (bytes + frameAlignment - 1) & ~(frameAlignment - 1);

/** What the checksums of a segment start from. */
export const checksumSeed = (segmentId: string): number => crc32(segmentId);

/** The bytes of a frame, in pieces so that rows are not copied. */
export function encodeFrame(frame: FrameRows, firstRow: number, seed: number): Uint8Array[] {
  const { lengths, payload, oldestMs } = frame;
  const note = Buffer.from(frame.note ?? '');
  const bodyBytes = lengths.length * 4 + payload.length + note.length;
  const head = Buffer.alloc(frameHeadBytes + lengths.length * 4);
  head.writeUInt32LE(magic, 0);
  head.writeUInt32LE(bodyBytes, 8);
  head.writeUInt32LE(lengths.length, 12);
  head.writeUInt32LE(firstRow, 16);
  head.writeUInt32LE(note.length, 20);
  head.writeDoubleLE(oldestMs, 24);
  for (let i = 0, at = frameHeadBytes; i < lengths.length; i++) at = head.writeUInt32LE(lengths[i]!, at);
  head.writeUInt32LE(crc32(note, crc32(payload, crc32(head.subarray(frameHeadBytes), seed))), 32);
  head.writeUInt32LE(crc32(head.subarray(8, frameHeadBytes), seed), 4);
  const rest = frameHeadBytes + bodyBytes;
  return [head, payload, Buffer.concat([note], note.length + padded(rest) - rest)];
}

/** Whether a frame may begin at `at`, by its first bytes alone. */
export const looksLikeFrame = (bytes: Buffer, at: number): boolean => bytes.readUInt32LE(at) === magic;

/** The head of the frame at `at`, of which `frameHeadBytes` must be there. */
export function readFrameHead(bytes: Buffer, at: number, seed: number): HeadResult {
  if (!looksLikeFrame(bytes, at)) return 'no_frame';
  if (crc32(bytes.subarray(at + 8, at + frameHeadBytes), seed) !== bytes.readUInt32LE(at + 4))
    return 'checksum';
  const bodyBytes = bytes.readUInt32LE(at + 8);
  const rows = bytes.readUInt32LE(at + 12);
  const noteBytes = bytes.readUInt32LE(at + 20);
  if (bodyBytes > largestFrame || rows * 4 + noteBytes > bodyBytes) return 'bad_length';
  return {
    size: padded(frameHeadBytes + bodyBytes),
    rows,
    firstRow: bytes.readUInt32LE(at + 16),
    noteBytes,
    oldestMs: bytes.readDoubleLE(at + 24),
  };
}

/** The frame at `at`, of which all bytes must be there; `payload` is a view of `bytes`. */
export function readFrame(bytes: Buffer, at: number, head: FrameHead, seed: number): Frame | FrameFault {
  const bodyAt = at + frameHeadBytes;
  const bodyBytes = bytes.readUInt32LE(at + 8);
  if (crc32(bytes.subarray(bodyAt, bodyAt + bodyBytes), seed) !== bytes.readUInt32LE(at + 32))
    return 'checksum';
  const starts = new Uint32Array(head.rows + 1);
  const payloadAt = bodyAt + head.rows * 4;
  const payloadBytes = bodyBytes - head.rows * 4 - head.noteBytes;
  let end = 0;
  for (let i = 0; i < head.rows; i++) {
    end += bytes.readUInt32LE(bodyAt + i * 4);
    if (end > payloadBytes) return 'bad_length';
    starts[i + 1] = end;
  }
  if (end !== payloadBytes) return 'bad_length';
  const payload = bytes.subarray(payloadAt, payloadAt + payloadBytes);
  const note = bytes.toString('utf8', payloadAt + payloadBytes, bodyAt + bodyBytes);
  return { ...head, starts, payload, note };
}
