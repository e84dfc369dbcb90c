import type { ClientHello } from './client-hello.ts';
import { extensionType } from './client-hello-extensions.ts';
import { truncatedSha256 } from './digest.ts';
import { withoutGrease } from './grease.ts';
import { type HelloTransport, offeredVersionCode } from './offered-version.ts';

/** The three parts of a JA4 before b and c are hashed. */
export interface Ja4Parts {
  /** Transport, version, SNI, counts, ALPN: 10 characters. */
  readonly a: string;
  /** Sorted cipher suites. */
  readonly ciphers: string;
  /** Sorted extensions without server_name and ALPN, and the signature algorithms in wire order. */
  readonly extensions: string;
}

export function ja4Parts(hello: ClientHello, transport: HelloTransport): Ja4Parts {
  const hashed = hello.extensions.filter(
    (type) => type !== extensionType.serverName && type !== extensionType.alpn,
  );
  return {
    a: partA(hello, transport),
    ciphers: sortedHex(hello.cipherSuites),
    extensions: withAlgorithms(hashed, hello),
  };
}

/**
 * JA4 of a ClientHello: `a_b_c`, for instance `t13d1516h2_8daaf6152771_e5627efa2ab1`. Part b is the hash of
 * the sorted cipher suites, part c of the sorted extensions with the signature algorithms in wire order,
 * each the first 12 digits of SHA-256, zeros when empty. Source: FoxIO JA4.md, "JA4 Algorithm".
 */
export function ja4(hello: ClientHello, transport: HelloTransport): string {
  const { a, ciphers, extensions } = ja4Parts(hello, transport);
  return `${a}_${truncatedSha256(ciphers)}_${truncatedSha256(extensions)}`;
}

/** JA4 with the lists themselves in place of their hashes. Source: FoxIO JA4.md, "Raw Output". */
export function ja4r(hello: ClientHello, transport: HelloTransport): string {
  return rawForm(ja4Parts(hello, transport));
}

/**
 * JA4_o: as JA4, but ciphers and extensions in the order of the wire, "less GREASE values. This means SNI
 * (0000) and ALPN (0010) are included". Source: FoxIO JA4.md, "Raw Output".
 */
export function ja4o(hello: ClientHello, transport: HelloTransport): string {
  const { a, ciphers, extensions } = originalParts(hello, transport);
  return `${a}_${truncatedSha256(ciphers)}_${truncatedSha256(extensions)}`;
}

/** JA4_ro: JA4_o with the lists themselves in place of their hashes. Source: FoxIO JA4.md, "Raw Output". */
export function ja4ro(hello: ClientHello, transport: HelloTransport): string {
  return rawForm(originalParts(hello, transport));
}

function originalParts(hello: ClientHello, transport: HelloTransport): Ja4Parts {
  const algorithms = withoutGrease(hello.signatureAlgorithms);
  const extensions = hexList(withoutGrease(hello.extensions));
  return {
    a: partA(hello, transport),
    ciphers: hexList(withoutGrease(hello.cipherSuites)),
    extensions: algorithms.length === 0 ? extensions : `${extensions}_${hexList(algorithms)}`,
  };
}

export function rawForm({ a, ciphers, extensions }: Ja4Parts): string {
  return `${a}_${ciphers}_${extensions}`;
}

/**
 * JA4 part a: transport, TLS version, SNI, cipher and extension counts, ALPN (10 characters).
 * Counts saturate at 99 and leave out GREASE (RFC 8701). Source: FoxIO JA4.md, "JA4 Algorithm".
 */
function partA(hello: ClientHello, transport: HelloTransport): string {
  const sni = hello.extensions.includes(extensionType.serverName) ? 'd' : 'i';
  const counts = count(hello.cipherSuites) + count(hello.extensions);
  return `${protocolAndVersion(hello, transport)}${sni}${counts}${alpnPart(hello.alpn[0] ?? '')}`;
}

/** Versions by code point; everything else, drafts included, is `00`. */
const ja4Versions: Readonly<Record<number, string>> = {
  772: '13',
  771: '12',
  770: '11',
  769: '10',
  768: 's3',
  2: 's2',
  65279: 'd1',
  65277: 'd2',
  65276: 'd3',
};

const protocolLetters = { tcp: 't', quic: 'q', dtls: 'd' } as const;

/** The first three characters: `t13`, `q13`, `dd2`, … */
export function protocolAndVersion(hello: ClientHello, transport: HelloTransport): string {
  return protocolLetters[transport] + (ja4Versions[offeredVersionCode(hello, transport)] ?? '00');
}

/** Two digits: how many of the codes are not GREASE, at most 99. */
export function count(codes: readonly number[]): string {
  return String(Math.min(99, withoutGrease(codes).length)).padStart(2, '0');
}

/**
 * First and last character of the first protocol offered. If either of the two bytes is not an ASCII letter
 * or digit, first and last digit of the value's hexadecimal form, so that the part stays printable.
 */
function alpnPart(protocol: string): string {
  if (protocol === '') return '00';
  const first = protocol.charCodeAt(0);
  const last = protocol.charCodeAt(protocol.length - 1);
  if (isAlphanumeric(first) && isAlphanumeric(last)) return String.fromCharCode(first, last);
  return (first >> 4).toString(16) + (last & 0xf).toString(16);
}

function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

/** Sorted extensions, then `_` and the signature algorithms in wire order where there are any. */
export function withAlgorithms(extensions: readonly number[], hello: ClientHello): string {
  const algorithms = withoutGrease(hello.signatureAlgorithms);
  const listed = sortedHex(extensions);
  return algorithms.length === 0 ? listed : `${listed}_${hexList(algorithms)}`;
}

/** Codes without GREASE in ascending order, four lower-case hexadecimal digits each, comma-joined. */
export function sortedHex(codes: readonly number[]): string {
  return hexList(Uint16Array.from(withoutGrease(codes)).sort());
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexList(codes: readonly number[] | Uint16Array): string {
  let text = '';
  for (const code of codes) text += `${text === '' ? '' : ','}${hexBytes[code >> 8]}${hexBytes[code & 0xff]}`;
  return text;
}
