/**
 * First messages that clients are known to send in one piece with their hello. They are only looked for where
 * a connection's start was not captured; in streams that were seen from the SYN anything may come first.
 */
const encoder = new TextEncoder();
const openings: readonly Uint8Array[] = [
  // PROXY protocol 1 and 2. Source: HAProxy's proxy-protocol.txt, sections 2.1 and 2.2.
  encoder.encode('PROXY '),
  Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a),
  // HTTP (RFC 9110 section 9.3.6).
  encoder.encode('CONNECT '),
  // SOCKS 5 (RFC 1928): a greeting, or a request; SOCKS 4: a request.
  Uint8Array.of(5, 1),
  Uint8Array.of(5, 2),
  Uint8Array.of(5, 3),
  Uint8Array.of(4, 1),
  // PostgreSQL's SSLRequest.
  Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47),
  // MySQL's SSL request: a packet of 32 bytes, the connection's second.
  Uint8Array.of(32, 0, 0, 1),
  // TDS: PRELOGIN packets, which also wrap the hello (MS-TDS 2.2.6.5).
  Uint8Array.of(0x12, 0),
  Uint8Array.of(0x12, 1),
];

const isFirstByte = new Uint8Array(256);
for (const opening of openings) isFirstByte[opening[0]!] = 1;

/** Whether a segment starts like one of them. Of most segments only the first byte is looked at. */
export function startsWithPreamble(buffer: Uint8Array, start: number, end: number): boolean {
  if (isFirstByte[buffer[start]!] === 0) return false;
  return openings.some((opening) => {
    if (end - start < opening.length) return false;
    for (let i = 0; i < opening.length; i++) if (buffer[start + i] !== opening[i]) return false;
    return true;
  });
}
