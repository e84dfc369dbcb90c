import type { ClientHello } from './client-hello.ts';
import type { CodeList } from './code-list.ts';
import { maxDecimal, textBuffer, writeDecimals } from './code-text.ts';
import { md5Hex } from './digest.ts';
import { readCodes, type Span, spanAt, wireCodes } from './hello-codes.ts';

/**
 * JA3 of a ClientHello: `version,ciphers,extensions,groups,pointFormats`, decimal, `-` inside a list, in
 * wire order without GREASE. Browsers that shuffle their extensions have another one on every connection;
 * use JA4 or the stack key to recognise them. Source: salesforce/ja3.
 */
export function ja3(hello: ClientHello): string {
  return ja3Text(wireCodes(hello, 'tcp'));
}

/** MD5 of the JA3 text, 32 hexadecimal digits. */
export function ja3Hash(hello: ClientHello): string {
  return md5Hex(ja3(hello));
}

const comma = 0x2c;

/** The JA3 text of {@link wireCodes}. */
export function ja3Text(list: CodeList): string {
  const { codes, ciphers, extensions, algorithms } = readCodes(list);
  const version: Span = { from: algorithms.to, to: algorithms.to + 1 };
  const groups = spanAt(codes, version.to);
  const pointFormats = spanAt(codes, groups.to);
  const bytes = textBuffer(list.length * maxDecimal);
  let end = 0;
  for (const { from, to } of [version, ciphers, extensions, groups, pointFormats]) {
    if (end > 0) bytes[end++] = comma;
    end = writeDecimals(bytes, end, codes, from, to);
  }
  return bytes.toString('latin1', 0, end);
}
