import { startsWithDtlsRecord } from './dtls-hellos.ts';

const stunHeader = 20;
const stunCookie = 0x2112a442;
const dataAttribute = 0x0013;
const maxAttributes = 16;

/**
 * Where the DTLS records of a datagram start, or -1 when it holds none: at once, or behind
 * - the preamble of CAPWAP (RFC 5415, 4.2): version 0, type 1, three reserved bytes;
 * - the header of TURN's ChannelData (RFC 8656, 12.4): channel 0x4000 to 0x7FFF, length;
 * - the attributes of TURN's Send and Data indications (RFC 8656, 11).
 */
export function dtlsStart(buffer: Uint8Array, start: number, end: number): number {
  const first = buffer[start]!;
  if (first >= 0x40) {
    // Most packets come here: those of QUIC after its handshake, which a channel's header is rarely like.
    return buffer[start + 4] === 22 && start + 4 < end ? recordsAt(buffer, start + 4, end) : -1;
  }
  if (first >= 20) return recordsAt(buffer, start, end);
  if (first === 1) {
    const isPreamble = buffer[start + 1] === 0 && buffer[start + 2] === 0 && buffer[start + 3] === 0;
    return isPreamble ? recordsAt(buffer, start + 4, end) : -1;
  }
  return first === 0 ? insideIndication(buffer, start, end) : -1;
}

function recordsAt(buffer: Uint8Array, at: number, end: number): number {
  return startsWithDtlsRecord(buffer, at, end) ? at : -1;
}

/**
 * STUN (RFC 8489, 5): type, length, cookie and transaction; then attributes of type, length and value, padded
 * to four bytes.
 */
function insideIndication(buffer: Uint8Array, start: number, end: number): number {
  // 0x0016 is a Send indication, 0x0017 a Data indication.
  if (start + stunHeader > end || (buffer[start + 1]! & 0xfe) !== 0x16) return -1;
  const cookie =
    (buffer[start + 4]! << 24) | (buffer[start + 5]! << 16) | (buffer[start + 6]! << 8) | buffer[start + 7]!;
  if (cookie !== stunCookie) return -1;
  let at = start + stunHeader;
  for (let i = 0; i < maxAttributes && at + 4 <= end; i++) {
    const type = (buffer[at]! << 8) | buffer[at + 1]!;
    if (type === dataAttribute) return recordsAt(buffer, at + 4, end);
    at += 4 + ((((buffer[at + 2]! << 8) | buffer[at + 3]!) + 3) & ~3);
  }
  return -1;
}
