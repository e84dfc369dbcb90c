import type { ClientHello } from './client-hello.ts';
import { withoutGrease } from './grease.ts';

/** How the ClientHello travelled: TLS over TCP, CRYPTO frames of QUIC, or DTLS. */
export type HelloTransport = 'tcp' | 'quic' | 'dtls';

/**
 * The highest version offered, as its code point: the best non-GREASE value of supported_versions where
 * that extension says anything, else `legacy_version`. DTLS counts downwards from 0xfeff.
 */
export function offeredVersionCode(hello: ClientHello, transport: HelloTransport): number {
  const offered = withoutGrease(hello.supportedVersions);
  if (offered.length === 0) return hello.legacyVersion;
  const better = transport === 'dtls' ? Math.min : Math.max;
  return offered.reduce((best, code) => better(best, code));
}

const versionNames: Readonly<Record<number, string>> = {
  772: '1.3',
  771: '1.2',
  770: '1.1',
  769: '1.0',
  768: 'SSL3',
  2: 'SSL2',
  65276: '1.3',
  65277: '1.2',
  65279: '1.0',
};

/**
 * The highest version offered, for people: `1.3`, `1.2`, `1.1`, `1.0`, `SSL3`, `SSL2`. A draft of TLS 1.3
 * is `draft-N`, any other code its hexadecimal number (`0x7e02`).
 */
export function offeredTlsVersion(hello: ClientHello, transport: HelloTransport = 'tcp'): string {
  const code = offeredVersionCode(hello, transport);
  if (code >> 8 === 0x7f) return `draft-${code & 0xff}`;
  return versionNames[code] ?? `0x${code.toString(16).padStart(4, '0')}`;
}
