/**
 * Finds a ClientHello in the middle of a stream: behind a PROXY line, a SOCKS greeting, STARTTLS, a database's
 * request for TLS, or where bytes before it were not captured.
 */
import { recordHeader } from './tls-records.ts';

const contentHandshake = 22;
const clientHello = 1;
/** RFC 8446 section 5.1. */
const maxFragment = 1 << 14;
/** Servers give up after 32 in a row; a bound keeps senders from making a search long. */
const maxEmptyRecords = 64;
/** Version, random, empty session id, one cipher suite, one compression method. */
const leastBody = 2 + 32 + 1 + 2 + 2 + 2;

/** What bytes say about a hello at their start: it is none, more bytes must tell, or it is one. */
export type HelloVerdict = 'no' | 'maybe' | 'yes';

/**
 * Whether the stream has a ClientHello in `buffer[start, end)` from its first byte on, certain enough to act
 * on it anywhere in a stream. Checked are, over any number of records, all that is fixed up to the cipher
 * list:
 *
 *     16 03 0v RR RR │ 01 00 LL LL │ 03 0v │ random (32) │ session id: ≤ 32 │ ciphers: even, ≥ 2, inside L
 *
 * and that the first record is not empty and ends with the message or before it. Of random bytes one place in 2^57 passes.
 */
export function helloVerdict(buffer: Uint8Array, start: number, end: number): HelloVerdict {
  if (start >= end) return 'maybe';
  if (buffer[start] !== contentHandshake) return 'no';
  let record = start;
  /** Position in the handshake message. */
  let position = 0;
  let firstRecord = 0;
  let emptyRecords = 0;
  let body = 0;
  let cipherAt = Number.POSITIVE_INFINITY;
  let ciphers = 0;
  for (;;) {
    const verdict = recordVerdict(buffer, record, end);
    if (verdict !== 'yes') return verdict;
    const length = (buffer[record + 3]! << 8) | buffer[record + 4]!;
    if (record === start) firstRecord = length;
    if (firstRecord === 0 || (length === 0 && ++emptyRecords > maxEmptyRecords)) return 'no';
    const content = record + recordHeader;
    const there = Math.min(end, content + length);
    for (let at = content; at < there; at++, position++) {
      const byte = buffer[at]!;
      if (position === 0 && byte !== clientHello) return 'no';
      if (position === 1 && byte !== 0) return 'no';
      if (position === 2) body = byte << 8;
      if (position === 3) {
        body |= byte;
        if (body < leastBody || firstRecord > body + 4) return 'no';
      }
      if (position === 4 && byte !== 3) return 'no';
      if (position === 5 && byte > 4) return 'no';
      if (position === 38) {
        if (byte > 32) return 'no';
        cipherAt = 39 + byte;
      }
      if (position === cipherAt) ciphers = byte << 8;
      if (position === cipherAt + 1) {
        ciphers |= byte;
        // One byte at least for the number of compression methods and one for the method follow.
        const fits = cipherAt + 2 + ciphers + 2 <= body + 4;
        return ciphers >= 2 && ciphers % 2 === 0 && fits ? 'yes' : 'no';
      }
    }
    if (there < content + length || there === end) return 'maybe';
    record = there;
  }
}

function recordVerdict(buffer: Uint8Array, record: number, end: number): HelloVerdict {
  if (record < end && buffer[record] !== contentHandshake) return 'no';
  if (record + 1 < end && buffer[record + 1] !== 3) return 'no';
  if (record + 2 < end && buffer[record + 2]! > 4) return 'no';
  if (record + recordHeader > end) return 'maybe';
  const length = (buffer[record + 3]! << 8) | buffer[record + 4]!;
  return length <= maxFragment ? 'yes' : 'no';
}

/**
 * The first offset in `buffer[start, end)` at which a hello starts or, with more bytes, may start; `end` if
 * there is none.
 */
export function findHello(buffer: Uint8Array, start: number, end: number): number {
  // A view of its own: without an end, indexOf would search the rest of the capture buffer.
  const bytes = buffer.subarray(start, end);
  for (let at = bytes.indexOf(contentHandshake); at !== -1; at = bytes.indexOf(contentHandshake, at + 1)) {
    const next = bytes[at + 1];
    if ((next === undefined || next === 3) && helloVerdict(bytes, at, bytes.length) !== 'no') {
      return start + at;
    }
  }
  return end;
}

/**
 * Whether a stream starts with the SSL 2.0 form of a ClientHello, which clients that still spoke SSL 2.0 sent.
 * Source: RFC 5246 appendix E.2.
 *
 *     length with high bit (2) │ 01 │ version 0002 or 03xx │ ciphers: 3 bytes each │ session id │ challenge
 */
export function startsWithSslv2Hello(buffer: Uint8Array, start: number, end: number): boolean {
  if (start + 11 > end || buffer[start]! < 0x80 || buffer[start + 2] !== clientHello) return false;
  const number = (at: number) => (buffer[start + at]! << 8) | buffer[start + at + 1]!;
  const version = number(3);
  const [ciphers, sessionId, challenge] = [number(5), number(7), number(9)];
  return (
    (version === 0x0002 || (version >= 0x0300 && version <= 0x0304)) &&
    ciphers > 0 &&
    ciphers % 3 === 0 &&
    (sessionId === 0 || sessionId === 16) &&
    challenge >= 16 &&
    challenge <= 32 &&
    (number(0) & 0x7fff) === 9 + ciphers + sessionId + challenge
  );
}
