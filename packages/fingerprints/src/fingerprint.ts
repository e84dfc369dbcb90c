import type { ClientHello } from './client-hello.ts';
import { md5Hex, truncatedSha256 } from './digest.ts';
import { ja3 } from './ja3.ts';
import { ja4Parts, rawForm } from './ja4.ts';
import { type HelloTransport, offeredTlsVersion } from './offered-version.ts';
import { tlsStackParts } from './tls-stack.ts';

/** Everything a ClientHello tells, under the names that network events and tables use. */
export interface Fingerprint {
  ja3: string;
  ja3_hash: string;
  ja4: string;
  ja4_r: string;
  tls_stack: string;
  /** Highest version offered: `1.3`, `1.2`, … */
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

/** All fingerprints of one hello. */
export function fingerprint(hello: ClientHello, transport: HelloTransport): Fingerprint {
  const text = ja3(hello);
  const parts = ja4Parts(hello, transport);
  const stack = tlsStackParts(hello, transport);
  // Hashing is most of the work, and the two keys share their lists unless the connection is a special one.
  const ciphers = truncatedSha256(parts.ciphers);
  const extensions = truncatedSha256(parts.extensions);
  const lasting = stack.extensions === parts.extensions ? extensions : truncatedSha256(stack.extensions);
  const result: Fingerprint = {
    ja3: text,
    ja3_hash: md5Hex(text),
    ja4: `${parts.a}_${ciphers}_${extensions}`,
    ja4_r: rawForm(parts),
    tls_stack: `${stack.a}_${ciphers}_${lasting}`,
    tls_version: offeredTlsVersion(hello, transport),
    tls_alpn_offered: hello.alpn.slice(0, maxAlpnOffered).map((name) => printable(name, maxProtocolName)),
    tls_resumption: hello.hasPreSharedKey || hello.hasSessionTicket,
  };
  if (hello.serverName !== undefined) result.tls_sni = printable(hello.serverName, maxServerName);
  const first = result.tls_alpn_offered[0];
  if (first !== undefined) result.tls_alpn = first;
  return result;
}

/** Longest names kept, in bytes. DNS names have at most 253; registered ALPN names at most 22. */
const maxServerName = 255;
const maxProtocolName = 64;

/** Wire bytes as a text that is safe to log and store: printable ASCII, everything else `\xNN`. */
function printable(bytes: string, maxBytes: number): string {
  return bytes
    .slice(0, maxBytes)
    .replace(/[^\x21-\x7e]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
