import type { ClientHello } from './client-hello.ts';
import { CodeList } from './code-list.ts';
import type { HelloTransport } from './hello-transport.ts';
import { highestVersionValue, newestVersion } from './offered-version.ts';

const transports: readonly HelloTransport[] = ['tcp', 'quic', 'dtls'];

const wire = new CodeList();
const sorted = new CodeList();

/**
 * All that JA3, JA4 and the stack key depend on, as one list of codes without GREASE:
 *
 *     transport | version | newest | ALPN | n, n cipher suites | m, m extensions | k, k signature algorithms
 *               | legacy version | i, i groups | j, j point formats
 *
 * `version` is JA4's, `newest` the newest offered (another one only in DTLS), `ALPN` the first and last byte
 * of the first protocol, 0 when there is none. Lists are in wire order. The object is a shared one, valid
 * until the next call.
 */
export function wireCodes(hello: ClientHello, transport: HelloTransport): CodeList {
  const version = highestVersionValue(hello);
  wire.clear();
  wire.push(transport === 'tcp' ? 0 : transport === 'quic' ? 1 : 2);
  wire.push(version);
  wire.push(transport === 'dtls' ? newestVersion(hello, transport) : version);
  wire.push(alpnEnds(hello.alpn[0] ?? ''));
  wire.appendCounted(hello.cipherSuites);
  wire.appendCounted(hello.extensions);
  wire.appendCounted(hello.signatureAlgorithms);
  wire.push(hello.legacyVersion);
  wire.appendCounted(hello.supportedGroups);
  // Point formats are bytes: none of them can be taken for GREASE.
  wire.appendCounted(hello.ecPointFormats);
  return wire;
}

function alpnEnds(protocol: string): number {
  return protocol === '' ? 0 : (protocol.charCodeAt(0) << 8) | protocol.charCodeAt(protocol.length - 1);
}

/**
 * The part of {@link wireCodes} that JA4 and the stack key need, up to the signature algorithms, with cipher
 * suites and extensions sorted. Another shared object.
 */
export function sortedCodes(list: CodeList): CodeList {
  const { ciphers, extensions, algorithms } = readCodes(list);
  sorted.copy(list, algorithms.to);
  sorted.sort(ciphers.from, ciphers.to);
  sorted.sort(extensions.from, extensions.to);
  return sorted;
}

/** Where a list lies in the codes: `[from, to)`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The parts of {@link wireCodes} that {@link sortedCodes} has as well. */
export function readCodes({ codes }: CodeList) {
  const ciphers = spanAt(codes, 4);
  const extensions = spanAt(codes, ciphers.to);
  const algorithms = spanAt(codes, extensions.to);
  return {
    codes,
    transport: transports[codes[0]!]!,
    version: codes[1]!,
    newestVersion: codes[2]!,
    alpnEnds: codes[3]!,
    ciphers,
    extensions,
    algorithms,
  };
}

/** The list whose length stands at `countAt`. */
export function spanAt(codes: Uint16Array, countAt: number): Span {
  const from = countAt + 1;
  return { from, to: from + codes[countAt]! };
}

export type HelloCodes = ReturnType<typeof readCodes>;
