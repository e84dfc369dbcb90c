const lineFeed = 0x0a;
const space = 0x20;
/** A longer header block than servers accept. */
const maxHead = 16 * 1024;

/**
 * Whether a stream starts with an HTTP request after which it stays HTTP: neither CONNECT (RFC 9110 section
 * 9.3.6) nor one that asks for another protocol with Upgrade (section 7.8; RFC 2817 for TLS). False also when
 * the request's head is not there in whole.
 */
export function startsWithPlainHttp(buffer: Uint8Array, start: number, end: number): boolean {
  // A method is of capital letters, in all that are registered (IANA "HTTP Method Registry").
  let at = start;
  while (at < end && buffer[at]! >= 0x41 && buffer[at]! <= 0x5a) at++;
  if (at === start || at >= end || buffer[at] !== space) return false;
  const head = Buffer.from(buffer.buffer, buffer.byteOffset + start, Math.min(end - start, maxHead));
  const requestEnd = head.indexOf(lineFeed);
  const headEnd = head.indexOf('\r\n\r\n');
  if (headEnd === -1 || !/^[A-Z]+ \S+ HTTP\/\d\.\d\r$/.test(head.toString('latin1', 0, requestEnd)))
    return false;
  const text = head.toString('latin1', 0, headEnd);
  return !text.startsWith('CONNECT ') && !/\r\nupgrade[ \t]*:/i.test(text);
}
