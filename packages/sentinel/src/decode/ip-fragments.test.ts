import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder, linkType } from './frame.ts';
import { bytes, counted, hex, innerIpv4, ipv4, ipv6, result, uint16 } from './packets.test-support.ts';

const second = 1e9;
const moreFragments = 0x2000;
const dontFragment = 0x4000;

/** A TCP segment of `length` bytes that differ from each other. */
const segment = (length: number, seed = 0) =>
  Uint8Array.from({ length }, (_, i) => (i === 12 ? 0x50 : (i * 7 + (i >> 8) + seed) & 0xff));

/** The fragments of an IPv4 packet that begin at these offsets, in units of 8 bytes. */
function ipv4Fragments(
  data: Uint8Array,
  offsets: readonly number[],
  id = 7,
  src = '192.0.2.1',
): Uint8Array[] {
  return offsets.map((offset, i) => {
    const next = offsets[i + 1];
    const part = data.subarray(offset * 8, next === undefined ? data.length : next * 8);
    return ipv4(6, part, { id, src, fragment: offset | (next === undefined ? 0 : moreFragments) });
  });
}

/** The same of an IPv6 packet, behind hop-by-hop options (RFC 8200 section 4.5). */
function ipv6Fragments(data: Uint8Array, offsets: readonly number[], id = 7): Uint8Array[] {
  return offsets.map((offset, i) => {
    const next = offsets[i + 1];
    const part = data.subarray(offset * 8, next === undefined ? data.length : next * 8);
    const more = next === undefined ? 0 : 1;
    return ipv6(0, bytes('2c 00 01 04 00 00 00 00 | 06 00', uint16(offset * 8 + more), [0, 0, 0, id], part));
  });
}

const whole = {
  4: (data: Uint8Array, id = 7) => ipv4(6, data, { id }),
  6: (data: Uint8Array) => ipv6(0, bytes('06 00 01 04 00 00 00 00', data)),
};

class Receiver {
  readonly statistics = newCaptureStatistics();
  readonly #decoder = new FrameDecoder(this.statistics);

