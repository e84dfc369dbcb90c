import { type ExtensionFields, readExtension, readTypes } from './client-hello-extensions.ts';
import type { HelloTransport } from './hello-transport.ts';
import type { ParseResult } from './parse-result.ts';
import { numberList, uint16, vectorEnd } from './vector.ts';

/**
 * A TLS ClientHello (RFC 8446 section 4.1.2) as far as fingerprints need it. Lists are in wire order with
 * GREASE still in them; code points are plain numbers, known or not.
 */
export interface ClientHello extends Readonly<ExtensionFields> {
  /** The `legacy_version` field: 0x0303 in TLS 1.2 and 1.3. */
  readonly legacyVersion: number;
  readonly sessionIdLength: number;
  readonly cipherSuites: readonly number[];
  readonly compressionMethods: readonly number[];
  /** Extension types in wire order, duplicates included. */
  readonly extensions: readonly number[];
  /** Extensions whose content breaks its own format: present, but without the field they stand for. */
  readonly malformedExtensions: readonly number[];
}

/**
 * - `not-client-hello`: the message is of another type; nothing is wrong with it.
 * - `sslv2-hello`: a record of the SSL 2.0 form (RFC 5246 appendix E.2). It has neither extensions nor TLS
 *   cipher suites of two bytes, and no fingerprint is specified for it.
 * - `truncated`: the message says it is longer than the bytes given. More bytes may complete it.
 * - the others: a length inside points outside the message. No further byte can mend that.
 */
export type ClientHelloFailure =
  | 'not-client-hello'
  | 'sslv2-hello'
  | 'truncated'
  | 'bad-header'
  | 'bad-session-id'
  | 'bad-cookie'
  | 'bad-cipher-suites'
  | 'bad-compression-methods'
  | 'bad-extensions';

const clientHelloType = 1;
/** Where the session id stands: after type, length, version and random. */
const sessionIdAt = 1 + 3 + 2 + 32;

/**
 * Parses one handshake message, from its type byte on (record headers removed). Bytes after the message are
 * ignored. An extension whose content is malformed does not fail the hello: what was offered is still
 * what the fingerprints are about. Work and memory are linear in the length of the message.
 *
 *     01 | length 3 | version 2 | random 32 | session id 1+n | cookie 1+n (DTLS only)
 *        | cipher suites 2+n | compression methods 1+n | extensions 2+n, or the end
 *
 * A DTLS message (`transport` is `dtls`) is expected reassembled and in TLS form: type, 24-bit length, body,
 * without message_seq, fragment_offset and fragment_length. Its body has a cookie vector after the session id
 * (RFC 6347 section 4.2.1; `legacy_cookie` in RFC 9147 section 5.3).
 */
export function parseClientHello(
  handshake: Uint8Array,
  transport: HelloTransport = 'tcp',
): ParseResult<ClientHello, ClientHelloFailure> {
  const bytes = handshake;
  if (bytes.length > 0 && bytes[0] !== clientHelloType) {
    return failed(isSslv2Hello(bytes) ? 'sslv2-hello' : 'not-client-hello', 0);
  }
  if (bytes.length < 4) return failed('truncated', bytes.length);
  const end = 4 + ((bytes[1]! << 16) | uint16(bytes, 2));
  if (end > bytes.length) return failed('truncated', bytes.length);

  if (end < sessionIdAt) return failed('bad-header', end);
  const sessionIdEnd = vectorEnd(bytes, sessionIdAt, 1, end);
  const sessionIdLength = sessionIdEnd - sessionIdAt - 1;
  if (sessionIdEnd < 0 || sessionIdLength > 32) return failed('bad-session-id', sessionIdAt);
  const ciphersAt = transport === 'dtls' ? vectorEnd(bytes, sessionIdEnd, 1, end) : sessionIdEnd;
  if (ciphersAt < 0) return failed('bad-cookie', sessionIdEnd);
  const ciphersEnd = vectorEnd(bytes, ciphersAt, 2, end);
  if (ciphersEnd < 0 || (ciphersEnd - ciphersAt) % 2 !== 0) return failed('bad-cipher-suites', ciphersAt);
  const methodsEnd = vectorEnd(bytes, ciphersEnd, 1, end);
  if (methodsEnd < 0) return failed('bad-compression-methods', ciphersEnd);

  const hello: MutableHello = {
    legacyVersion: uint16(bytes, 4),
    sessionIdLength,
    cipherSuites: numberList(bytes, ciphersAt + 2, ciphersEnd, 2),
    compressionMethods: numberList(bytes, ciphersEnd + 1, methodsEnd, 1),
    extensions: [],
    malformedExtensions: [],
    alpn: [],
    supportedVersions: [],
    supportedGroups: [],
    ecPointFormats: [],
    signatureAlgorithms: [],
    hasPreSharedKey: false,
    hasSessionTicket: false,
  };
  // Before TLS 1.2 and in minimal clients the whole extension block may be missing (RFC 5246, 7.4.1.2).
  if (methodsEnd === end) return { ok: true, value: hello };
  const blockEnd = vectorEnd(bytes, methodsEnd, 2, end);
  if (blockEnd < 0) return failed('bad-extensions', methodsEnd);
  const fault = readExtensions(hello, bytes, methodsEnd + 2, blockEnd);
  return fault < 0 ? { ok: true, value: hello } : failed('bad-extensions', fault);
}

function failed(reason: ClientHelloFailure, at: number) {
  return { ok: false, reason, at } as const;
}

/** The hello while it is being read. */
interface MutableHello extends ExtensionFields, Omit<ClientHello, keyof ExtensionFields> {
  readonly extensions: number[];
  readonly malformedExtensions: number[];
}

/** Fills in what the extensions in `bytes[start, end)` say. -1, or where they do not divide into whole ones. */
function readExtensions(hello: MutableHello, bytes: Uint8Array, start: number, end: number): number {
  let seen = 0;
  for (let at = start; at < end; ) {
    const bodyStart = at + 4;
    if (bodyStart > end) return at;
    const bodyEnd = bodyStart + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
    if (bodyEnd > end) return at;
    const type = (bytes[at]! << 8) | bytes[at + 1]!;
    hello.extensions.push(type);
    // A repeated extension is illegal (RFC 8446, 4.2); the first is the one that names the field.
    const bit = type < readTypes.length ? readTypes[type]! & ~seen : 0;
    if (bit !== 0) {
      seen |= bit;
      if (!readExtension(hello, type, bytes, bodyStart, bodyEnd)) hello.malformedExtensions.push(type);
    }
    at = bodyEnd;
  }
  return -1;
}

/**
 * Whether bytes are the SSL 2.0 form of a ClientHello, in which old clients also offered SSL 3.0 and TLS
 * (RFC 5246 appendix E.2). It stands outside of TLS records:
 *
 *     1lllllll llllllll | 01 | 00 02 or 03 xx | …
 */
function isSslv2Hello(bytes: Uint8Array): boolean {
  if (bytes.length < 5 || bytes[0]! < 0x80 || bytes[2] !== clientHelloType) return false;
  const version = uint16(bytes, 3);
  return version === 0x0002 || (version >= 0x0300 && version <= 0x0304);
}
