import { ByteReader } from './byte-reader.ts';
import { type ExtensionFields, extensionParsers, noExtensionFields } from './client-hello-extensions.ts';
import type { HelloTransport } from './offered-version.ts';
import type { ParseResult } from './parse-result.ts';

/**
 * A TLS ClientHello (RFC 8446 section 4.1.2) as far as fingerprints need it. Lists are in wire order with
 * GREASE still in them; code points are plain numbers, known or not.
 */
export interface ClientHello extends ExtensionFields {
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
const handshakeHeaderLength = 4;
const randomLength = 32;

/**
 * Parses one handshake message, from its type byte on (record headers removed). Bytes after the message are
 * ignored. An extension whose content is malformed does not fail the hello: what was offered is still
 * what the fingerprints are about. Work and memory are linear in the length of the message.
 *
 * A DTLS message (`transport` is `dtls`) is expected reassembled and in TLS form: type, 24-bit length, body,
 * without message_seq, fragment_offset and fragment_length. Its body has a cookie vector after the session id
 * (RFC 6347 section 4.2.1; `legacy_cookie` in RFC 9147 section 5.3).
 */
export function parseClientHello(
  handshake: Uint8Array,
  transport: HelloTransport = 'tcp',
): ParseResult<ClientHello, ClientHelloFailure> {
  const failed = (reason: ClientHelloFailure, at: number) => ({ ok: false, reason, at }) as const;
  if (handshake.length > 0 && handshake[0] !== clientHelloType) {
    return failed(isSslv2Hello(handshake) ? 'sslv2-hello' : 'not-client-hello', 0);
  }
  if (handshake.length < handshakeHeaderLength) return failed('truncated', handshake.length);
  const end = handshakeHeaderLength + new ByteReader(handshake, 1).uint(3);
  if (end > handshake.length) return failed('truncated', handshake.length);

  const reader = new ByteReader(handshake, handshakeHeaderLength, end);
  const legacyVersion = reader.uint(2);
  if (legacyVersion < 0 || !reader.skip(randomLength)) return failed('bad-header', reader.position);
  const sessionId = reader.vector(1);
  if (sessionId === undefined || sessionId.remaining > 32) return failed('bad-session-id', reader.position);
  if (transport === 'dtls' && reader.vector(1) === undefined) return failed('bad-cookie', reader.position);
  const cipherSuites = reader.vector(2);
  if (cipherSuites === undefined || cipherSuites.remaining % 2 !== 0) {
    return failed('bad-cipher-suites', reader.position);
  }
  const compressionMethods = reader.vector(1);
  if (compressionMethods === undefined) return failed('bad-compression-methods', reader.position);
  // Before TLS 1.2 and in minimal clients the whole extension block may be missing (RFC 5246, 7.4.1.2).
  const block = reader.remaining === 0 ? new ByteReader(handshake, end, end) : reader.vector(2);
  if (block === undefined) return failed('bad-extensions', reader.position);
  const found = parseExtensions(block);
  if (found === undefined) return failed('bad-extensions', block.position);
  return {
    ok: true,
    value: {
      legacyVersion,
      sessionIdLength: sessionId.remaining,
      cipherSuites: cipherSuites.rest(2),
      compressionMethods: compressionMethods.rest(1),
      ...found,
    },
  };
}

/**
 * Whether bytes are the SSL 2.0 form of a ClientHello, in which old clients also offered SSL 3.0 and TLS
 * (RFC 5246 appendix E.2): `1lllllll llllllll | 01 | 00 02 or 03 xx`. It stands outside of TLS records.
 */
export function isSslv2Hello(bytes: Uint8Array, at = 0): boolean {
  return (
    at + 5 <= bytes.length &&
    bytes[at]! >= 0x80 &&
    bytes[at + 2] === clientHelloType &&
    ((bytes[at + 3] === 3 && bytes[at + 4]! <= 4) || (bytes[at + 3] === 0 && bytes[at + 4] === 2))
  );
}

type Extensions = Pick<ClientHello, 'extensions' | 'malformedExtensions' | keyof ExtensionFields>;

/** undefined when the block does not divide into whole extensions; the reader then stands at the fault. */
function parseExtensions(block: ByteReader): Extensions | undefined {
  const types: number[] = [];
  const malformed: number[] = [];
  const fields: ExtensionFields = { ...noExtensionFields };
  const seen = new Set<number>();
  while (block.remaining > 0) {
    const type = block.uint(2);
    const body = type < 0 ? undefined : block.vector(2);
    if (body === undefined) return undefined;
    types.push(type);
    const parse = extensionParsers.get(type);
    // A repeated extension is illegal (RFC 8446, 4.2); the first is the one that names the field.
    if (parse === undefined || seen.has(type)) continue;
    seen.add(type);
    const parsed = parse(body);
    if (parsed === undefined) malformed.push(type);
    else Object.assign(fields, parsed);
  }
  return { ...fields, extensions: types, malformedExtensions: malformed };
}
