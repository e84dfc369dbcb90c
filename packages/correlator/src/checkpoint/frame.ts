import { promisify } from 'node:util';
import { crc32, zstdCompress, zstdDecompressSync } from 'node:zlib';

/*
 * A file of frames:
 *
 *   file    magic (8 bytes, with the version of what the frames hold), then frames
 *   frame   length of the payload    UInt32, little-endian
 *           flags                    UInt8, 1 = the payload is compressed (zstd)
 *           CRC-32                   UInt32, little-endian, of length, flags and payload
 *           payload
 */
export const fileMagic = Buffer.from('JA4CKPT1', 'latin1');
const headerBytes = 9;
const compressed = 1;
const maxPayloadBytes = 16 * 1024 * 1024;
const maxTextBytes = 64 * 1024 * 1024;
/** Below, compression gains nothing worth its time, and the text can be read with any tool. */
const compressFrom = 4_096;

const zstd = promisify(zstdCompress);

/** A frame with this text. Compression runs in a thread of the pool. */
export async function encodeFrame(text: string): Promise<Buffer> {
  const plain = Buffer.from(text, 'utf8');
  const compress = plain.length >= compressFrom;
  const payload = compress ? await zstd(plain) : plain;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt8(compress ? compressed : 0, 4);
  header.writeUInt32LE(frameChecksum(header, payload), 5);
  return Buffer.concat([header, payload]);
}

/** A file's frames, and how many bytes at its end are none (0 = the file is whole). */
export interface FrameFile {
  readonly texts: readonly string[];
  readonly damagedBytes: number;
}

/** Reads up to the first frame that is torn or corrupt: what follows it was written later and refers to it. */
export function readFrames(file: Buffer): FrameFile {
  const texts: string[] = [];
  if (!file.subarray(0, fileMagic.length).equals(fileMagic)) return { texts, damagedBytes: file.length };
  let at = fileMagic.length;
  while (at + headerBytes <= file.length) {
    const header = file.subarray(at, at + headerBytes);
    const length = header.readUInt32LE(0);
    const end = at + headerBytes + length;
    if (length > maxPayloadBytes || end > file.length) break;
    const payload = file.subarray(at + headerBytes, end);
    if (header.readUInt32LE(5) !== frameChecksum(header, payload)) break;
    const text = readPayload(payload, header.readUInt8(4));
    if (text === undefined) break;
    texts.push(text);
    at = end;
  }
  return { texts, damagedBytes: file.length - at };
}

const frameChecksum = (header: Buffer, payload: Buffer): number =>
  crc32(payload, crc32(header.subarray(0, 5)));

function readPayload(payload: Buffer, flags: number): string | undefined {
  if (flags === 0) return payload.toString('utf8');
  if (flags !== compressed) return undefined;
  try {
    return zstdDecompressSync(payload, { maxOutputLength: maxTextBytes }).toString('utf8');
  } catch {
    // Whatever has the right checksum and does not decompress was not written by us.
    return undefined;
  }
}
