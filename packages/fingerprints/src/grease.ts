/**
 * Whether a 16-bit code point is reserved by GREASE (RFC 8701): 0x0a0a, 0x1a1a, … 0xfafa. Clients put them
 * at random places to keep servers tolerant, so they say nothing about the client's stack.
 */
export function isGrease(code: number): boolean {
  return (code & 0x0f0f) === 0x0a0a && code >> 8 === (code & 0xff);
}
