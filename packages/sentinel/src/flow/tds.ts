/**
 * TLS inside Tabular Data Stream, as Microsoft SQL Server speaks it before TDS 8.0: each piece of the handshake
 * is the content of a packet. Source: MS-TDS 2.2.3.1 (packet header) and 2.2.6.5 (PRELOGIN).
 *
 *     12 │ status: 00 or 01 (last) │ length with header (2) │ SPID (2) │ packet number │ window: 00 │ content
 */

const packetHeader = 8;
const typePrelogin = 0x12;

/** Content bytes of the TDS packet whose header ends at `at`, or 0 if no such header ends there. */
export function tdsContent(buffer: Uint8Array, start: number, at: number): number {
  const header = at - packetHeader;
  if (header < start || buffer[header] !== typePrelogin || buffer[header + 1]! > 1) return 0;
  if (buffer[header + 7] !== 0) return 0;
  return Math.max(0, ((buffer[header + 2]! << 8) | buffer[header + 3]!) - packetHeader);
}

/**
 * The contents of the packets in `bytes[0, end)`, put together.
 * @param first content bytes at the start, before the first packet header
 */
export function tdsContents(bytes: Uint8Array, end: number, first: number): Uint8Array {
  const contents = new Uint8Array(end);
  let filled = 0;
  let at = 0;
  let length = first;
  for (;;) {
    const until = Math.min(end, at + length);
    contents.set(bytes.subarray(at, until), filled);
    filled += until - at;
    at = until + packetHeader;
    if (at > end) return contents.subarray(0, filled);
    length = tdsContent(bytes, 0, at);
    // Not TDS after all: what follows cannot be read.
    if (length === 0) return contents.subarray(0, filled);
  }
}
