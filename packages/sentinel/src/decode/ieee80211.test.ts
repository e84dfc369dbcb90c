import { describe, expect, it } from 'vitest';
import { newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder, linkType } from './frame.ts';
import { bytes, decode, hex, innerIpv4, innerIpv6, result, uint16 } from './packets.test-support.ts';

const found = { outcome: 'ok', packet: hex(innerIpv4), more: false };
const zeros = (count: number) => new Uint8Array(count);
const addresses = '02 00 00 00 00 01 | 02 00 00 00 00 02 | 02 00 00 00 00 03';
const snap = 'aa aa 03 | 00 00 00 | 08 00';

/** Frame control of data to an access point, duration, three addresses, sequence 1. */
const data = (control: string, ...rest: Parameters<typeof bytes>) =>
  bytes(control, '00 00', addresses, '10 00', ...rest);

const plain = data('08 01', snap, innerIpv4);

describe('an IP packet is found in an 802.11 data frame', () => {
  it.each([
    ['to an access point', plain],
    ['from an access point', data('08 02', snap, innerIpv4)],
    ['between two systems, with four addresses', data('08 03', '02 00 00 00 00 04', snap, innerIpv4)],
    ['with QoS', data('88 01', '00 00', snap, innerIpv4)],
    ['with QoS and four addresses', data('88 03', '02 00 00 00 00 04 | 00 00', snap, innerIpv4)],
    ['with QoS and HT control', data('88 81', '00 00 | 00 00 00 00', snap, innerIpv4)],
    ['with an acknowledgment in it', data('18 01', snap, innerIpv4)],
    ['in the first of several fragments', data('08 05', snap, innerIpv4)],
  ])('%s', (_, frame) => expect(decode(frame, linkType.ieee80211)).toMatchObject(found));

  // radiotap.org: version 1 | pad 1 | length 2 | present 4 | fields
  it.each([
    ['radiotap', linkType.ieee80211Radiotap, bytes('00 00 08 00 | 00 00 00 00', plain)],
    [
      'radiotap with a check sequence',
      linkType.ieee80211Radiotap,
      bytes('00 00 09 00 | 02 00 00 00 | 10', plain, zeros(4)),
    ],
    [
      'radiotap with a time stamp, which is aligned, before the flags',
      linkType.ieee80211Radiotap,
      bytes(
        '00 00 19 00 | 03 00 00 80 | 00 00 00 00 00 00 00 00',
        zeros(8),
        '20',
        data('88 01', '00 00 | 00 00', snap, innerIpv4),
      ),
    ],
    ['a prism header', linkType.ieee80211Prism, bytes('44 00 00 00 | 90 00 00 00', zeros(136), plain)],
    [
      'a prism header of a big-endian machine',
      linkType.ieee80211Prism,
      bytes('00 00 00 44 | 00 00 00 90', zeros(136), plain),
    ],
    ['an AVS header', linkType.ieee80211Avs, bytes('80 21 10 01 | 00 00 00 40', zeros(56), plain)],
    [
      'an AVS header under the number of prism',
      linkType.ieee80211Prism,
      bytes('80 21 10 01 | 00 00 00 40', zeros(56), plain),
    ],
    ['a PPI header', linkType.ppi, bytes('00 00 08 00 | 69 00 00 00', plain)],
    [
      'a PPI header that tells of a check sequence',
      linkType.ppi,
      bytes('00 00 20 00 | 69 00 00 00 | 02 00 14 00', zeros(8), '01 00', zeros(10), plain, zeros(4)),
    ],
    [
      'a PPI header before Ethernet',
      linkType.ppi,
      bytes('00 00 08 00 | 01 00 00 00', zeros(12), '08 00', innerIpv4),
    ],
  ])('behind %s', (_, type, frame) => expect(decode(frame, type)).toMatchObject(found));
});

describe('an aggregate (A-MSDU) is read packet by packet', () => {
  const part = (ethertype: string, packet: Uint8Array, padding: number) =>
    bytes(
      addresses.slice(0, 37),
      uint16(8 + packet.length),
      'aa aa 03 | 00 00 00',
      ethertype,
      packet,
      zeros(padding),
    );
  const aggregate = (...parts: Uint8Array[]) => data('88 01', '80 00', ...parts);

  const all = (frame: Uint8Array) => {
    const decoder = new FrameDecoder(newCaptureStatistics());
    const results = [result(decoder, decoder.decode(frame, 0, frame.length, linkType.ieee80211, 0))];
    while (decoder.more) results.push(result(decoder, decoder.decodeNext(0)));
    return results.map(({ outcome, packet }) => [outcome, packet]);
  };
  const [v4, v6] = [innerIpv4, innerIpv6].map((packet) => ['ok', hex(packet)]);

  it('in its order, padding aside', () => {
    const padding = (4 - ((22 + innerIpv4.length) % 4)) % 4;
    expect(all(aggregate(part('08 00', innerIpv4, padding), part('86 dd', innerIpv6, 0)))).toEqual([v4, v6]);
  });

  it('also behind one that holds no IP packet', () => {
    expect(all(aggregate(part('08 06', zeros(28), 2), part('08 00', innerIpv4, 0)))).toEqual([
      ['not_ip', ''],
      v4,
    ]);
  });

  it('until it is cut off', () => {
    const whole = aggregate(part('08 00', innerIpv4, 3), part('86 dd', innerIpv6, 0));
    const outcomes = all(whole.subarray(0, whole.length - 50)).map(([outcome]) => outcome);
    expect(outcomes).toEqual(['ok', 'packet_truncated']);
  });

  it('and leaves nothing over for the next frame', () => {
    const decoder = new FrameDecoder(newCaptureStatistics());
    const frame = aggregate(part('08 00', innerIpv4, 3), part('86 dd', innerIpv6, 0));
    decoder.decode(frame, 0, frame.length, linkType.ieee80211, 0);
    expect(decoder.more).toBe(true);
    decoder.decode(innerIpv4, 0, innerIpv4.length, linkType.raw, 0);
    expect(decoder.more).toBe(false);
  });
});

describe('other 802.11 frames are told by their reason', () => {
  it.each([
    ['beacons', data('80 00', zeros(40)), 'not_ip'],
    ['acknowledgments', bytes('d4 00 | 00 00 | 02 00 00 00 00 01'), 'not_ip'],
    ['data frames without data', data('48 01'), 'not_ip'],
    ['data frames that are encrypted', data('08 41', snap, innerIpv4), 'frame_encrypted'],
    ['later fragments', bytes('08 01 | 00 00', addresses, '11 00', snap, innerIpv4), 'not_ip'],
    ['data frames that are cut off', plain.subarray(0, 25), 'packet_truncated'],
  ])('%s', (_, frame, outcome) => expect(decode(frame, linkType.ieee80211).outcome).toBe(outcome));
});
