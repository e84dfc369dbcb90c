import { hash } from 'node:crypto';

/** MD5 of a text as 32 lower-case hexadecimal digits (what JA3 prescribes; nothing secret depends on it). */
export function md5Hex(text: string): string {
  return hash('md5', text);
}

/** The first 12 hexadecimal digits of SHA-256, and twelve zeros for an empty text (FoxIO JA4.md). */
export function truncatedSha256(text: string): string {
  return text === '' ? '000000000000' : hash('sha256', text).slice(0, 12);
}