  receive(packet: Uint8Array, nowNs = 0) {
    return result(this.#decoder, this.#decoder.decode(packet, 0, packet.length, linkType.raw, nowNs));
  }

  /** What came of each packet: the packet that it completed, or why there is none. */
  all(packets: readonly Uint8Array[]): string[] {
    return packets.map((packet) => this.receive(packet)).map(({ outcome, packet }) => packet || outcome);
  }

  get counted() {
    return counted(this.statistics);
  }
}

const receive = (packets: readonly Uint8Array[]) => new Receiver().all(packets);
const held = 'ip_fragment_held';
const refused = 'ip_fragment_refused';

const data = segment(100);
const versions = [
  { version: 4, fragments: ipv4Fragments, packet: hex(whole[4](data)) },
  { version: 6, fragments: ipv6Fragments, packet: hex(whole[6](data)) },
] as const;

describe.each(versions)('IPv$version fragments', ({ version, fragments, packet }) => {
  const [first, middle, last] = fragments(data, [0, 4, 8]) as [Uint8Array, Uint8Array, Uint8Array];

  it('are put together, the header of the first one in front', () => {
    const receiver = new Receiver();
    expect(receiver.all([first, middle, last])).toEqual([held, held, packet]);
    expect(receiver.counted).toEqual({ ip_fragments: 3, ip_fragments_reassembled: 1 });
  });

  it('may come in any order, and twice', () => {
    expect(receive([last, middle, first])).toEqual([held, held, packet]);
    expect(receive([middle, middle, last, last, first])).toEqual([held, held, held, held, packet]);
  });

  it('are told apart by their identification', () => {
    const another = segment(100, 1);
    const [start, end] = fragments(another, [0, 8], 8) as [Uint8Array, Uint8Array];
    const outcomes = receive([first, start, middle, last, end]);
    expect(outcomes).toEqual([held, held, held, packet, hex(whole[version](another, 8))]);
  });

  it('are waited for 30 seconds, by the time of the packets', () => {
    const receiver = new Receiver();
    receiver.receive(first, 0);
    receiver.receive(middle, 29 * second);
    expect(receiver.receive(last, 31 * second).outcome).toBe(held);
    expect(receiver.counted.ip_fragments_timed_out).toBe(1);
    receiver.receive(first, 32 * second);
    expect(receiver.receive(middle, 33 * second)).toMatchObject({ outcome: 'ok', packet });
  });

  it('are refused when they contradict the end that is known', () => {
    const [, beyond] = fragments(segment(200), [0, 13]);
    const [, early] = fragments(segment(90), [0, 8]);
    expect(receive([last, beyond!, early!, first, middle])).toEqual([held, refused, refused, held, packet]);
  });

  it('cost no more than their number allows, in however many datagrams', () => {
    const receiver = new Receiver();
    for (let id = 0; id < 5000; id++) {
      const [one] = version === 4 ? ipv4Fragments(data, [0, 8], id) : ipv6Fragments(data, [0, 8], id & 0xff);
      receiver.receive(one!);
    }
    if (version === 4) expect(receiver.counted.ip_fragments_evicted).toBe(5000 - 1024);
    expect(receiver.all([first, middle, last])).toContain(packet);
  });

  it('hold 8 MiB at most: the oldest datagrams go first', () => {
    const receiver = new Receiver();
    const [one] = fragments(segment(60_000), [0, 7000]) as [Uint8Array];
    // The last byte of the identification.
    for (let id = 0; id < 250; id++)
      receiver.receive(one.fill(id, version === 4 ? 5 : 55, version === 4 ? 6 : 56));
    const { ip_fragments_evicted: evicted } = receiver.counted;
    expect(evicted).toBeGreaterThan(100);
    expect(evicted).toBeLessThan(125);
  });

  it('of the largest datagram there can be are put together', () => {
    const largest = segment(65_535 - (version === 4 ? 20 : 8));
    const offsets = Array.from({ length: Math.ceil(largest.length / 8) }, (_, i) => i);
    const outcomes = receive(fragments(largest, offsets).toReversed());
    expect(outcomes.at(-1)).toBe(hex(whole[version](largest)));
  });

  it('whose datagram would be larger than that are refused', () => {
    const data = segment(70_000);
    const offsets = [0, 4096, 8184];
    const outcomes = receive(fragments(data, offsets));
    expect(outcomes.slice(0, 2)).toEqual([held, held]);
    expect(outcomes[2]).not.toBe(held);
  });

  it('may be split anywhere and come in any order: the datagram is the same', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 3000 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 374 }), { maxLength: 40 }),
        fc.infiniteStream(fc.nat()),
        (length, cuts, order) => {
          const data = segment(length);
          const inside = cuts.filter((cut) => cut * 8 < length).sort((a, b) => a - b);
          if (inside.length === 0) return;
          const sorted = fragments(data, [0, ...inside]);
          const keys = sorted.map(() => order.next().value ?? 0);
          const shuffled = sorted.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]!);
          const outcomes = receive(shuffled.map((i) => sorted[i]!));
          expect(outcomes.slice(0, -1)).toEqual(new Array(sorted.length - 1).fill(held));
          expect(outcomes.at(-1)).toBe(hex(whole[version](data)));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('IPv4 fragments', () => {
  it('that are no multiples of 8 bytes, though not the last, end at the multiple before', () => {
    const [, last] = ipv4Fragments(data, [0, 6]) as [Uint8Array, Uint8Array];
    const first = ipv4(6, data.subarray(0, 53), { id: 7, fragment: moreFragments });
    expect(receive([first, last])).toEqual([held, hex(whole[4](data))]);
  });

  it('that overlap lose to those that came first (and are counted)', () => {
    const receiver = new Receiver();
    const [first, last] = ipv4Fragments(data, [0, 6]) as [Uint8Array, Uint8Array];
    const [, forged] = ipv4Fragments(segment(100, 9), [0, 4]) as [Uint8Array, Uint8Array];
    expect(receiver.all([first, forged])).toEqual([held, expect.stringContaining(hex(data.subarray(0, 48)))]);
    expect(receiver.all([last, forged, first])).toEqual([
      held,
      held,
      expect.stringContaining(hex(data.subarray(48))),
    ]);
    expect(receiver.counted.ip_fragments_overlapping).toBe(3);
  });

  it('that overlap in any way give what a byte-by-byte model gives', () => {
    const units = 40;
    const part = fc.tuple(fc.nat(units - 1), fc.integer({ min: 1, max: 20 }), fc.nat(255));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const model = new Uint8Array(units * 8);
        const present = new Set<number>();
        const receiver = new Receiver();
        // The last ones make it whole.
        const fragments = [...parts, [0, 20, 1] as const, [20, 20, 2] as const];
        for (const [first, count, seed] of fragments) {
          const end = Math.min(first + count, units);
          const content = segment((end - first) * 8, seed);
          for (let unit = first; unit < end; unit++) {
            if (present.has(unit)) continue;
            present.add(unit);
            model.set(content.subarray((unit - first) * 8, (unit - first + 1) * 8), unit * 8);
          }
          const fragment = first | (end === units ? 0 : moreFragments);
          const { outcome, packet } = receiver.receive(ipv4(17, content, { fragment }));
          expect(outcome).toBe(present.size === units ? 'ok' : held);
          if (outcome !== 'ok') continue;
          expect(packet).toBe(hex(ipv4(17, model)));
          return;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('of another protocol or source are of another datagram', () => {
    const [first] = ipv4Fragments(data, [0, 6]);
    const [, last] = ipv4Fragments(data, [0, 6], 7, '192.0.2.9');
    expect(receive([first!, last!])).toEqual([held, held]);
  });

  it('leave the “don’t fragment” bit of their first one in the header', () => {
    const parts = [
      ipv4(6, data.subarray(0, 64), { fragment: dontFragment | moreFragments }),
      ipv4(6, data.subarray(64), { fragment: 8 }),
    ];
    expect(receive(parts)).toEqual([held, hex(ipv4(6, data, { fragment: dontFragment }))]);
  });

  it('may carry a tunnel, whose packet may have been fragmented too', () => {
    const [first, last] = ipv4Fragments(innerIpv4.subarray(20), [0, 2]) as [Uint8Array, Uint8Array];
    const outer = (packet: Uint8Array, id: number) => [
      ipv4(4, packet.subarray(0, 24), { id, fragment: moreFragments }),
      ipv4(4, packet.subarray(24), { id, fragment: 3 }),
    ];
    const outcomes = receive([...outer(first, 1), ...outer(last, 2)]);
    expect(outcomes).toEqual([held, held, held, expect.stringContaining(hex(innerIpv4.subarray(20)))]);
  });

  it('that were cut off by the capture are not waited with', () => {
    const [first] = ipv4Fragments(data, [0, 6]);
    expect(receive([first!.subarray(0, 60)])).toEqual(['packet_truncated']);
  });
});

describe('IPv6 fragments', () => {
  it('that are no multiples of 8 bytes, though not the last, are refused', () => {
    const odd = ipv6(44, bytes('06 00 00 01 | 00 00 00 07', data.subarray(0, 33)));
    expect(receive([odd])).toEqual([refused]);
  });

  const [first, last] = ipv6Fragments(data, [0, 8]) as [Uint8Array, Uint8Array];

  it('that overlap discard their datagram, and what still comes of it (RFC 5722)', () => {
    const receiver = new Receiver();
    const [, overlapping] = ipv6Fragments(segment(100, 9), [0, 6]) as [Uint8Array, Uint8Array];
    expect(receiver.all([first, overlapping, last, first])).toEqual([held, refused, refused, refused]);
    expect(receiver.counted.ip_fragments_overlapping).toBe(1);
  });

  it('that are atomic stand for themselves, whatever waits under their identification (RFC 6946)', () => {
    const atomic = ipv6(44, bytes('06 00 00 00 | 00 00 00 07', data));
    expect(receive([first, atomic, last])).toEqual([held, hex(atomic), hex(whole[6](data))]);
  });

  it('say by their first one what they carry', () => {
    const other = last.slice();
    other[48] = 17;
    expect(receive([other, first])).toEqual([held, hex(whole[6](data))]);
  });
});
