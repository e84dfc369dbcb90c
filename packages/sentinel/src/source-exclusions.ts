import ipaddr from 'ipaddr.js';
import type { FrameLayout } from './decode/frame.ts';

/** A network as four 32-bit words; IPv4 as IPv4-mapped IPv6 (RFC 4291 2.5.5.2). */
interface Network {
  readonly words: Int32Array;
  readonly masks: Int32Array;
  /** An IPv6 network so wide that only a look at its first words decides: `::/0` means all of IPv6 only. */
  readonly ipv6Only: boolean;
}

const mappedBits = 96;

/**
 * Source addresses whose connections are not looked at: load balancers' health checks, monitoring, scanners
 * of one's own. IPv4 networks also match the IPv4-mapped form of their addresses, and the other way round.
 */
export class SourceExclusions {
  readonly #networks: readonly Network[];

  /**
   * @param networks addresses and networks: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`, `::ffff:192.0.2.7`
   * @throws `Error` with code `EINVAL` for a text that is neither
   */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map(parseNetwork);
  }

  /** Whether the packet's source is excluded. Meant for the first packet of a flow, not for every packet. */
  matches(layout: FrameLayout): boolean {
    const { buffer, addresses } = layout;
    const isIpv4 = layout.ipVersion === 4;
    for (const { words, masks, ipv6Only } of this.#networks) {
      if (isIpv4 && ipv6Only) continue;
      let i = 0;
      while (i < 4 && ((sourceWord(buffer, addresses, isIpv4, i) ^ words[i]!) & masks[i]!) === 0) i++;
      if (i === 4) return true;
    }
    return false;
  }
}

/** Word `i` of a packet's source address in IPv6 form. */
function sourceWord(buffer: Uint8Array, addresses: number, isIpv4: boolean, i: number): number {
  if (isIpv4 && i < 3) return i === 2 ? 0xffff : 0;
  const at = isIpv4 ? addresses : addresses + i * 4;
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}

function parseNetwork(text: string): Network {
  const [address, bits] = parse(text);
  const isIpv4 = address instanceof ipaddr.IPv4;
  const bytes = (isIpv4 ? address.toIPv4MappedAddress() : address).toByteArray();
  const prefix = isIpv4 ? bits + mappedBits : bits;
  const words = new Int32Array(4);
  const masks = new Int32Array(4);
  const view = new DataView(Uint8Array.from(bytes).buffer);
  for (let i = 0; i < 4; i++) {
    words[i] = view.getInt32(i * 4);
    const maskBits = Math.min(32, Math.max(0, prefix - i * 32));
    masks[i] = maskBits === 0 ? 0 : 0xffffffff << (32 - maskBits);
  }
  return { words, masks, ipv6Only: prefix < mappedBits };
}

function parse(text: string): [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number] {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return [ipaddr.IPv4.parse(text), 32];
  if (ipaddr.IPv6.isValid(text)) return [ipaddr.IPv6.parse(text), 128];
  throw Object.assign(
    new Error(`${text} is neither an address nor a network: write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32`),
    { code: 'EINVAL' },
  );
}
