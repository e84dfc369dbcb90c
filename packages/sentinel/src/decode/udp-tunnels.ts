import { afterServiceProtocol } from './ether-type.ts';
import { passGre } from './ip-tunnels.ts';
import type { LayerCursor, NextLayer } from './layer.ts';
import { afterEtherType, linkType } from './link-type.ts';

const port = {
  l2tp: 1701,
  gtp: 2152,
  teredo: 3544,
  gre: 4754,
  vxlan: 4789,
  vxlanGpe: 4790,
  geneve: 6081,
  mpls: 6635,
  /** Linux's before there was a registered one; Cisco's OTV, with the same header. */
  vxlanLinux: 8472,
} as const;

const udpHeaderLength = 8;

/** Whether a datagram between these ports may be a tunnel: then its content decides. */
export function mayBeUdpTunnel(source: number, destination: number): boolean {
  return isTunnelPort(destination) || isTunnelPort(source);
}

function isTunnelPort(number: number): boolean {
  switch (number) {
    case port.l2tp:
    case port.gtp:
    case port.teredo:
    case port.gre:
    case port.vxlan:
    case port.vxlanGpe:
    case port.geneve:
    case port.mpls:
    case port.vxlanLinux:
      return true;
    default:
      return false;
  }
}

/**
 * Enters the tunnel that a UDP datagram's ports and content name; the cursor is at the UDP header.
 * @returns `undefined` where it is plain UDP
 */
export function enterUdpTunnel(cursor: LayerCursor): NextLayer | undefined {
  if (!cursor.has(udpHeaderLength)) return undefined;
  const source = cursor.uint16(0);
  const destination = cursor.uint16(2);
  if (!mayBeUdpTunnel(source, destination)) return undefined;
  cursor.at += udpHeaderLength;
  switch (isTunnelPort(destination) ? destination : source) {
    case port.vxlan:
    case port.vxlanLinux:
      return passVxlan(cursor);
    case port.vxlanGpe:
      return passVxlanGpe(cursor);
    case port.geneve:
      return passGeneve(cursor);
    case port.gre: // RFC 8086
      return passGre(cursor);
    case port.gtp:
      return passGtp(cursor);
    case port.teredo:
      return passTeredo(cursor);
    case port.l2tp:
      return passL2tp(cursor);
    default: // RFC 7510
      cursor.tunnel = 'tunnels_mpls';
      return linkType.mpls;
  }
}

/**
 * RFC 7348 section 5: flags 1 | reserved 3 | network 3 | reserved 1 | Ethernet. Senders differ in what they
 * set; two bits that all leave alone tell QUIC's long headers apart.
 */
function passVxlan(cursor: LayerCursor): NextLayer | undefined {
  if (!cursor.has(8) || cursor.uint8(0) >= 0xc0) return undefined;
  cursor.tunnel = 'tunnels_vxlan';
  return cursor.pass(8, linkType.ethernet);
}

/** draft-ietf-nvo3-vxlan-gpe: version 2 bits, 0 | flags 6 | reserved 2 | next protocol 1, 0 for Ethernet | … */
function passVxlanGpe(cursor: LayerCursor): NextLayer | undefined {
  if (!cursor.has(8) || cursor.uint8(0) >= 0x40) return undefined;
  cursor.tunnel = 'tunnels_vxlan';
  const protocol = cursor.uint8(3);
  return cursor.pass(8, protocol === 0 ? linkType.ethernet : afterServiceProtocol(protocol));
}

/** RFC 8926 section 3.4: version 2 bits, 0 | options in words 6 bits | flags 1 | EtherType 2 | network 3 | 1. */
function passGeneve(cursor: LayerCursor): NextLayer | undefined {
  if (!cursor.has(8) || cursor.uint8(0) > 0x3f) return undefined;
  cursor.tunnel = 'tunnels_geneve';
  const next = afterEtherType(cursor.uint16(2));
  return cursor.pass(8 + cursor.uint8(0) * 4, next);
}

/**
 * GTP-U, version 1, user data only (3GPP TS 29.281 section 5.1): flags 1 | message type 1 | length 2 |
 * tunnel 4, then 4 bytes if any of the flags 0x07 is set, the last of which names an extension header
 * (length in words 1 | … | next 1).
 */
function passGtp(cursor: LayerCursor): NextLayer | undefined {
  if (!cursor.has(8)) return undefined;
  const flags = cursor.uint8(0);
  if (flags >> 4 !== 3 || cursor.uint8(1) !== 0xff) return undefined;
  let length = 8;
  if ((flags & 0x07) !== 0) {
    length = 12;
    if (!cursor.has(length)) return undefined;
    let extension = (flags & 0x04) === 0 ? 0 : cursor.uint8(11);
    while (extension !== 0) {
      if (!cursor.has(length + 1) || cursor.uint8(length) === 0) return undefined;
      length += cursor.uint8(length) * 4;
      if (!cursor.has(length)) return undefined;
      extension = cursor.uint8(length - 1);
    }
  }
  cursor.tunnel = 'tunnels_gtp';
  return cursor.pass(length, linkType.raw);
}

/**
 * RFC 4380 section 5.1.1: an authentication (0x0001 | two lengths | both values | nonce 8 | confirmation 1)
 * and an origin (0x0000 | port 2 | address 4) may stand before the IPv6 packet.
 */
function passTeredo(cursor: LayerCursor): NextLayer | undefined {
  if (cursor.has(4) && cursor.uint16(0) === 0x0001) cursor.at += 13 + cursor.uint8(2) + cursor.uint8(3);
  if (cursor.has(8) && cursor.uint16(0) === 0x0000) cursor.at += 8;
  if (!cursor.has(40) || cursor.uint8(0) >> 4 !== 6) return undefined;
  cursor.tunnel = 'tunnels_teredo';
  return linkType.raw;
}

/**
 * RFC 2661 section 3.1, data messages: flags and version 2 | length 2 | tunnel 2 | session 2 |
 * sequence 2+2 | offset 2 and as much padding; length, sequence and offset if flagged. Then PPP.
 */
function passL2tp(cursor: LayerCursor): NextLayer | undefined {
  if (!cursor.has(8)) return undefined;
  const flags = cursor.uint16(0);
  const isControl = (flags & 0x8000) !== 0;
  if (isControl || (flags & 0x0f) !== 2) return undefined;
  let length = (flags & 0x4000) === 0 ? 6 : 8;
  if ((flags & 0x0800) !== 0) length += 4;
  if ((flags & 0x0200) !== 0) {
    if (!cursor.has(length + 2)) return undefined;
    length += 2 + cursor.uint16(length);
  }
  cursor.tunnel = 'tunnels_l2tp';
  return cursor.pass(length, linkType.ppp);
}
