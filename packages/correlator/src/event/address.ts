import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `::ffff:192.0.2.1` or `::ffff:c000:201`: an IPv4 address in IPv6 clothes (RFC 4291 section 2.5.5.2). */
const mappedDotted = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/**
 * The one spelling of an address: dotted quad, or RFC 5952 for IPv6; IPv4-mapped addresses are IPv4.
 * Undefined for anything else: names, ports, zones (`fe80::1%eth0`), octal or shortened IPv4.
 */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > 45) return undefined;
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const mapped = mappedDotted.exec(text);
  if (mapped?.[1] !== undefined) return isIPv4(mapped[1]) ? mapped[1] : undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}
