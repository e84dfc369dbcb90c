import type { Span } from './hello-codes.ts';

/**
 * Code points as text. Digits are written as ASCII bytes and become a string at the end: joining dozens of
 * small strings costs several times as much.
 */

/** Room for the lists of any real client. */
const shared = Buffer.allocUnsafeSlow(4096);

/** Bytes to write a text into: the same ones for each text of ordinary length. */
export function textBuffer(length: number): Buffer {
  return length <= shared.length ? shared : Buffer.allocUnsafe(length);
}

const comma = 0x2c;
const hyphen = 0x2d;
const zero = 0x30;
const hexDigits = Buffer.from('0123456789abcdef', 'latin1');

/** Which codes a list leaves out: 1 for each, by its number. */
export type LeftOut = Readonly<Uint8Array>;

export function leavingOut(...codes: number[]): LeftOut {
  const table = new Uint8Array(65_536);
  for (const code of codes) table[code] = 1;
  return table;
}

export const none: LeftOut = leavingOut();

/** How many codes of a list are not left out. */
export function countKept(codes: Uint16Array, { from, to }: Span, leftOut: LeftOut): number {
  let count = 0;
  for (let i = from; i < to; i++) if (!isLeftOut(codes[i]!, leftOut)) count++;
  return count;
}

function isLeftOut(code: number, leftOut: LeftOut): boolean {
  return leftOut[code] === 1;
}

/** The codes of a list as four lower-case hexadecimal digits each, comma-joined. */
export function hexText(codes: Uint16Array, { from, to }: Span, leftOut: LeftOut): string {
  const bytes = textBuffer(5 * (to - from));
  let at = 0;
  for (let i = from; i < to; i++) {
    const code = codes[i]!;
    if (isLeftOut(code, leftOut)) continue;
    bytes[at] = hexDigits[code >> 12]!;
    bytes[at + 1] = hexDigits[(code >> 8) & 15]!;
    bytes[at + 2] = hexDigits[(code >> 4) & 15]!;
    bytes[at + 3] = hexDigits[code & 15]!;
    bytes[at + 4] = comma;
    at += 5;
  }
  return at === 0 ? '' : bytes.toString('latin1', 0, at - 1);
}

/** Most bytes that a code takes in `writeDecimals`, its separator included. */
export const maxDecimal = 6;

/** Writes `codes[from, to)` at `bytes[at]` in decimal, `-` between them, and returns where the text ends. */
export function writeDecimals(
  bytes: Uint8Array,
  at: number,
  codes: Uint16Array,
  from: number,
  to: number,
): number {
  let end = at;
  for (let i = from; i < to; i++) {
    const code = codes[i]!;
    if (i > from) bytes[end++] = hyphen;
    if (code >= 10000) bytes[end++] = zero + ((code / 10000) | 0);
    if (code >= 1000) bytes[end++] = zero + (((code / 1000) | 0) % 10);
    if (code >= 100) bytes[end++] = zero + (((code / 100) | 0) % 10);
    if (code >= 10) bytes[end++] = zero + (((code / 10) | 0) % 10);
    bytes[end++] = zero + (code % 10);
  }
  return end;
}
