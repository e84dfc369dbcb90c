import { BlockList, isIPv6 } from 'node:net';
import { canonicalAddress } from './address.ts';

/** How many answers are remembered; the list itself is searched linearly. */
const maxRemembered = 10_000;

function operatorMistake(entry: string): Error {
  return Object.assign(
    new Error(
      `"${entry}" is neither an address nor a network; write it like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32`,
    ),
    { code: 'JA4_BAD_ADDRESS' },
  );
}

/** Addresses and networks from the configuration, e.g. `['192.0.2.7', '2001:db8::/32']`. */
export class AddressSet {
  readonly #list = new BlockList();
  readonly #remembered = new Map<string, boolean>();
  readonly #empty: boolean;

  /** @throws Error `JA4_BAD_ADDRESS` for an entry that is neither an address nor a network. */
  constructor(entries: readonly string[]) {
    this.#empty = entries.length === 0;
    for (const entry of entries) {
      const [host = '', prefix, rest] = entry.trim().split('/');
      const address = canonicalAddress(host);
      if (address === undefined || rest !== undefined) throw operatorMistake(entry);
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (prefix === undefined) {
        this.#list.addAddress(address, family);
        continue;
      }
      const longest = family === 'ipv6' ? 128 : 32;
      // A mapped network (::ffff:10.0.0.0/104) was made IPv4 above, so its prefix shrinks with it.
      const length = Number(prefix) - (family === 'ipv4' && host.includes(':') ? 96 : 0);
      if (!/^\d{1,3}$/.test(prefix) || length < 0 || length > longest) throw operatorMistake(entry);
      this.#list.addSubnet(address, length, family);
    }
  }

  /** Whether a canonical address is in the set. */
  has(address: string): boolean {
    if (this.#empty) return false;
    const known = this.#remembered.get(address);
    if (known !== undefined) return known;
    const found = this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    this.#remembered.set(address, found);
    return found;
  }
}
