import { extensionType } from './client-hello-extensions.ts';

/** What goes into an encoded hello. Nothing is checked: a wrong hello is what some callers want. */
export interface ClientHelloContent {
  /** 0x0303 by default. */
  legacyVersion?: number;
  /** Empty by default. */
  sessionId?: Uint8Array;
  /** Of a DTLS hello, which always has the vector, usually empty; without it the hello is one of TLS. */
  cookie?: Uint8Array;
  cipherSuites: readonly number[];
  /** Only the null method by default. */
  compressionMethods?: readonly number[];
  /** In wire order; without it the hello has no extension block. */
  extensions?: readonly EncodedExtension[];
}

export interface EncodedExtension {
  readonly type: number;
  readonly body: Uint8Array;
}

/**
 * Writes a ClientHello, from its type byte on: the inverse of `parseClientHello`, for tests, benchmarks and
 * generated traffic. The random field is zeros.
 */
export function encodeClientHello(content: ClientHelloContent): Uint8Array {
  const extensions = content.extensions?.map(({ type, body }) => concat(uint16(type), vector(2, body)));
  const body = concat(
    uint16(content.legacyVersion ?? 0x0303),
    new Uint8Array(32),
    vector(1, content.sessionId ?? new Uint8Array(0)),
    content.cookie === undefined ? new Uint8Array(0) : vector(1, content.cookie),
    vector(2, concat(...content.cipherSuites.map(uint16))),
    vector(1, Uint8Array.from(content.compressionMethods ?? [0])),
    extensions === undefined ? new Uint8Array(0) : vector(2, concat(...extensions)),
  );
  return concat(Uint8Array.of(1), vector(3, body));
}

/** Extensions with well-formed content. */
export const encodeExtension = {
  serverName: (name: string) =>
    extension(extensionType.serverName, vector(2, concat(Uint8Array.of(0), vector(2, binary(name))))),
  alpn: (...names: string[]) =>
    extension(extensionType.alpn, vector(2, concat(...names.map((name) => vector(1, binary(name)))))),
  supportedVersions: (...codes: number[]) =>
    extension(extensionType.supportedVersions, vector(1, concat(...codes.map(uint16)))),
  supportedGroups: (...codes: number[]) =>
    extension(extensionType.supportedGroups, vector(2, concat(...codes.map(uint16)))),
  ecPointFormats: (...codes: number[]) =>
    extension(extensionType.ecPointFormats, vector(1, Uint8Array.from(codes))),
  signatureAlgorithms: (...codes: number[]) =>
    extension(extensionType.signatureAlgorithms, vector(2, concat(...codes.map(uint16)))),
  /** Any type with as many zero bytes as asked for. */
  opaque: (type: number, length = 0) => extension(type, new Uint8Array(length)),
};

function extension(type: number, body: Uint8Array): EncodedExtension {
  return { type, body };
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function vector(width: 1 | 2 | 3, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(width + body.length);
  for (let i = 0; i < width; i++) whole[i] = body.length >> (8 * (width - 1 - i));
  whole.set(body, width);
  return whole;
}

/** One byte per character. */
function binary(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
