import { passEtherType, passToEtherType } from './ether-type.ts';
import { passAggregate, passIeee80211 } from './ieee80211.ts';
import type { LayerCursor, NextLayer } from './layer.ts';
import { afterEtherType, linkType } from './link-type.ts';
import { passNetworkLayerId } from './llc.ts';
import { passMpls } from './mpls.ts';
import { passPpp, passPppoe } from './ppp.ts';
import { passAvs, passPpi, passPrism, passRadiotap } from './radio-header.ts';

/** Passes over one layer below IP. `linkType.raw` comes out where an IP packet is to begin. */
export function passLinkLayer(cursor: LayerCursor, type: number): NextLayer {
  if (type === linkType.aggregate) return passAggregate(cursor);
  if (type >= linkType.etherType) return passEtherType(cursor, type - linkType.etherType);
  switch (type) {
    case linkType.ethernet:
      return passToEtherType(cursor, 12);
    case linkType.rawOpenBsd:
    case linkType.rawOther:
    case linkType.ipv4:
    case linkType.ipv6:
      return linkType.raw;
    case linkType.bsdNull:
    case linkType.bsdLoop:
      // Four bytes of address family, whose values and byte order differ between systems: IP says it better.
      return cursor.pass(4, linkType.raw);
    case linkType.openBsdEnc:
      // Address family 4 | security parameter index 4 | flags 4.
      return cursor.pass(12, linkType.raw);
    case linkType.linuxCooked:
      return passCooked(cursor, 2, 14, 16);
    case linkType.linuxCooked2:
      return passCooked(cursor, 8, 0, 20);
    case linkType.ppp:
    case linkType.pppHdlc:
    case linkType.pppPppd:
      return passPpp(cursor, type);
    case linkType.pppWithDirection:
      return cursor.pass(1, linkType.ppp);
    case linkType.pppoe:
      return passPppoe(cursor);
    case linkType.ciscoHdlc:
      // Address 1 | control 1 | protocol 2.
      return passToEtherType(cursor, 2);
    case linkType.ciscoHdlcWithDirection:
      return cursor.pass(1, linkType.ciscoHdlc);
    case linkType.frameRelay:
      return passFrameRelay(cursor);
    case linkType.frameRelayWithDirection:
      return cursor.pass(1, linkType.frameRelay);
    case linkType.fddi:
      // Frame control 1 | destination 6 | source 6.
      return cursor.pass(13, linkType.llc);
    case linkType.broadcomTag:
    case linkType.marvellTag:
      // Destination 6 | source 6 | the switch's tag 4.
      return passToEtherType(cursor, 16);
    case linkType.marvellEtherTypeTag:
      // Destination 6 | source 6 | EtherType 2, reserved 2 and tag 4 of the switch.
      return passToEtherType(cursor, 20);
    case linkType.broadcomTagPrepended:
    case linkType.netAnalyzer:
      return cursor.pass(4, linkType.ethernet);
    case linkType.ipOverInfiniband: {
      // Global routing header 40 | EtherType 2 | reserved 2.
      const next = passToEtherType(cursor, 40);
      return typeof next === 'string' ? next : cursor.pass(2, next);
    }
    case linkType.ipnet:
      // Version and family 2 | hook 2 | length, interface, group, zones 20.
      return cursor.pass(24, linkType.raw);
    case linkType.mpls:
      return passMpls(cursor);
    case linkType.nflog:
      return passNflog(cursor);
    case linkType.pflog:
      return passPflog(cursor);
    case linkType.pktap:
    case linkType.pktapUser:
      return passPktap(cursor);
    case linkType.ieee80211:
      return passIeee80211(cursor);
    case linkType.ieee80211Radiotap:
      return passRadiotap(cursor);
    case linkType.ieee80211Prism:
      return passPrism(cursor);
    case linkType.ieee80211Avs:
      return passAvs(cursor);
    case linkType.ppi:
      return passPpi(cursor);
    default:
      return 'link_type_unsupported';
  }
}

/**
 * Linux cooked capture, both versions: the protocol is an EtherType, except for devices whose frames follow
 * whole. Source: LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2.
 */
function passCooked(
  cursor: LayerCursor,
  deviceOffset: number,
  typeOffset: number,
  headerLength: number,
): NextLayer {
  if (!cursor.has(headerLength)) return 'packet_truncated';
  const device = cursor.uint16(deviceOffset);
  const type = cursor.uint16(typeOffset);
  cursor.at += headerLength;
  switch (device) {
    case 770: // ARPHRD_FRAD
      return linkType.frameRelay;
    case 803: // ARPHRD_IEEE80211_RADIOTAP
      return linkType.ieee80211Radiotap;
    case 824: // ARPHRD_NETLINK
      return 'not_ip';
    default:
      return afterEtherType(type);
  }
}

/** RFC 2427: address 2–4 bytes, the last one flagged; then control 0x03 and a protocol, or Cisco's EtherType. */
function passFrameRelay(cursor: LayerCursor): NextLayer {
  let address = 0;
  do {
    if (address === 4) return 'not_ip';
    if (!cursor.has(address + 3)) return 'packet_truncated';
    address++;
  } while ((cursor.uint8(address - 1) & 1) === 0);
  cursor.at += address;
  if (cursor.uint8(0) !== 0x03) return passToEtherType(cursor, 0);
  // A pad byte may align what follows.
  cursor.at += cursor.uint8(1) === 0 ? 2 : 1;
  return passNetworkLayerId(cursor);
}

const nflogPayload = 9;

/**
 * LINKTYPE_NFLOG: family 1 | version 1 | resource 2, then attributes: length 2 (with these 4 bytes) | type 2 |
 * value, padded to 4; in the byte order of the machine that captured. Attribute 9 is the packet.
 */
function passNflog(cursor: LayerCursor): NextLayer {
  if (!cursor.has(8)) return 'packet_truncated';
  cursor.at += 4;
  const littleEndian = canBeLength(cursor, cursor.uint16le(0));
  while (cursor.has(4)) {
    const length = littleEndian ? cursor.uint16le(0) : cursor.uint16(0);
    const type = (littleEndian ? cursor.uint16le(2) : cursor.uint16(2)) & 0x7fff;
    if (length < 4) return 'not_ip';
    if (type === nflogPayload) {
      cursor.limit(length);
      return cursor.pass(4, linkType.raw);
    }
    cursor.at += length + ((4 - (length % 4)) % 4);
  }
  return cursor.at > cursor.end ? 'packet_truncated' : 'not_ip';
}

function canBeLength(cursor: LayerCursor, length: number): boolean {
  return length >= 4 && length <= cursor.end - cursor.at;
}

/** LINKTYPE_PFLOG: the first byte is the header's length without the padding to 4. */
function passPflog(cursor: LayerCursor): NextLayer {
  if (!cursor.has(1)) return 'packet_truncated';
  return cursor.pass((cursor.uint8(0) + 3) & ~3, linkType.raw);
}

/** LINKTYPE_PKTAP (macOS), little-endian: header length 4 | record type 4 | link type of what follows 4 | … */
function passPktap(cursor: LayerCursor): NextLayer {
  if (!cursor.has(12)) return 'packet_truncated';
  const length = cursor.uint32le(0);
  const next = cursor.uint32le(8);
  if (length < 12 || next >= linkType.etherType) return 'not_ip';
  return cursor.pass(length, next);
}
