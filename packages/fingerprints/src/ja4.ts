import type { ClientHello } from './client-hello.ts';
import { extensionType } from './client-hello-extensions.ts';
import { truncatedSha256 } from './digest.ts';
import { withoutGrease } from './grease.ts';
import { type HelloTransport, offeredVersionCode } from './offered-version.ts';

/**
 * JA4 of a ClientHello: `a_b_c`, for instance `t13d1516h2_8daaf6152771_02713d6af862`. Part b is the hash of
 * the sorted cipher suites, part c of the sorted extensions with the signature algorithms in wire order,
 * each the first 12 digits of SHA-256, zeros when empty. Source: FoxIO JA4.md, "JA4 Algorithm".
 */
export function ja4(hello: ClientHello, transport: HelloTransport): string {
  const b = truncatedSha256(sortedHex(hello.cipherSuites));
  return `${ja4PartA(hello, transport)}_${b}_${truncatedSha256(extensionsAndAlgorithms(hello))}`;
}

/** JA4 with the lists themselves in place of their hashes. Source: FoxIO JA4.md, "Raw Output". */
export function ja4r(hello: ClientHello, transport: HelloTransport): string {
  const a = ja4PartA(hello, transport);
  return `${a}_${sortedHex(hello.cipherSuites)}_${extensionsAndAlgorithms(hello)}`;
}

/**
 * JA4 part a: transport, TLS version, SNI, cipher and extension counts, ALPN (10 characters).
 * Counts saturate at 99 and leave out GREASE (RFC 8701). Source: FoxIO JA4.md, "JA4 Algorithm".
 */
function ja4PartA(hello: ClientHello, transport: HelloTransport): string {
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

function extensionsAndAlgorithms(hello: ClientHello): string {
  const hashed = hello.extensions.filter(
    (type) => type !== extensionType.serverName && type !== extensionType.alpn,
  );
  return withAlgorithms(hashed, hello);
}

/** Sorted extensions, then `_` and the signature algorithms in wire order where there are any. */
export function withAlgorithms(extensions: readonly number[], hello: ClientHello): string {
  const algorithms = withoutGrease(hello.signatureAlgorithms);
  const listed = sortedHex(extensions);
  return algorithms.length === 0 ? listed : `${listed}_${hexList(algorithms)}`;
}

/** Codes without GREASE in ascending order, four lower-case hexadecimal digits each, comma-joined. */
export function sortedHex(codes: readonly number[]): string {
  return hexList(withoutGrease(codes).sort((a, b) => a - b));
}

function hexList(codes: readonly number[]): string {
  return codes.map((code) => code.toString(16).padStart(4, '0')).join(',');
}
