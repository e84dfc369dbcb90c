import { isUtf8 } from 'node:buffer';
import type { Fields } from './event-text.ts';

/*
 * HAProxy and nginx put values into a JSON template: numbers come as text, and what was absent is ''. They
 * cut a value one byte beyond the limit, so that here, where it is cut to the limit, the cut can be counted.
 */

/** Bytes kept of a value. The limits of the configurations in docs/sources are one higher. */
const limits: ReadonlyMap<string, number> = new Map([
  ['method', 63],
  ['host', 255],
  ['path', 2048],
  ['query', 2048],
  ['client_headers', 4096],
]);
const headerLimit = 256;

const numbers = new Set(['src_port', 'dst_port', 'keepalives', 'status_code', 'response_size']);

/** An empty one is a request that the server refused before it had read it. */
const mayBeEmpty = new Set(['method', 'path']);

/** A number from its text; undefined when absent, NaN when it is none. */
export function numberOf(value: unknown): number | undefined {
  if (value === '' || value === undefined || value === null) return undefined;
  return Number(typeof value === 'object' ? Number.NaN : value);
}

const outsideAscii = /[^\0-\x7f]/;

/** The first `most` bytes, and no part of a character. */
function firstBytes(bytes: Buffer, most: number): Buffer {
  if (bytes.length <= most) return bytes;
  let end = most;
  while (end > most - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/**
 * A text of at most `most` bytes.
 *
 * @param encoding `latin1` when each character is a byte of the request: they are UTF-8, or else Latin-1.
 */
function textOf(value: string, encoding: 'utf8' | 'latin1', most: number): string {
  if (value.length <= most && (encoding === 'utf8' || !outsideAscii.test(value))) {
    if (value.length * 3 <= most || Buffer.byteLength(value) <= most) return value;
  }
  const bytes = firstBytes(Buffer.from(value, encoding), most);
  if (encoding === 'utf8' || isUtf8(bytes)) return bytes.toString();
  return bytes.toString('latin1');
}

/** Takes the quotes off: numbers become numbers, '' absent, and what is too long is cut and noted. */
export function unquote(event: Fields, encoding: 'utf8' | 'latin1'): void {
  const truncated: string[] = [];
  for (const key in event) {
    const value = event[key];
    if (numbers.has(key)) event[key] = numberOf(value);
    else if (value === '' && !mayBeEmpty.has(key)) event[key] = undefined;
    else if (typeof value === 'string') {
      const most = limits.get(key) ?? (key.startsWith('header_') ? headerLimit : undefined);
      if (most === undefined) continue;
      event[key] = textOf(value, encoding, most);
      if (value.length > most || (encoding === 'utf8' && Buffer.byteLength(value) > most))
        truncated.push(key);
    }
  }
  event.truncated = truncated.join(',');
  if (event.client_ip === event.src_ip) event.client_ip = undefined;
}
