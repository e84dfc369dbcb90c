import { CodeList } from './code-list.ts';
import { CodeListMemo } from './code-list-memo.ts';
import { textBuffer } from './code-text.ts';

/** Names up to this length are remembered: a server's own names and the few protocols come all the time. */
const maxRemembered = 64;

const name = new CodeList();
const names = new CodeListMemo(asText, 512, maxRemembered);

/** `bytes[from, to)` as a text with one character (U+0000 to U+00FF) per byte. */
export function byteText(bytes: Uint8Array, from: number, to: number): string {
  name.clear().append(bytes, from, to);
  return names.get(name);
}

function asText({ codes, length }: CodeList): string {
  const bytes = textBuffer(length);
  for (let i = 0; i < length; i++) bytes[i] = codes[i]!;
  return bytes.toString('latin1', 0, length);
}
