import { passErspan2, passErspan3 } from './erspan.ts';
import type { LayerCursor, NextLayer } from './layer.ts';
import { afterEtherType, linkType } from './link-type.ts';
import { passLlc } from './llc.ts';
import { passMpls } from './mpls.ts';
import { passPppoe } from './ppp.ts';

/** IEEE 802.3: smaller values are the length of a frame that starts with LLC. */
const smallestEtherType = 0x0600;

/** Passes over a header that ends with an EtherType (or 802.3 length) at `typeOffset`. */
export function passToEtherType(cursor: LayerCursor, typeOffset: number): NextLayer {
  if (!cursor.has(typeOffset + 2)) return 'packet_truncated';
  const type = cursor.uint16(typeOffset);
  cursor.at += typeOffset + 2;
  return type < smallestEtherType ? linkType.llc : afterEtherType(type);
}

/** What an EtherType names, up to the next layer. Source: IEEE EtherType registry, IANA "IEEE 802 Numbers". */
export function passEtherType(cursor: LayerCursor, type: number): NextLayer {
  switch (type) {
    case 0x0800: // IPv4
    case 0x86dd: // IPv6
      return linkType.raw;
    case 0x8100: // VLAN, 802.1Q
    case 0x88a8: // VLAN of a provider, 802.1ad
    case 0x9100: // VLANs from before 802.1ad
    case 0x9200:
      return passToEtherType(cursor, 2);
    case 0x8926: // Cisco VN-tag
      return passToEtherType(cursor, 4);
    case 0x893f: // 802.1BR E-tag
    case 0x8909: // Cisco MetaData: version 1 | length 1 | option 2 | security group 2
      return passToEtherType(cursor, 6);
    case 0x88e7: // 802.1ah I-tag: flags 1 | service 3 | the customer's Ethernet frame
      return cursor.pass(4, linkType.ethernet);
    case 0x8903: // Cisco FabricPath: tag and time to live 2 | the frame that came in
      return cursor.pass(2, linkType.ethernet);
    case 0x6558: // transparent Ethernet bridging
      return linkType.ethernet;
    case 0x8847: // MPLS
    case 0x8848:
      return passMpls(cursor);
    case 0x8864:
      return passPppoe(cursor);
    case 0x880b:
      return linkType.ppp;
    case 0x88be:
      return passErspan2(cursor);
    case 0x22eb:
      return passErspan3(cursor);
    case 0x88e5:
      return passMacsec(cursor);
    case 0x894f:
      return passServiceHeader(cursor);
    case 0x0004:
    case 0x8870: // LLC in jumbo frames
      return passLlc(cursor);
    default:
      return 'not_ip';
  }
}

/** IEEE 802.1AE: flags 1 | short length 1 | packet number 4 | SCI 8, if flagged | EtherType 2. */
function passMacsec(cursor: LayerCursor): NextLayer {
  if (!cursor.has(6)) return 'packet_truncated';
  const flags = cursor.uint8(0);
  if ((flags & 0x0c) !== 0) return 'frame_encrypted';
  return passToEtherType(cursor, (flags & 0x20) === 0 ? 6 : 14);
}

/**
 * Network Service Header, RFC 8300 section 2.2:
 * version, flags and TTL 10 bits | length in words 6 bits | metadata type 1 | next protocol 1 | …
 */
function passServiceHeader(cursor: LayerCursor): NextLayer {
  if (!cursor.has(8)) return 'packet_truncated';
  const bytes = (cursor.uint8(1) & 0x3f) * 4;
  return bytes < 8 ? 'not_ip' : cursor.pass(bytes, afterServiceProtocol(cursor.uint8(3)));
}

/** IANA "NSH Next Protocol", which VXLAN-GPE shares. */
export function afterServiceProtocol(protocol: number): NextLayer {
  switch (protocol) {
    case 1:
    case 2:
      return linkType.raw;
    case 3:
      return linkType.ethernet;
    case 4:
      return afterEtherType(0x894f);
    case 5:
      return linkType.mpls;
    default:
      return 'not_ip';
  }
}
