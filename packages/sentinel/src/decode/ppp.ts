import type { LayerCursor, NextLayer } from './layer.ts';
import { linkType } from './link-type.ts';

/**
 * PPP with or without HDLC-like framing (RFC 1662 section 3.1: address 0xff, control 0x03) and with or
 * without a compressed protocol field (RFC 1661 section 6.5: an odd first byte is all of it).
 * @param type the link type: 50 may be Cisco HDLC instead, 166 has a direction in place of the address
 */
export function passPpp(cursor: LayerCursor, type: number): NextLayer {
  if (!cursor.has(2)) return 'packet_truncated';
  const address = cursor.uint8(0);
  if (type === linkType.pppHdlc && (address === 0x0f || address === 0x8f)) return linkType.ciscoHdlc;
  const isAddress = address === 0xff || (type === linkType.pppPppd && address <= 1);
  if (isAddress && cursor.uint8(1) === 0x03) cursor.at += 2;
  if (!cursor.has(2)) return 'packet_truncated';
  const isCompressed = (cursor.uint8(0) & 1) === 1;
  const protocol = isCompressed ? cursor.uint8(0) : cursor.uint16(0);
  cursor.at += isCompressed ? 1 : 2;
  return afterProtocol(cursor, protocol);
}

/** IANA "PPP DLL Protocol Numbers". */
function afterProtocol(cursor: LayerCursor, protocol: number): NextLayer {
  switch (protocol) {
    case 0x0021: // IPv4
    case 0x0057: // IPv6
      return linkType.raw;
    case 0x0281: // MPLS
    case 0x0283:
      return linkType.mpls;
    case 0x0031:
      return passBridging(cursor);
    case 0x0053: // encrypted, RFC 1968
    case 0x0055:
      return 'frame_encrypted';
    default:
      return 'not_ip';
  }
}

/** RFC 3518 section 4.2: flags and pad 1 | MAC type 1 | LAN id 4, if flagged | the frame. */
function passBridging(cursor: LayerCursor): NextLayer {
  if (!cursor.has(2)) return 'packet_truncated';
  const isEthernet = cursor.uint8(1) === 1;
  return isEthernet ? cursor.pass((cursor.uint8(0) & 0x40) === 0 ? 2 : 6, linkType.ethernet) : 'not_ip';
}

/** RFC 2516 section 4: version and type 1 | code 1 | session 2 | length 2 | PPP without framing. */
export function passPppoe(cursor: LayerCursor): NextLayer {
  if (!cursor.has(6)) return 'packet_truncated';
  if (cursor.uint16(0) !== 0x1100) return 'not_ip';
  const length = cursor.uint16(4);
  cursor.at += 6;
  cursor.limit(length);
  return linkType.ppp;
}
