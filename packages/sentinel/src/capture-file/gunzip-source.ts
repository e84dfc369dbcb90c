import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { type ByteSource, Leftover } from './byte-source.ts';
import type { FileProblem } from './format.ts';

/**
 * Compressed bytes given to zlib at once. Deflate expands at most 1,032 times, so this bounds what one step
 * can put in memory (66 MB for a file made for that purpose).
 */
const compressedStep = 64 * 1024;

/** Extra field, name and comment of a member may have any length; nobody writes more. */
const maxHeader = 128 * 1024;

const trailerBytes = 8;

/**
 * Another source through gunzip (RFC 1952), any number of members. What is cut off, damaged or followed by
 * other bytes ends the source after everything that could be decompressed, and is reported by `problem`.
 * Members are taken apart here: zlib's own gunzip drops what it has decompressed when other bytes follow.
 * @param first what was read of the other source already
 */
export function gunzipSource(compressed: ByteSource, first: Uint8Array): ByteSource {
  const ready = new Leftover();
  let input: Uint8Array = first;
  let isInputOver = false;
  let member: Member | undefined;
  let members = 0;
  let ended = false;
  let problem: FileProblem | undefined;

  const fill = async () => {
    // Not reused: zlib keeps the buffer until it has consumed it.
    const piece = Buffer.allocUnsafe(compressedStep);
    const bytesRead = await compressed.read(piece, 0);
    if (bytesRead === 0) isInputOver = true;
    else input = Buffer.concat([input, piece.subarray(0, bytesRead)]);
  };

  const end = (text?: string, counter: FileProblem['counter'] = 'files_truncated') => {
    ended = true;
    if (text !== undefined) problem = { counter, text };
  };

  /** Opens the next member, or ends the source where there is none. */
  const openMember = async () => {
    if (input.length < 2 && !isInputOver) return fill();
    if (members > 0 && input.length === 0) return end();
    const isMember = input[0] === 0x1f && input[1] === 0x8b;
    if (members > 0 && !isMember) {
      // Tapes and block devices pad with zeros.
      const isPadding = input.every((byte) => byte === 0);
      if (!isPadding) return end('other bytes follow the gzip data', 'files_corrupt');
      input = input.subarray(input.length);
      return isInputOver ? end() : fill();
    }
    const length = headerLength(input);
    if (length === undefined && !isInputOver && input.length < maxHeader) return fill();
    if (length === undefined) return end('gzip data is cut off in its header');
    input = input.subarray(length);
    member = new Member((chunk) => ready.add(chunk));
    members++;
  };

  const inflate = async (open: Member) => {
    if (input.length === 0 && !isInputOver) await fill();
    if (input.length === 0) {
      member = undefined;
      return end('gzip data is damaged or cut off (unexpected end of file)');
    }
    const consumed = await open.write(input);
    input = input.subarray(consumed);
    if (open.failure !== undefined) {
      member = undefined;
      return end(`gzip data is damaged or cut off (${open.failure})`);
    }
    if (!open.isOver) return;
    while (input.length < trailerBytes && !isInputOver) await fill();
    member = undefined;
    if (input.length < trailerBytes) return end('gzip data is damaged or cut off (unexpected end of file)');
    const checksum = Buffer.from(input.subarray(0, 4)).readUInt32LE();
    input = input.subarray(trailerBytes);
    if (checksum !== open.checksum) end('gzip data is damaged (its checksum differs)', 'files_corrupt');
  };

  return {
    async read(target, at) {
      while (ready.isEmpty && !ended) await (member === undefined ? openMember() : inflate(member));
      return ready.moveTo(target, at);
    },
    problem: () => problem ?? compressed.problem(),
    async close() {
      member?.close();
      await compressed.close();
    },
  };
}

/** One member's deflate stream. */
class Member {
  isOver = false;
  failure: string | undefined;
  checksum = 0;
  readonly #inflate: InflateRaw = createInflateRaw({ chunkSize: 256 * 1024 });
  #settled = () => {};

  constructor(onData: (chunk: Buffer) => void) {
    this.#inflate.on('data', (chunk: Buffer) => {
      this.checksum = crc32(chunk, this.checksum);
      onData(chunk);
    });
    this.#inflate.on('end', () => {
      this.isOver = true;
      this.#settled();
    });
    this.#inflate.on('error', (error) => {
      this.failure = error.message;
      this.#settled();
    });
  }

  /** Decompresses what of `input` belongs to the member and says how many bytes that were. */
  async write(input: Uint8Array): Promise<number> {
    const before = this.#inflate.bytesWritten;
    await new Promise<void>((resolve) => {
      this.#settled = resolve;
      this.#inflate.write(input, () => resolve());
    });
    return this.#inflate.bytesWritten - before;
  }

  close(): void {
    this.#inflate.destroy();
  }
}

/**
 * Length of a member's header: magic 2 | method 1 | flags 1 | time 4 | flags 1 | system 1 | extra, name, comment
 * and checksum if flagged. `undefined` while it is not whole.
 */
function headerLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < 10) return undefined;
  const flags = bytes[3]!;
  let at = 10;
  if ((flags & 0x04) !== 0) {
    if (bytes.length < at + 2) return undefined;
    at += 2 + (bytes[at]! | (bytes[at + 1]! << 8));
  }
  for (const text of [0x08, 0x10]) {
    if ((flags & text) === 0) continue;
    const zero = bytes.indexOf(0, at);
    if (zero < 0) return undefined;
    at = zero + 1;
  }
  if ((flags & 0x02) !== 0) at += 2;
  return at <= bytes.length ? at : undefined;
}
