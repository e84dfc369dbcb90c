import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder, linkType } from './frame.ts';
import { afterEtherType } from './link-type.ts';
import {
  bytes,
  ethernet,
  innerIpv4,
  innerIpv6,
  ipv4,
  ipv6,
  udp,
  udpProtocol,
} from './packets.test-support.ts';

const etherTypes = [0x8100, 0x8847, 0x8864, 0x88e7, 0x88e5, 0x894f, 0x22eb].map(afterEtherType);
const anyType = fc.constantFrom(...Object.values(linkType), ...etherTypes, 147, 65_535);

const frame = ethernet(0x0800, innerIpv4);
const vxlan = ipv4(udpProtocol, udp(1, 4789, bytes('08 00 00 00 00 00 07 00', frame)));
/** Packets that lead deep into the decoder, for random changes to start from. */
const packets = [
  innerIpv4,
  innerIpv6,
  vxlan,
  ipv4(47, bytes('b0 00 65 58 00 00 00 00 00 00 00 00 00 00 00 00', frame)),
  ipv4(
    47,
    bytes('10 00 22 eb 00 00 00 01 20 07 00 64 00 00 00 00 00 00 80 01 00 00 00 00 00 00 00 00', frame),
  ),
  ipv4(
    udpProtocol,
    udp(1, 2152, bytes('34 ff 00 00 00 00 00 07 00 00 00 85 01 00 00 c0 01 00 00 00', innerIpv6)),
  ),
  ipv4(udpProtocol, udp(1, 3544, bytes('00 01 00 00 00 00 00 00 00 00 00 00 00', innerIpv6))),
  ipv4(6, innerIpv4.subarray(20), { fragment: 0x2000 }),
  ipv6(0, bytes('2c 00 01 04 00 00 00 00 06 00 00 01 00 00 00 07', innerIpv6.subarray(40))),
  bytes(
    '88 01 00 00',
    new Uint8Array(18),
    '00 00 80 00',
    new Uint8Array(12),
    '00 33 aa aa 03 00 00 00 08 00',
    innerIpv4,
  ),
];
const changes = fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 8 });
const changed = fc.tuple(fc.constantFrom(...packets), changes, fc.nat(60)).map(([packet, list, cut]) => {
  const copy = packet.slice(0, packet.length - Math.min(cut, packet.length));
  for (const [at, value] of list) copy.fill(value, at, at + 1);
  return copy;
});
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), changed);

/** Every packet of a frame that lies in a buffer of `filler`, in plain data. */
function decodeAll(decoder: FrameDecoder, content: Uint8Array, type: number, nowNs: number, filler: number) {
  const buffer = new Uint8Array(content.length + 40).fill(filler);
  buffer.set(content, 20);
  const results: unknown[] = [];
  let outcome = decoder.decode(buffer, 20, 20 + content.length, type, nowNs);
  for (;;) {
    const { buffer: _, ...layout } = decoder.layout;
    if (outcome === 'ok') {
      const source = decoder.layout.buffer;
      expect(layout.ip).toBeLessThan(layout.transport);
      expect(layout.transport).toBeLessThanOrEqual(layout.end);
      expect(layout.end).toBeLessThanOrEqual(source === buffer ? 20 + content.length : source.length);
      results.push([outcome, layout, Array.from(source.subarray(layout.ip, layout.end))]);
    } else results.push(outcome);
    expect(results.length).toBeLessThanOrEqual(40);
    if (!decoder.more) return results;
    outcome = decoder.decodeNext(nowNs);
  }
}

const fresh = () => new FrameDecoder(newCaptureStatistics());

describe('any bytes, as a frame of any link type', () => {
  it('are read within their bounds, one after the other, and what surrounds them does not matter', () => {
    const [one, other] = [fresh(), fresh()];
    fc.assert(
      fc.property(anyBytes, anyType, fc.nat(100), (content, type, seconds) => {
        const results = decodeAll(one, content, type, seconds * 1e9, 0);
        expect(decodeAll(other, content, type, seconds * 1e9, 0xff)).toEqual(results);
      }),
      { numRuns: 5000 },
    );
  });

  it('mean the same on the straight way and on the way through the layers', () => {
    const [one, other] = [fresh(), fresh()];
    fc.assert(
      fc.property(anyBytes, (content) => {
        const results = decodeAll(one, content, linkType.raw, 0, 0);
        expect(decodeAll(other, content, linkType.rawOther, 0, 0)).toEqual(results);
      }),
      { numRuns: 5000 },
    );
  });
});
