import ipaddr from 'ipaddr.js';

/** The address in its canonical text (RFC 5952; an IPv4-mapped one is IPv4); undefined when it is none. */
export function canonicalAddress(text: string): string | undefined {
  // Only the four-part form: inet_aton shorthands such as "1" or "0x7f.1" are no addresses to a reader.
  const fourParts = ipaddr.IPv4.isValidFourPartDecimal(text);
  if (!fourParts && !(text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text)))
    return undefined;
  const address = ipaddr.process(text);
  return address.kind() === 'ipv4' ? address.toString() : (address as ipaddr.IPv6).toRFC5952String();
}

/**
 * An address or a network (`198.19.0.0/20`, `2001:db8::/48`) as a prefix of the IPv6 form that the tables
 * store: IPv4 becomes IPv4-mapped. Undefined when the text is neither.
 */
export function storedPrefix(text: string): string | undefined {
  const [address, length, ...rest] = text.split('/');
  const canonical = canonicalAddress(address ?? '');
  if (canonical === undefined || rest.length > 0) return undefined;
  const bits = canonical.includes(':') ? 128 : 32;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = Number(length ?? bits);
  if (prefix > bits) return undefined;
  return bits === 32 ? `::ffff:${canonical}/${96 + prefix}` : `${canonical}/${prefix}`;
}
