import { networkInterfaces } from 'node:os';
import { parseNetwork } from './address-network.ts';
import { libc } from './libc.ts';

const etherTypeIpv4 = 0x0800;
const etherTypeIpv6 = 0x86dd;
/** An address that is not known is looked for again, at most this often. */
const refreshMs = 100;
/** Past this many addresses, none is asked for any more: every destination is wanted. */
const maxAddresses = 1024;

/**
 * The addresses of this machine, as they come and go: an address that moves here (DHCP, a virtual address after
 * a failover) counts from its first packet on. The filter in the kernel cannot follow them, because it is locked.
 * Addresses that were here stay, so that a packet on its way is not lost.
 */
export class LocalDestinations {
  /** One word per address, and four. */
  #ipv4 = new Uint32Array(0);
  #ipv6 = new Uint32Array(0);
  readonly #known = new Set<string>();
  /** Numbers of the interfaces that have an address of their own: the others listen to a tap or a mirror port. */
  readonly #addressed = new Set<number>();
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor() {
    this.refresh();
  }

  /**
   * Whether the packet in `bytes[at, at + length)` is for this machine, or came in where every packet is wanted.
   * True for what is not IP: it is somebody else's to judge.
   */
  include(bytes: Uint8Array, at: number, length: number, etherType: number, interfaceIndex: number): boolean {
    if (!this.#addressed.has(interfaceIndex)) return true;
    if (this.#holds(bytes, at, length, etherType)) return true;
    const now = performance.now();
    if (now - this.#refreshedAt < refreshMs) return false;
    this.refresh();
    return !this.#addressed.has(interfaceIndex) || this.#holds(bytes, at, length, etherType);
  }

  #holds(bytes: Uint8Array, at: number, length: number, etherType: number): boolean {
    if (etherType === etherTypeIpv4 && length >= 20) {
      const destination = word(bytes, at + 16);
      return this.#ipv4.includes(destination);
    }
    if (etherType !== etherTypeIpv6 || length < 40) return true;
    const addresses = this.#ipv6;
    for (let i = 0; i < addresses.length; i += 4) {
      if (
        addresses[i + 3] === word(bytes, at + 36) &&
        addresses[i + 2] === word(bytes, at + 32) &&
        addresses[i + 1] === word(bytes, at + 28) &&
        addresses[i] === word(bytes, at + 24)
      ) {
        return true;
      }
    }
    return false;
  }

  /** Reads the addresses that the system has now. */
  refresh(): void {
    this.#refreshedAt = performance.now();
    this.#addressed.clear();
    for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
      const own = addresses.filter(({ address, internal }) => !internal && !/^fe[89ab]/i.test(address));
      // An address with a label is listed under it: eth0:1.
      if (own.length > 0) this.#addressed.add(libc().if_nametoindex(name.split(':')[0] ?? name));
      for (const { address } of addresses) this.#known.add(address);
    }
    if (this.#known.size > maxAddresses) this.#addressed.clear();
    const networks = [...this.#known].map((address) => parseNetwork(address, 'address'));
    const wordsOf = (version: 4 | 6) =>
      Uint32Array.from(
        networks
          .filter((network) => network.version === version)
          .flatMap(({ words }) => words.map(({ value }) => value)),
      );
    this.#ipv4 = wordsOf(4);
    this.#ipv6 = wordsOf(6);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
