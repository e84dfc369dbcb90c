import { decodeHuffman, type HuffmanFailure } from './hpack-huffman.ts';

/**
 * Why a header block cannot be decoded. All of them are connection errors (COMPRESSION_ERROR, RFC 9113
 * section 4.3).
 *
 * - `truncated`: the block ends inside a field.
 * - `integer-too-large`: above 2^24, or written with needless octets (RFC 7541 section 5.1).
 * - `index-zero` (section 6.1), `index-out-of-range` (section 2.3.3).
 * - `table-size-too-large`: an update above what the decoder allows (section 6.3).
 * - `table-size-late`: an update behind a field of the block (section 4.2).
 * - `huffman-…`: section 5.2.
 */
export type HpackFailure =
  | 'truncated'
  | 'integer-too-large'
  | 'index-zero'
  | 'index-out-of-range'
  | 'table-size-too-large'
  | 'table-size-late'
  | HuffmanFailure;

/** No index, size or length in a header block can sensibly be larger. */
const largestInteger = 2 ** 24;

/**
 * Reads the primitive types of a header block, `bytes[at, end)` (RFC 7541 section 5). What cannot be read is
 * -1 or undefined, and `failure` then says why and `at` where.
 */
export class HpackReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  failure: HpackFailure | undefined;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  fail(reason: HpackFailure, at: number): void {
    this.failure = reason;
    this.at = at;
  }

  /** Section 5.1: the low `prefix` bits of the octet here and, if they are all ones, further octets. */
  integer(prefix: number): number {
    const { bytes, end } = this;
    if (this.at >= end) return this.#noInteger('truncated');
    const most = (1 << prefix) - 1;
    let value = bytes[this.at++]! & most;
    if (value < most) return value;
    // Four octets of seven bits hold more than the largest integer.
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.at >= end) return this.#noInteger('truncated');
      const byte = bytes[this.at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value > largestInteger ? this.#noInteger('integer-too-large') : value;
    }
    return this.#noInteger('integer-too-large');
  }

  /** Section 5.2: a text with one character (U+0000 to U+00FF) per octet. */
  string(): string | undefined {
    const isHuffman = this.at < this.end && this.bytes[this.at]! >= 0x80;
    const length = this.integer(7);
    if (length < 0) return undefined;
    const start = this.at;
    const stop = start + length;
    if (stop > this.end) {
      this.fail('truncated', this.end);
      return undefined;
    }
    this.at = stop;
    if (!isHuffman) return plainText(this.bytes, start, stop);
    const decoded = decodeHuffman(this.bytes, start, stop);
    if (decoded.ok) return decoded.value;
    this.fail(decoded.reason, decoded.at);
    return undefined;
  }

  #noInteger(reason: HpackFailure): -1 {
    this.fail(reason, this.at);
    return -1;
  }
}

function plainText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
