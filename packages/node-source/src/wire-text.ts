import { isUtf8 } from 'node:buffer';

const ascii = /^[\0-\x7f]*$/;
/** What JSON holds as it is: printable ASCII without quote and backslash. */
const plain = /^[ !#-[\]-~]*$/;

/** The text is short and plain: no need to decode, cut or escape it. */
export function isPlain(text: string, maxBytes: number): boolean {
  return text.length <= maxBytes && plain.test(text);
}

/** A text from the wire, decoded. */
export interface WireText {
  readonly text: string;
  /** The bytes were not UTF-8 and were read as Latin-1. */
  readonly invalid: boolean;
}

/** Node gives every byte of a header as one character (Latin-1); most that are not ASCII are UTF-8. */
export function wireText(raw: string): WireText {
  if (ascii.test(raw)) return { text: raw, invalid: false };
  const bytes = Buffer.from(raw, 'latin1');
  // Text that a framework has rewritten may hold characters that no byte has.
  if (bytes.toString('latin1') !== raw) return { text: raw, invalid: false };
  return isUtf8(bytes) ? { text: bytes.toString('utf8'), invalid: false } : { text: raw, invalid: true };
}

/** The longest beginning of a text that has at most `maxBytes` bytes of UTF-8 and ends between characters. */
export function cutText(text: string, maxBytes: number): string {
  // A UTF-16 unit takes at most three bytes.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** A text as JSON, without line ends and lone surrogates, whatever it holds. */
export function jsonText(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}
