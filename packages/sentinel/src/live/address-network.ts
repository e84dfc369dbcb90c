import ipaddr from 'ipaddr.js';
import { systemError } from './libc.ts';

/** Addresses that share their first bits, as 32-bit words in the order of the wire. */
export interface AddressNetwork {
  readonly version: 4 | 6;
  readonly words: readonly { readonly value: number; readonly mask: number }[];
}

/**
 * Reads `192.0.2.7`, `192.0.2.0/24`, `2001:db8::1` or `2001:db8::/32`; `::ffff:192.0.2.7` is IPv4.
 * Throws EINVAL that names the setting for anything else.
 */
export function parseNetwork(text: string, setting: string): AddressNetwork {
  const [address, bits] = ipaddr.isValidCIDR(text)
    ? ipaddr.parseCIDR(text)
    : [parseAddress(text, setting), undefined];
  const bytes = address.toByteArray();
  const prefix = bits ?? bytes.length * 8;
  const words = [];
  for (let i = 0; i < bytes.length; i += 4) {
    const value = new DataView(Uint8Array.from(bytes.slice(i, i + 4)).buffer).getUint32(0);
    const maskBits = Math.min(32, Math.max(0, prefix - i * 8));
    const mask = maskBits === 0 ? 0 : (0xffffffff << (32 - maskBits)) >>> 0;
    words.push({ value: (value & mask) >>> 0, mask });
  }
  return { version: bytes.length === 4 ? 4 : 6, words };
}

function parseAddress(text: string, setting: string): ipaddr.IPv4 | ipaddr.IPv6 {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) return ipaddr.process(text);
  throw systemError('EINVAL', `${setting}: ${text} is neither an address nor a network such as 192.0.2.0/24`);
}
