/** TLS records (RFC 8446 section 5.1) around a ClientHello. */

const recordHeader = 5;
const handshakeHeader = 4;
const contentHandshake = 22;
/** RFC 8446 allows 2^14 bytes in a plaintext record; old implementations a little more. */
const maxRecord = (1 << 14) + 2048;
/** No client cuts its hello into more; without a bound, tiny records would cost far more than their bytes. */
const maxRecords = 64;

export type HandshakeResult =
  /** A whole handshake message, its header included. */
  | { readonly outcome: 'complete'; readonly message: Uint8Array }
  /** So far it looks right; more bytes are needed. */
  | { readonly outcome: 'incomplete' }
  /** This stream does not start with a handshake record. */
  | { readonly outcome: 'not-tls' }
  /** It starts as TLS, but its records cannot hold a ClientHello. */
  | { readonly outcome: 'broken-record' }
  /** The message is longer than `maxMessage`. */
  | { readonly outcome: 'too-large' };

/**
 * Takes the first handshake message out of the records in `buffer[start, end)`. The message is a view into
 * the buffer when one record holds it, and a copy when it is spread over several.
 */
export function firstHandshake(
  buffer: Uint8Array,
  start: number,
  end: number,
  maxMessage: number,
): HandshakeResult {
  const kind = recordKind(buffer, start, end);
  if (kind !== 'handshake') return { outcome: kind };
  const parts: Uint8Array[] = [];
  let collected = 0;
  let at = start;
  while (at + recordHeader <= end) {
    if (recordKind(buffer, at, end) !== 'handshake' || parts.length === maxRecords) {
      return { outcome: 'broken-record' };
    }
    const length = (buffer[at + 3]! << 8) | buffer[at + 4]!;
    if (length === 0 || length > maxRecord) return { outcome: 'broken-record' };
    const content = buffer.subarray(at + recordHeader, Math.min(end, at + recordHeader + length));
    parts.push(content);
    collected += content.length;
    const wanted = messageLength(parts);
    if (wanted > maxMessage) return { outcome: 'too-large' };
    if (collected >= wanted) return { outcome: 'complete', message: joined(parts, wanted) };
    at += recordHeader + length;
  }
  return { outcome: 'incomplete' };
}

/** Whether the bytes at `start` are, or with more bytes may become, the header of a handshake record. */
function recordKind(buffer: Uint8Array, start: number, end: number): 'handshake' | 'incomplete' | 'not-tls' {
  if (start >= end) return 'incomplete';
  if (buffer[start] !== contentHandshake) return 'not-tls';
  if (start + 1 < end && buffer[start + 1] !== 3) return 'not-tls';
  return start + recordHeader <= end ? 'handshake' : 'incomplete';
}

/** Length of the message that starts with these parts; unreachable while its header is not complete. */
function messageLength(parts: Uint8Array[]): number {
  const header: number[] = [];
  for (const part of parts) {
    for (let i = 0; i < part.length && header.length < handshakeHeader; i++) header.push(part[i]!);
    if (header.length === handshakeHeader) {
      return handshakeHeader + ((header[1]! << 16) | (header[2]! << 8) | header[3]!);
    }
  }
  return handshakeHeader;
}

function joined(parts: Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!.subarray(0, length);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part.subarray(0, length - at), at);
    at += part.length;
  }
  return whole;
}

/**
 * Whether a segment starts with the first bytes of a ClientHello, certain enough to start reading in the
 * middle of a stream: record header, handshake type, a length below 64 KiB and the legacy version.
 *
 *     16 03 xx LL LL | 01 00 LL LL | 03 xx
 */
export function startsWithClientHello(buffer: Uint8Array, start: number, end: number): boolean {
  return (
    start + 11 <= end &&
    buffer[start] === contentHandshake &&
    buffer[start + 1] === 3 &&
    buffer[start + 2]! <= 4 &&
    buffer[start + 5] === 1 &&
    buffer[start + 6] === 0 &&
    buffer[start + 9] === 3 &&
    buffer[start + 10]! <= 4
  );
}
