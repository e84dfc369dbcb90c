/**
 * QUIC's variable-length integers (RFC 9000, 16): the two high bits of the first byte give the length of
 * 1, 2, 4 or 8 bytes, the other bits the value, big-endian.
 */

/** Length in bytes of the integer that starts here; the byte must exist. */
export function varintLength(bytes: Uint8Array, at: number): number {
  return 1 << (bytes[at]! >> 6);
}

/** The integer at `bytes[at, end)`, or -1 when it is not all there. Above 2^53 it is rounded. */
export function readVarint(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const first = bytes[at]!;
  if (first < 0x40) return first;
  const length = 1 << (first >> 6);
  if (at + length > end) return -1;
  let value = first & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + bytes[at + i]!;
  return value;
}
