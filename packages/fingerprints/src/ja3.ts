import type { ClientHello } from './client-hello.ts';
import { md5Hex } from './digest.ts';
import { withoutGrease } from './grease.ts';

/**
 * JA3 of a ClientHello: `version,ciphers,extensions,groups,pointFormats`, decimal, `-` inside a list, in
 * wire order without GREASE. Browsers that shuffle their extensions have another one on every connection;
 * use JA4 or the stack key to recognise them. Source: salesforce/ja3.
 */
export function ja3(hello: ClientHello): string {
  const lists = [hello.cipherSuites, hello.extensions, hello.supportedGroups].map((codes) =>
    withoutGrease(codes).join('-'),
  );
  return `${hello.legacyVersion},${lists.join(',')},${hello.ecPointFormats.join('-')}`;
}

/** MD5 of the JA3 text, 32 hexadecimal digits. */
export function ja3Hash(hello: ClientHello): string {
  return md5Hex(ja3(hello));
}
