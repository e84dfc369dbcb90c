import type { ClientHello } from './client-hello.ts';
import { CodeList } from './code-list.ts';
import { maxDecimal, textBuffer, writeDecimals } from './code-text.ts';
import { md5Hex } from './digest.ts';

/**
 * JA3 of a ClientHello: `version,ciphers,extensions,groups,pointFormats`, decimal, `-` inside a list, in
 * wire order without GREASE. Browsers that shuffle their extensions have another one on every connection;
 * use JA4 or the stack key to recognise them. Source: salesforce/ja3.
 */
export function ja3(hello: ClientHello): string {
  return ja3Text(ja3Input(hello));
}

/** MD5 of the JA3 text, 32 hexadecimal digits. */
export function ja3Hash(hello: ClientHello): string {
  return md5Hex(ja3(hello));
}

const input = new CodeList();

/**
 * All that JA3 depends on: version, then ciphers, extensions, groups and point formats, each list after its
 * length. The list is a shared one, valid until the next call.
 */
export function ja3Input(hello: ClientHello): CodeList {
  input.clear().push(hello.legacyVersion);
  input.appendCounted(hello.cipherSuites);
  input.appendCounted(hello.extensions);
  input.appendCounted(hello.supportedGroups);
  // Point formats are bytes and have no GREASE.
  input.push(hello.ecPointFormats.length);
  input.append(hello.ecPointFormats, 0, hello.ecPointFormats.length);
  return input;
}

const comma = 0x2c;

export function ja3Text({ codes, length }: CodeList): string {
  const bytes = textBuffer((length + 1) * maxDecimal);
  let end = writeDecimals(bytes, 0, codes, 0, 1);
  for (let at = 1; at < length; ) {
    const from = at + 1;
    at = from + codes[at]!;
    bytes[end++] = comma;
    end = writeDecimals(bytes, end, codes, from, at);
  }
  return bytes.toString('latin1', 0, end);
}
