/** Reading TLS presentation language (RFC 8446 section 3) out of bytes, by offset and without copies. */

/** The big-endian number at `at`, which the caller knows to be inside. */
export function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/**
 * Where the vector at `at` ends: a length of `width` bytes, and as many bytes as it says. -1 when that is not
 * before or at `end`.
 */
export function vectorEnd(bytes: Uint8Array, at: number, width: 1 | 2, end: number): number {
  const start = at + width;
  if (start > end) return -1;
  const stop = start + (width === 1 ? bytes[at]! : uint16(bytes, at));
  return stop > end ? -1 : stop;
}

/** The numbers of `width` bytes in `bytes[from, to)`; an odd last byte is left out. */
export function numberList(bytes: Uint8Array, from: number, to: number, width: 1 | 2): number[] {
  const length = width === 1 ? to - from : (to - from) >> 1;
  const list = new Array<number>(length);
  for (let i = 0, at = from; i < length; i++, at += width) {
    list[i] = width === 1 ? bytes[at]! : (bytes[at]! << 8) | bytes[at + 1]!;
  }
  return list;
}

/** `bytes[from, to)` as a text with one character (U+0000 to U+00FF) per byte. */
export function byteText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
