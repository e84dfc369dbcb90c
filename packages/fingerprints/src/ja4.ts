import type { ClientHello } from './client-hello.ts';
import { extensionType } from './client-hello-extensions.ts';
import { hexText, type LeftOut, leavingOut, none } from './code-text.ts';
import { truncatedSha256 } from './digest.ts';
import { type HelloCodes, readCodes, sortedCodes, wireCodes } from './hello-codes.ts';
import type { HelloTransport } from './hello-transport.ts';

/** The three parts of a JA4 before b and c are hashed. */
export interface Ja4Parts {
  /** Transport, version, SNI, counts, ALPN: 10 characters. */
  readonly a: string;
  /** Cipher suites. */
  readonly ciphers: string;
  /** Extensions, and the signature algorithms in wire order. */
  readonly extensions: string;
}

/**
 * JA4 of a ClientHello: `a_b_c`, for instance `t13d1516h2_8daaf6152771_e5627efa2ab1`. Part b is the hash of
 * the sorted cipher suites, part c of the sorted extensions with the signature algorithms in wire order,
 * each the first 12 digits of SHA-256, zeros when empty. Source: FoxIO JA4.md, "JA4 Algorithm".
 */
export function ja4(hello: ClientHello, transport: HelloTransport): string {
  return hashedForm(sortedParts(hello, transport));
}

/** JA4_r: JA4 with the lists themselves in place of their hashes. Source: FoxIO JA4.md, "Raw Output". */
export function ja4r(hello: ClientHello, transport: HelloTransport): string {
  return rawForm(sortedParts(hello, transport));
}

/**
 * JA4_o: as JA4, but with "the original values in the original order, less GREASE values. This means SNI
 * (0000) and ALPN (0010) are included." Source: FoxIO JA4.md, "Raw Output".
 */
export function ja4o(hello: ClientHello, transport: HelloTransport): string {
  return hashedForm(originalParts(hello, transport));
}

/** JA4_ro: JA4_o with the lists themselves in place of their hashes. Source: FoxIO JA4.md, "Raw Output". */
export function ja4ro(hello: ClientHello, transport: HelloTransport): string {
  return rawForm(originalParts(hello, transport));
}

function sortedParts(hello: ClientHello, transport: HelloTransport): Ja4Parts {
  return ja4Parts(readCodes(sortedCodes(wireCodes(hello, transport))), saidInPartA);
}

function originalParts(hello: ClientHello, transport: HelloTransport): Ja4Parts {
  return ja4Parts(readCodes(wireCodes(hello, transport)), none);
}

function hashedForm({ a, ciphers, extensions }: Ja4Parts): string {
  return `${a}_${truncatedSha256(ciphers)}_${truncatedSha256(extensions)}`;
}

export function rawForm({ a, ciphers, extensions }: Ja4Parts): string {
  return `${a}_${ciphers}_${extensions}`;
}

/** "We've already captured them in the a section of the fingerprint" (FoxIO JA4.md, "Extension hash"). */
export const saidInPartA = leavingOut(extensionType.serverName, extensionType.alpn);

/** @param leftOut extensions that the third part leaves out; the counts of the first have them */
export function ja4Parts(hello: HelloCodes, leftOut: LeftOut): Ja4Parts {
  const { codes, ciphers, extensions } = hello;
  return {
    a: partA(hello),
    ciphers: hexText(codes, ciphers, none),
    extensions: withAlgorithms(hexText(codes, extensions, leftOut), hello),
  };
}

/**
 * JA4 part a: transport, TLS version, SNI, cipher and extension counts, ALPN (10 characters).
 * Counts saturate at 99 and leave out GREASE (RFC 8701). Source: FoxIO JA4.md, "JA4 Algorithm".
 */
function partA(hello: HelloCodes): string {
  const { codes, ciphers, extensions } = hello;
  const sni = codes.subarray(extensions.from, extensions.to).includes(extensionType.serverName) ? 'd' : 'i';
  const counts = countText(ciphers.to - ciphers.from) + countText(extensions.to - extensions.from);
  return `${protocolAndVersion(hello)}${sni}${counts}${alpnPart(hello.alpnEnds)}`;
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
export function protocolAndVersion({ transport, version }: HelloCodes): string {
  return protocolLetters[transport] + (ja4Versions[version] ?? '00');
}

/** Two digits, at most 99. */
export function countText(count: number): string {
  return String(Math.min(99, count)).padStart(2, '0');
}

/**
 * First and last character of the first protocol offered. If either of the two bytes is not an ASCII letter
 * or digit, first and last digit of the value's hexadecimal form, so that the part stays printable.
 *
 * The protocol names that RFC 8701 reserves (0x0a 0x0a, …) are names like any other, here `0a`: JA4.md's
 * section on ALPN makes no exception of them, and FoxIO's plugins for Zeek and Wireshark keep them too.
 */
function alpnPart(ends: number): string {
  const first = ends >> 8;
  const last = ends & 0xff;
  if (isAlphanumeric(first) && isAlphanumeric(last)) return String.fromCharCode(first, last);
  return (first >> 4).toString(16) + (last & 0xf).toString(16);
}

function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

/** Extensions, then `_` and the signature algorithms in wire order where there are any. */
export function withAlgorithms(extensions: string, { codes, algorithms }: HelloCodes): string {
  const listed = hexText(codes, algorithms, none);
  return listed === '' ? extensions : `${extensions}_${listed}`;
}
