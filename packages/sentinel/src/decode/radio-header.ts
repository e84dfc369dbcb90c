import type { LayerCursor, NextLayer } from './layer.ts';
import { linkType } from './link-type.ts';

const checkSequenceBytes = 4;

/**
 * Radiotap: version 1 | pad 1 | length 2 | words of presence flags, each saying by its highest bit whether
 * another follows | fields, each aligned to its size. Source: radiotap.org, "Flags" and "TSFT".
 */
export function passRadiotap(cursor: LayerCursor): NextLayer {
  if (!cursor.has(8)) return 'packet_truncated';
  const length = cursor.uint16le(2);
  if (cursor.uint8(0) !== 0 || length < 8) return 'not_ip';
  if (!cursor.has(length)) return 'packet_truncated';
  const present = cursor.uint8(4);
  let words = 4;
  while (words + 4 <= length && (cursor.uint8(words + 3) & 0x80) !== 0) words += 4;
  let field = words + 4;
  const hasTimestamp = (present & 1) !== 0;
  if (hasTimestamp) field = ((field + 7) & ~7) + 8;
  const hasFlags = (present & 2) !== 0 && field < length;
  const flags = hasFlags ? cursor.uint8(field) : 0;
  if ((flags & 0x10) !== 0) cursor.end -= checkSequenceBytes;
  cursor.isHeaderPadded = (flags & 0x20) !== 0;
  return cursor.pass(length, linkType.ieee80211);
}

/**
 * LINKTYPE_IEEE802_11_PRISM: message code 4 | length 4 in the capturing machine's byte order | …; some drivers
 * write the AVS header under this number.
 */
export function passPrism(cursor: LayerCursor): NextLayer {
  if (!cursor.has(8)) return 'packet_truncated';
  if (cursor.uint16(0) === 0x8021 && cursor.uint8(2) === 0x10) return linkType.ieee80211Avs;
  const length = Math.min(cursor.uint32le(4), cursor.uint32(4));
  return length < 8 ? 'not_ip' : cursor.pass(length, linkType.ieee80211);
}

/** LINKTYPE_IEEE802_11_AVS: version 4 | header length 4 | …, big-endian. */
export function passAvs(cursor: LayerCursor): NextLayer {
  if (!cursor.has(8)) return 'packet_truncated';
  const length = cursor.uint32(4);
  return length < 8 ? 'not_ip' : cursor.pass(length, linkType.ieee80211);
}

/** The PPI field that says whether a check sequence was captured ("802.11-Common"). */
const commonField = 2;

/**
 * Per-Packet Information, little-endian: version 1 | flags 1 | length 2 | link type of what follows 4, then
 * fields: type 2 | length 2 | value. Source: "PPI Packet Header format", CACE Technologies.
 */
export function passPpi(cursor: LayerCursor): NextLayer {
  if (!cursor.has(8)) return 'packet_truncated';
  const length = cursor.uint16le(2);
  const next = cursor.uint32le(4);
  if (length < 8 || next >= linkType.etherType) return 'not_ip';
  if (!cursor.has(length)) return 'packet_truncated';
  const hasCommon = length >= 22 && cursor.uint16le(8) === commonField && next === linkType.ieee80211;
  if (hasCommon && (cursor.uint16le(20) & 1) !== 0) cursor.end -= checkSequenceBytes;
  return cursor.pass(length, next);
}
