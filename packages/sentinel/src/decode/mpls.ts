import type { LayerCursor, NextLayer } from './layer.ts';
import { linkType } from './link-type.ts';

const maxLabels = 16;

/**
 * MPLS, RFC 3032: labels of 4 bytes, the last one flagged. Nothing says what follows the stack: IP shows its
 * version and a length that can be; anything else is a pseudowire with an Ethernet frame, with a control word
 * (first nibble 0, RFC 4385 section 3) or without.
 */
export function passMpls(cursor: LayerCursor): NextLayer {
  for (let labels = 0; ; labels++) {
    if (labels === maxLabels) return 'not_ip';
    if (!cursor.has(4)) return 'packet_truncated';
    const isLast = (cursor.uint8(2) & 1) === 1;
    cursor.at += 4;
    if (isLast) break;
  }
  if (!cursor.has(1)) return 'packet_truncated';
  const nibble = cursor.uint8(0) >> 4;
  if ((nibble === 4 || nibble === 6) && canBeIp(cursor, nibble)) return linkType.raw;
  const hasControlWord = nibble === 0 && (isEthernet(cursor, 4) || !isEthernet(cursor, 0));
  return cursor.pass(hasControlWord ? 4 : 0, linkType.ethernet);
}

/** Whether an IP header's own lengths contradict it: a MAC address may begin with 4 or 6 as well. */
function canBeIp(cursor: LayerCursor, version: number): boolean {
  const shortest = version === 4 ? 20 : 40;
  if (!cursor.has(shortest)) return true;
  if (version === 6) return 40 + cursor.uint16(4) <= cursor.end - cursor.at || !isEthernet(cursor, 0);
  const headerLength = (cursor.uint8(0) & 0x0f) * 4;
  return headerLength >= 20 && (cursor.uint16(2) >= headerLength || cursor.uint16(2) === 0);
}

/** Whether an Ethernet header at `offset` would name something that carries IP. */
function isEthernet(cursor: LayerCursor, offset: number): boolean {
  if (!cursor.has(offset + 14)) return false;
  switch (cursor.uint16(offset + 12)) {
    case 0x0800:
    case 0x86dd:
    case 0x8100:
    case 0x88a8:
    case 0x9100:
    case 0x8847:
    case 0x8864:
      return true;
    default:
      return false;
  }
}
