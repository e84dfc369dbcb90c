import { BlockList, isIP, isIPv6 } from 'node:net';

/** The visitor's address as a trusted proxy reports it; undefined when there is none to trust. */
export type ClientAddress = (forwardedFor: string | undefined, peer: string) => string | undefined;

/** IPv4-mapped addresses as IPv4, without zone; undefined for what is no address. */
export function plainAddress(text: string): string | undefined {
  const zone = text.indexOf('%');
  const address = zone === -1 ? text : text.slice(0, zone);
  const plain = /^::ffff:\d+\./i.test(address) ? address.slice(7) : address;
  return isIP(plain) === 0 ? undefined : plain;
}

/** `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`: what proxies write. */
function forwardedAddress(text: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
  if (bracketed !== null) return plainAddress(bracketed[1] ?? '');
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text);
  return plainAddress(withPort?.[1] ?? text);
}

/** Longest X-Forwarded-For that is read, and most proxies in it: a visitor can send any. */
const maxLength = 2_048;
const maxHops = 32;

/**
 * Reads X-Forwarded-For from the right, where the nearest proxy has written, over all trusted proxies; what
 * stands before the first untrusted address may be invented.
 *
 * @param trusted addresses and networks (`10.0.0.0/8`). Throws for anything else.
 */
export function forwardedBy(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList();
  for (const text of trusted) addTo(proxies, text);
  const isTrusted = (address: string) => proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return (forwardedFor, peer) => {
    if (forwardedFor === undefined || forwardedFor.length > maxLength || !isTrusted(peer)) return undefined;
    const hops = forwardedFor.split(',').slice(-maxHops);
    let client: string | undefined;
    for (let hop = hops.pop(); hop !== undefined; hop = hops.pop()) {
      const address = forwardedAddress(hop.trim());
      if (address === undefined) break;
      client = address;
      if (!isTrusted(address)) break;
    }
    return client;
  };
}

function addTo(list: BlockList, text: string): void {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  const longest = version === 6 ? 128 : 32;
  const length = prefix === undefined ? longest : Number(prefix);
  const whole = prefix === undefined || /^\d{1,3}$/.test(prefix);
  if (version === 0 || !whole || length > longest || more.length > 0) {
    throw new Error(`trustedProxies: "${text}" is no address or network; write 192.0.2.1 or 2001:db8::/32`);
  }
  list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
}
