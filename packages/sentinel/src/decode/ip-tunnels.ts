import type { LayerCursor, NextLayer } from './layer.ts';
import { afterEtherType, linkType } from './link-type.ts';

const tunnelProtocols: readonly number[] = [4, 41, 47, 97, 137];

/** Whether {@link enterIpTunnel} knows the protocol. */
export function isIpTunnel(protocol: number): boolean {
  return tunnelProtocols.includes(protocol);
}

/**
 * Enters the tunnel that an IP protocol number names; the cursor is behind the IP header.
 * @returns `undefined` for what is not a tunnel
 */
export function enterIpTunnel(cursor: LayerCursor, protocol: number): NextLayer | undefined {
  switch (protocol) {
    case 4: // IPv4, RFC 2003
      cursor.tunnel = 'tunnels_ip_in_ip';
      return linkType.raw;
    case 41: // IPv6, RFC 4213
      cursor.tunnel = 'tunnels_6in4';
      return linkType.raw;
    case 47:
      return passGre(cursor);
    case 97: // EtherIP, RFC 3378: version and reserved 2 | Ethernet
      cursor.tunnel = 'tunnels_etherip';
      return cursor.pass(2, linkType.ethernet);
    case 137: // RFC 4023
      cursor.tunnel = 'tunnels_mpls';
      return linkType.mpls;
    default:
      return undefined;
  }
}

const erspan2 = 0x88be;
const erspan3 = 0x22eb;
const checksumPresent = 0x8000;
const routingPresent = 0x4000;
const keyPresent = 0x2000;
const sequencePresent = 0x1000;
const acknowledgmentPresent = 0x0080;

/**
 * RFC 2784 with RFC 2890, and version 1 of RFC 2637 (PPTP). The routing of RFC 1701, which nothing sends any
 * more, is not followed.
 *
 *     flags and version 2 | protocol 2 | checksum 2+2 | key 4 | sequence 4, the last three if flagged
 */
export function passGre(cursor: LayerCursor): NextLayer {
  if (!cursor.has(4)) return 'packet_truncated';
  const flags = cursor.uint16(0);
  const protocol = cursor.uint16(2);
  const version = flags & 0x07;
  if (version === 1) return passPptp(cursor, flags);
  if (version !== 0 || (flags & routingPresent) !== 0) return 'not_ip';
  const hasSequence = (flags & sequencePresent) !== 0;
  const words = 1 + Number((flags & checksumPresent) !== 0) + Number((flags & keyPresent) !== 0);
  if (!cursor.has((words + Number(hasSequence)) * 4)) return 'packet_truncated';
  cursor.at += (words + Number(hasSequence)) * 4;
  cursor.tunnel = 'tunnels_gre';
  switch (protocol) {
    case erspan2:
    case erspan3:
      cursor.tunnel = 'tunnels_erspan';
      // Type I shares type II's number; it has neither sequence numbers nor a header of its own.
      return protocol === erspan2 && !hasSequence ? linkType.ethernet : afterEtherType(protocol);
    case 0x883e:
      // WCCP: version 2 puts 4 bytes, which do not look like IPv4, before the redirected packet.
      if (!cursor.has(1)) return 'packet_truncated';
      return cursor.pass(cursor.uint8(0) >> 4 === 4 ? 0 : 4, linkType.raw);
    default:
      return afterEtherType(protocol);
  }
}

/** RFC 2637 section 4.1: payload length 2 | call id 2 | sequence 4 | acknowledgment 4, if flagged; then PPP. */
function passPptp(cursor: LayerCursor, flags: number): NextLayer {
  if ((flags & sequencePresent) === 0) return 'not_ip';
  cursor.tunnel = 'tunnels_pptp';
  return cursor.pass((flags & acknowledgmentPresent) === 0 ? 12 : 16, linkType.ppp);
}
