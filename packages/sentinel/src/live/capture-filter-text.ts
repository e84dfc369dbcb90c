import type { CaptureFilterOptions } from './capture-filter.ts';

const synOverIpv4 = 'tcp[13] & 18 = 2';
const payloadOverIpv4 = 'ip[2:2] > ((ip[0] & 15) << 2) + ((tcp[12] & 240) >> 2)';
const handshakeOverUdp = '(ip and udp and (udp[8] = 22 or udp[8] & 192 = 192))';
const fragmentsOverIpv4 = '(ip[6:2] & 0x1fff != 0 and (ip proto 6 or ip proto 17))';
const firstFragmentsOverIpv4 = 'ip[6:2] & 0x2000 != 0';
/** Headers that may stand before the transport's; the text cannot look behind them. */
const extendedIpv6 = '(ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60))';
const synOverIpv6 = '(ip6 and ip6[6] = 6 and ip6[53] & 18 = 2)';

const wholeIpv4 = 'ip[6:2] & 0x3fff = 0';

const anyOf = (terms: readonly string[]) => `(${terms.join(' or ')})`;

/**
 * The filter of `captureFilter` as text, for tcpdump. It never lets less pass, and a little more: IPv6
 * acknowledgements and everything behind IPv6 extension headers, because `tcp[…]` speaks of IPv4 only.
 */
export function captureFilterText(options: CaptureFilterOptions): string {
  const { ports, excludeSourceIps, localAddresses = [] } = options;
  const toPorts = anyOf(ports.map((port) => `dst port ${port}`));
  const tcpOverIpv4 = `(ip and tcp and (${firstFragmentsOverIpv4} or ${synOverIpv4} or (tcp[13] & 2 = 0 and ${payloadOverIpv4})))`;
  const firstFragmentOverUdp = `(ip and udp and ${firstFragmentsOverIpv4})`;
  // A load behind the packet's end drops it: first fragments are asked for before what they may lack.
  const wanted = anyOf([tcpOverIpv4, firstFragmentOverUdp, handshakeOverUdp, '(ip6 and (tcp or udp))']);
  const terms = [`((${toPorts} and ${wanted}) or ${fragmentsOverIpv4} or ${extendedIpv6})`];
  if (localAddresses.length > 0) terms.push(anyOf(localAddresses.map((address) => `dst net ${address}`)));
  if (excludeSourceIps.length > 0) {
    // What opens a connection passes, so that the exclusion can be counted.
    const overIpv4 = `(ip and ${wholeIpv4} and ((tcp and ${synOverIpv4}) or ${handshakeOverUdp}))`;
    const opens = anyOf([overIpv4, synOverIpv6, '(ip6 and udp)', extendedIpv6]);
    terms.push(`(${opens} or not ${anyOf(excludeSourceIps.map((source) => `src net ${source}`))})`);
  }
  return terms.join(' and ');
}
