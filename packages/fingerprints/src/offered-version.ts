import type { ClientHello } from './client-hello.ts';
import { isGrease } from './grease.ts';
import type { HelloTransport } from './hello-transport.ts';

/**
 * The version of JA4: "the highest value in the extension" supported_versions, "ignore GREASE values",
 * otherwise the `legacy_version` ("the value of the Protocol Version"). Source: FoxIO JA4.md, "TLS and DTLS
 * Version". The numbers of DTLS count downwards: a client that offers DTLS 1.3 (0xfefc) beside 1.2 (0xfefd)
 * has 1.2 here, as in FoxIO's own implementations. {@link newestVersion} is the other reading.
 */
export function highestVersionValue(hello: ClientHello): number {
  return extremeOffered(hello, 1);
}

/** The newest version offered, as its code point: the smallest number where the client speaks DTLS. */
export function newestVersion(hello: ClientHello, transport: HelloTransport): number {
  return extremeOffered(hello, transport === 'dtls' ? -1 : 1);
}

function extremeOffered(hello: ClientHello, sign: 1 | -1): number {
  const offered = hello.supportedVersions;
  let best = -1;
  for (let i = 0; i < offered.length; i++) {
    const code = offered[i]!;
    if (!isGrease(code) && (best < 0 || sign * (code - best) > 0)) best = code;
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
 * The newest version offered, for people: `1.3`, `1.2`, `1.1`, `1.0`, `SSL3`, `SSL2`. A draft of TLS 1.3
 * is `draft-N`, any other code its hexadecimal number (`0x7e02`).
 */
export function offeredTlsVersion(hello: ClientHello, transport: HelloTransport = 'tcp'): string {
  return versionName(newestVersion(hello, transport));
}

export function versionName(code: number): string {
  if (code >> 8 === 0x7f) return `draft-${code & 0xff}`;
  return versionNames[code] ?? `0x${code.toString(16).padStart(4, '0')}`;
}
