import type { LayerCursor, NextLayer } from './layer.ts';
import { afterEtherType, linkType } from './link-type.ts';

/** IEEE 802.2: destination and source access point, control 1; then what they name. */
export function passLlc(cursor: LayerCursor): NextLayer {
  if (!cursor.has(3)) return 'packet_truncated';
  const points = cursor.uint16(0);
  const isUnnumbered = cursor.uint8(2) === 0x03;
  cursor.at += 3;
  if (!isUnnumbered) return 'not_ip';
  if (points === 0xaaaa) return passSnap(cursor);
  if (points === 0x0606) return linkType.raw;
  return points === 0xfefe ? passNetworkLayerId(cursor) : 'not_ip';
}

/** SNAP: organisation 3 | protocol 2, which is an EtherType where the organisation is none (RFC 1042). */
function passSnap(cursor: LayerCursor): NextLayer {
  if (!cursor.has(5)) return 'packet_truncated';
  const organisation = (cursor.uint8(0) << 16) | cursor.uint16(1);
  const protocol = cursor.uint16(3);
  cursor.at += 5;
  if (organisation === 0 || organisation === 0x0000f8) return afterEtherType(protocol);
  // RFC 2427 section 4.2: a bridged Ethernet frame, with or without its check sequence.
  const isBridged = organisation === 0x0080c2 && (protocol === 0x0001 || protocol === 0x0007);
  return isBridged ? linkType.ethernet : 'not_ip';
}

/** The network layer protocol identifier of ISO/IEC TR 9577, as RFC 2427 uses it. */
export function passNetworkLayerId(cursor: LayerCursor): NextLayer {
  if (!cursor.has(1)) return 'packet_truncated';
  const id = cursor.uint8(0);
  cursor.at += 1;
  switch (id) {
    case 0xcc: // IPv4
    case 0x8e: // IPv6
      return linkType.raw;
    case 0xcf:
      return linkType.ppp;
    case 0x80:
      return passSnap(cursor);
    default:
      return 'not_ip';
  }
}
