/** `bytes[from, to)` as a text with one character (U+0000 to U+00FF) per byte. */
export function byteText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
