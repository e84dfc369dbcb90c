import type { LayerCursor, NextLayer } from './layer.ts';
import { linkType } from './link-type.ts';

/**
 * IEEE 802.11 section 9.3.2, data frames; others hold no packets. Encrypted ones are told apart, not guessed
 * at, and of a fragmented frame only the first part can be read.
 *
 *     frame control 2 | duration 2 | addresses 6+6+6 | sequence 2 | address 6, between two systems only |
 *     QoS control 2, by subtype | HT control 4, if ordered QoS | LLC, or the frames of an A-MSDU
 */
export function passIeee80211(cursor: LayerCursor): NextLayer {
  if (!cursor.has(2)) return 'packet_truncated';
  const control = cursor.uint8(0);
  const flags = cursor.uint8(1);
  const isData = (control & 0x0f) === 0x08;
  const isEmpty = (control & 0x40) !== 0;
  if (!isData || isEmpty) return 'not_ip';
  const isBetweenSystems = (flags & 0x03) === 0x03;
  const isQos = (control & 0x80) !== 0;
  const isOrdered = (flags & 0x80) !== 0;
  let header = isBetweenSystems ? 30 : 24;
  if (!cursor.has(header + 2)) return 'packet_truncated';
  const isAggregate = isQos && (cursor.uint8(header) & 0x80) !== 0;
  const isLaterFragment = (cursor.uint8(22) & 0x0f) !== 0;
  if ((flags & 0x40) !== 0) return 'frame_encrypted';
  if (isLaterFragment) return 'not_ip';
  if (isQos) header += isOrdered ? 6 : 2;
  if (cursor.isHeaderPadded) header = (header + 3) & ~3;
  return cursor.pass(header, isAggregate ? linkType.aggregate : linkType.llc);
}

/**
 * One frame of an A-MSDU (section 9.3.2.2): destination 6 | source 6 | length 2 | LLC, padded to 4. The
 * cursor's `rest` is what follows it.
 */
export function passAggregate(cursor: LayerCursor): NextLayer {
  if (!cursor.has(14)) return 'packet_truncated';
  const length = cursor.uint16(12);
  cursor.restAt = cursor.at + ((14 + length + 3) & ~3);
  cursor.restEnd = cursor.end;
  cursor.at += 14;
  cursor.limit(length);
  return linkType.llc;
}
