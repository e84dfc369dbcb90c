import type { LayerCursor, NextLayer } from './layer.ts';
import { linkType } from './link-type.ts';

/** ERSPAN type II, 8 bytes, then the mirrored frame. Source: draft-foschiano-erspan. */
export function passErspan2(cursor: LayerCursor): NextLayer {
  return cursor.pass(8, linkType.ethernet);
}

/**
 * ERSPAN type III, 12 bytes; the last two are P 1 bit | frame type 5 (0 Ethernet, 2 IP) | hardware 6 |
 * direction 1 | granularity 2 | whether 8 bytes for the platform follow 1. Source: draft-foschiano-erspan.
 */
export function passErspan3(cursor: LayerCursor): NextLayer {
  if (!cursor.has(12)) return 'packet_truncated';
  const flags = cursor.uint16(10);
  const isIp = ((flags >> 10) & 0x1f) === 2;
  return cursor.pass((flags & 1) === 0 ? 12 : 20, isIp ? linkType.raw : linkType.ethernet);
}
