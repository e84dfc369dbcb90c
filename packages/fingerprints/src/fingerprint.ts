import type { ClientHello } from './client-hello.ts';
import { CodeListMemo } from './code-list-memo.ts';
import { md5Hex, truncatedSha256 } from './digest.ts';
import { readCodes, sortedCodes, wireCodes } from './hello-codes.ts';
import type { HelloTransport } from './hello-transport.ts';
import { ja3Text } from './ja3.ts';
import { ja4Parts, rawForm, saidInPartA } from './ja4.ts';
import { versionName } from './offered-version.ts';
import { tlsStackParts } from './tls-stack.ts';

/** Everything a ClientHello tells, under the names that network events and tables use. */
export interface Fingerprint {
  ja3: string;
  ja3_hash: string;
  ja4: string;
  ja4_r: string;
  tls_stack: string;
  /** Newest version offered: `1.3`, `1.2`, … */
  tls_version: string;
  /** Bytes outside printable ASCII are written `\xNN`. */
  tls_sni?: string;
  /** First protocol offered. */
  tls_alpn?: string;
  /** At most {@link maxAlpnOffered} protocols, in order. */
  tls_alpn_offered: string[];
  /** A pre-shared key or a session ticket was offered. */
  tls_resumption: boolean;
}

/** No client offers more; a hostile list of 30,000 one-byte names must not fill tables. */
export const maxAlpnOffered = 32;

/** All fingerprints of one hello. Clients that come again are answered from memory (`CodeListMemo`). */
export function fingerprint(hello: ClientHello, transport: HelloTransport): Fingerprint {
  const { ja3, ja3_hash, sorted } = byWire.get(wireCodes(hello, transport));
  const result: Fingerprint = {
    ja3,
    ja3_hash,
    ja4: sorted.ja4,
    ja4_r: sorted.ja4_r,
    tls_stack: sorted.tls_stack,
    tls_version: sorted.tls_version,
    tls_alpn_offered: hello.alpn.slice(0, maxAlpnOffered),
    tls_resumption: hello.hasPreSharedKey || hello.hasSessionTicket,
  };
  const offered = result.tls_alpn_offered;
  for (let i = 0; i < offered.length; i++) offered[i] = printable(offered[i]!, maxProtocolName);
  if (hello.serverName !== undefined) result.tls_sni = printable(hello.serverName, maxServerName);
  if (offered.length > 0) result.tls_alpn = offered[0]!;
  return result;
}

/** Enough for the different clients of a busy day. A place takes 2 KiB at most. */
const places = 2048;
const maxCodes = 192;

/**
 * What the codes give in whatever order extensions come: browsers that shuffle them have one entry here,
 * and none in {@link byWire}.
 */
const bySorted = new CodeListMemo(
  (list) => {
    const codes = readCodes(list);
    const parts = ja4Parts(codes, saidInPartA);
    const stack = tlsStackParts(codes);
    const ciphers = truncatedSha256(parts.ciphers);
    const extensions = truncatedSha256(parts.extensions);
    // The two keys share this list too unless the connection is a special one.
    const lasting = stack.extensions === parts.extensions ? extensions : truncatedSha256(stack.extensions);
    return {
      ja4: `${parts.a}_${ciphers}_${extensions}`,
      ja4_r: rawForm(parts),
      tls_stack: `${stack.a}_${ciphers}_${lasting}`,
      tls_version: versionName(codes.newestVersion),
    };
  },
  places,
  maxCodes,
);

const byWire = new CodeListMemo(
  (list) => {
    const ja3 = ja3Text(list);
    return { ja3, ja3_hash: md5Hex(ja3), sorted: bySorted.get(sortedCodes(list)) };
  },
  places,
  maxCodes,
);

/** Longest names kept, in bytes. DNS names have at most 253; registered ALPN names at most 22. */
const maxServerName = 255;
const maxProtocolName = 64;

/** Wire bytes as a text that is safe to log and store: printable ASCII, everything else `\xNN`. */
function printable(bytes: string, maxBytes: number): string {
  if (bytes.length <= maxBytes && isPrintable(bytes)) return bytes;
  return bytes
    .slice(0, maxBytes)
    .replace(/[^\x21-\x7e]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function isPrintable(bytes: string): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    if (byte < 0x21 || byte > 0x7e || byte === backslash) return false;
  }
  return true;
}

const backslash = 0x5c;
