/*
 * Two addresses per event are read, nearly all of them in canonical form already: they are looked at once,
 * character by character, and nothing is made. (net.isIPv6 and ipaddr.js took longer than parsing the JSON.)
 */

const [dot, colon, zero, nine] = [0x2e, 0x3a, 0x30, 0x39];

/**
 * The number of four that are written with dots from `start` to the end, as an unsigned 32-bit integer; −1 for
 * anything else: leading zeros, numbers above 255, fewer or more than four.
 */
function quadAt(text: string, start: number): number {
  let dots = 0;
  let digits = 0;
  let number = 0;
  let quad = 0;
  for (let i = start; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === dot) {
      if (digits === 0 || ++dots > 3) return -1;
      quad = quad * 256 + number;
      digits = 0;
      number = 0;
    } else if (unit >= zero && unit <= nine) {
      if (digits > 0 && number === 0) return -1;
      number = number * 10 + unit - zero;
      if (number > 255) return -1;
      digits++;
    } else return -1;
  }
  return dots === 3 && digits > 0 ? quad * 256 + number : -1;
}

/** 0–15, 16–21 for capital letters' 10–15, or −1. */
function hexDigit(unit: number): number {
  if (unit >= zero && unit <= nine) return unit - zero;
  if (unit >= 0x61 && unit <= 0x66) return unit - 0x61 + 10;
  return unit >= 0x41 && unit <= 0x46 ? unit - 0x41 + 16 : -1;
}

/** The groups of the IPv6 address that was read last; one is read at a time. */
const groups = new Uint16Array(8);

/** What `readIPv6` found beside the groups. */
type Spelling =
  /** No address. */
  | 'none'
  /** Every group as RFC 5952 writes it; zeros may still be abbreviated in another place. */
  | 'plain'
  | 'other';

/** Where the last address read had `::`, and how many groups that stands for; −1 = nowhere. */
let gapStart = -1;
let gapLength = 0;

/** Reads an IPv6 address without a zone into `groups`. Source: RFC 4291 section 2.2. */
function readIPv6(text: string): Spelling {
  let spelling: Spelling = 'plain';
  let count = 0;
  let at = 0;
  gapStart = -1;
  gapLength = 0;
  if (text.charCodeAt(0) === colon) {
    if (text.charCodeAt(1) !== colon) return 'none';
    gapStart = 0;
    at = 2;
  }
  while (at < text.length) {
    if (count === 8) return 'none';
    let value = 0;
    let digits = 0;
    const start = at;
    for (; at < text.length; at++, digits++) {
      let digit = hexDigit(text.charCodeAt(at));
      if (digit === -1) break;
      if (digit > 15) {
        spelling = 'other';
        digit -= 6;
      }
      if (digits === 4) return 'none';
      value = value * 16 + digit;
    }
    if (digits === 0) return 'none';
    if (digits > 1 && text.charCodeAt(start) === zero) spelling = 'other';
    if (text.charCodeAt(at) === dot) {
      const quad = quadAt(text, start);
      if (quad === -1 || count > 6) return 'none';
      groups[count++] = quad >>> 16;
      groups[count++] = quad & 0xffff;
      spelling = 'other';
      break;
    }
    groups[count++] = value;
    if (at === text.length) break;
    if (text.charCodeAt(at++) !== colon) return 'none';
    if (text.charCodeAt(at) === colon) {
      if (gapStart !== -1) return 'none';
      gapStart = count;
      at++;
    } else if (at === text.length) return 'none';
  }
  if (gapStart === -1) return count === 8 ? spelling : 'none';
  if (count === 8) return 'none';
  gapLength = 8 - count;
  groups.copyWithin(gapStart + gapLength, gapStart, count);
  groups.fill(0, gapStart, gapStart + gapLength);
  return spelling;
}

/**
 * The one spelling of an address: dotted quad, or RFC 5952 for IPv6; IPv4-mapped addresses are IPv4.
 * Undefined for anything else: names, ports, zones (`fe80::1%eth0`), octal or shortened IPv4.
 */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > 45) return undefined;
  if (quadAt(text, 0) !== -1) return text;
  const spelling = readIPv6(text);
  if (spelling === 'none') return undefined;
  if (groups[5] === 0xffff && groups.subarray(0, 5).every((group) => group === 0)) {
    const [high, low] = [groups[6]!, groups[7]!];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  // RFC 5952 section 4.2: the longest run of zero groups, the first of equal ones, and not a single group.
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > runLength) {
      runStart = i;
      runLength = end - i;
    }
    i = end;
  }
  if (spelling === 'plain' && gapStart === runStart && (runStart === -1 || gapLength === runLength))
    return text;
  const hex = Array.from(groups, (group) => group.toString(16));
  if (runStart === -1) return hex.join(':');
  return `${hex.slice(0, runStart).join(':')}::${hex.slice(runStart + runLength).join(':')}`;
}
