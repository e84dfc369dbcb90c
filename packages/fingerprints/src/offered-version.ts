import type { ClientHello } from './client-hello.ts';
import { isGrease } from './grease.ts';
import type { HelloTransport } from './hello-transport.ts';

/**
 * The highest version offered, as its code point: the best non-GREASE value of supported_versions where
 * that extension says anything, else `legacy_version`. DTLS counts downwards from 0xfeff.
 */
export function offeredVersionCode(hello: ClientHello, transport: HelloTransport): number {
  const offered = hello.supportedVersions;
  let best = -1;
  for (let i = 0; i < offered.length; i++) {
    const code = offered[i]!;
    if (isGrease(code)) continue;
    if (best < 0 || (transport === 'dtls' ? code < best : code > best)) best = code;
  }
  return best < 0 ? hello.legacyVersion : best;
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
  return versionName(offeredVersionCode(hello, transport));
}

export function versionName(code: number): string {
  if (code >> 8 === 0x7f) return `draft-${code & 0xff}`;
  return versionNames[code] ?? `0x${code.toString(16).padStart(4, '0')}`;
}
