/**
 * The 16 bytes of an address, IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), written to `target` at
 * `offset`. Takes dotted IPv4 and every IPv6 text form of RFC 4291 section 2.2; returns false, with the
 * target undefined, for anything else (a zone index included).
 */
export function writeAddress(text: string, target: Uint8Array, offset: number): boolean {
  if (!text.includes(':')) {
    for (let i = 0; i < 10; i++) target[offset + i] = 0;
    target[offset + 10] = 0xff;
    target[offset + 11] = 0xff;
    return writeIpv4(text, target, offset + 12);
  }
  return writeIpv6(text, target, offset);
}

function writeIpv4(text: string, target: Uint8Array, offset: number): boolean {
  let octet = 0;
  let digits = 0;
  let written = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      octet = octet * 10 + code - 48;
      digits += 1;
      if (octet > 255 || digits > 3) return false;
    } else if (digits > 0 && written < 4 && (code === 46 || i === text.length)) {
      target[offset + written] = octet;
      written += 1;
      octet = 0;
      digits = 0;
    } else {
      return false;
    }
  }
  return written === 4;
}

function writeIpv6(text: string, target: Uint8Array, offset: number): boolean {
  const end = offset + 16;
  let out = offset;
  let gap = -1;
  let i = 0;
  if (text.startsWith('::')) {
    gap = out;
    i = 2;
  }
  while (i < text.length) {
    const start = i;
    let group = 0;
    for (let digit = hexDigit(text, i); digit >= 0 && i < start + 4; digit = hexDigit(text, ++i))
      group = group * 16 + digit;
    if (text.charCodeAt(i) === dot) {
      if (out + 4 > end || !writeIpv4(text.slice(start), target, out)) return false;
      out += 4;
      break;
    }
    if (i === start || out + 2 > end) return false;
    target[out++] = group >> 8;
    target[out++] = group & 0xff;
    if (i === text.length) break;
    if (text.charCodeAt(i++) !== colon) return false;
    if (text.charCodeAt(i) === colon) {
      if (gap >= 0) return false;
      gap = out;
      i += 1;
    } else if (i === text.length) return false;
  }
  if (gap < 0) return out === end;
  if (out === end) return false;
  target.copyWithin(gap + end - out, gap, out);
  target.fill(0, gap, gap + end - out);
  return true;
}

const colon = 58;
const dot = 46;

/** The value of the hexadecimal digit at `at`; −1 for anything else, past the end too. */
function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  // Letters differ from their capitals in one bit.
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
