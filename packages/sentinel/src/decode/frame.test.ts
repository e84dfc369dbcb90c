import { describe, expect, it } from 'vitest';
import { newCaptureStatistics } from '../capture-statistics.ts';
import { frame, ipPacket } from '../synthetic/index.ts';
import { FrameDecoder, linkType } from './frame.ts';

const tcp = { srcPort: 51_234, dstPort: 443, sequence: 1, flags: 0x18, payload: Uint8Array.of(1, 2, 3) };
const ipv4 = ipPacket({ ...tcp, src: '198.18.16.7', dst: '198.18.0.10' });
const ipv6 = ipPacket({ ...tcp, src: '2001:db8:16::7', dst: '2001:db8:0:1::10' });

function decode(bytes: Uint8Array, type: number) {
  const decoder = new FrameDecoder(newCaptureStatistics());
  // Somewhere inside a larger buffer, as in a capture.
  const buffer = new Uint8Array(bytes.length + 100).fill(0xff);
  buffer.set(bytes, 50);
  const outcome = decoder.decode(buffer, 50, 50 + bytes.length, type, 0);
  const { layout } = decoder;
  const payload = layout.buffer.subarray(layout.transport + 20, layout.end);
  return { outcome, layout, payload: Array.from(payload) };
}

/** The IPv6 packet with an extension header of `bytes` between IP and TCP; its first byte is filled in. */
function withExtension(type: number, bytes: number[]): Uint8Array {
  const packet = Uint8Array.from([...ipv6.subarray(0, 40), 6, ...bytes.slice(1), ...ipv6.subarray(40)]);
  packet[6] = type;
  packet[5] = packet.length - 40;
  return packet;
}

describe('TCP is found', () => {
  const { bsdNull, ethernet, rawOpenBsd, rawOther, raw, bsdLoop, linuxCooked } = linkType;
  const { ipv4: onlyIpv4, ipv6: onlyIpv6, linuxCooked2 } = linkType;
  it.each([
    ...Object.entries({ bsdNull, ethernet, rawOpenBsd, rawOther, raw, bsdLoop, linuxCooked, linuxCooked2 }),
    ...Object.entries({ ipv4: onlyIpv4, ipv6: onlyIpv6 }),
  ])('in %s frames', (name, type) => {
    if (name !== 'ipv6') {
      expect(decode(frame(type, ipv4), type)).toMatchObject({ outcome: 'ok', payload: [1, 2, 3] });
    }
    if (name !== 'ipv4') {
      expect(decode(frame(type, ipv6), type)).toMatchObject({ outcome: 'ok', payload: [1, 2, 3] });
    }
  });

  it('behind one and two VLAN tags', () => {
    const tagged = (...tags: number[]) => decode(frame(linkType.ethernet, ipv4, tags), linkType.ethernet);
    expect(tagged(100)).toMatchObject({ outcome: 'ok', payload: [1, 2, 3] });
    expect(tagged(100, 200)).toMatchObject({ outcome: 'ok', payload: [1, 2, 3] });
  });

  it('behind IPv4 options', () => {
    const packet = Uint8Array.from([...ipv4.subarray(0, 20), 1, 1, 1, 0, ...ipv4.subarray(20)]);
    packet[0] = 0x46;
    packet[3] = packet.length;
    expect(decode(packet, linkType.raw)).toMatchObject({ outcome: 'ok', payload: [1, 2, 3] });
  });

  it.each([
    ['hop-by-hop options', 0, [0, 0, 1, 4, 0, 0, 0, 0]],
    ['a routing header of 16 bytes', 43, [0, 1, ...new Array<number>(14).fill(0)]],
    ['the header of an atomic fragment', 44, [0, 0, 0, 0, 0, 0, 0, 9]],
    ['an authentication header, which counts in other units', 51, [0, 2, ...new Array<number>(14).fill(0)]],
  ])('behind %s', (_, type, bytes) => {
    expect(decode(withExtension(type, bytes), linkType.raw)).toMatchObject({
      outcome: 'ok',
      payload: [1, 2, 3],
    });
  });

  it('in jumbograms, as long as their option says (RFC 2675)', () => {
    const jumbo = withExtension(0, [6, 0, 0xc2, 4, 0, 0, 0, 31]);
    jumbo.fill(0, 4, 6);
    const padded = new Uint8Array(jumbo.length + 6);
    padded.set(jumbo);
    expect(decode(padded, linkType.raw)).toMatchObject({
      outcome: 'ok',
      payload: [1, 2, 3],
      layout: { ipTotalLength: 71 },
    });
  });

  it('without the padding that Ethernet adds to short frames', () => {
    const padded = new Uint8Array(frame(linkType.ethernet, ipv4).length + 6);
    padded.set(frame(linkType.ethernet, ipv4));
    expect(decode(padded, linkType.ethernet).payload).toEqual([1, 2, 3]);
  });

  it('in packets whose length the network card was to fill in', () => {
    const unknown = ipv4.slice();
    unknown.fill(0, 2, 4);
    expect(decode(unknown, linkType.raw)).toMatchObject({ payload: [1, 2, 3], layout: { ipTotalLength: 0 } });
  });
});

describe('what is passed over has a name', () => {
  const changed = (packet: Uint8Array, at: number, ...values: number[]) => {
    const copy = packet.slice();
    copy.set(values, at);
    return copy;
  };
  const tags = new Array<number>(40).fill(7);
  it.each([
    ['a link type that is not read', 'link_type_unsupported', ipv4, 147],
    ['ARP', 'not_ip', changed(frame(1, ipv4), 12, 8, 6), linkType.ethernet],
    ['an IP version that does not exist', 'not_ip', changed(ipv4, 0, 0x55), linkType.raw],
    ['more VLAN tags than anyone uses', 'encapsulation_too_deep', frame(1, ipv4, tags), linkType.ethernet],
    ['a lone IPv4 fragment', 'ip_fragment_held', changed(ipv4, 6, 0, 0x10), linkType.raw],
    ['a lone IPv6 fragment', 'ip_fragment_held', withExtension(44, [0, 0, 0, 8, 0, 0, 0, 9]), linkType.raw],
    ['an IPv4 header of 16 bytes', 'ip_malformed', changed(ipv4, 0, 0x44), linkType.raw],
    ['an IPv4 packet shorter than its header', 'ip_malformed', changed(ipv4, 2, 0, 19), linkType.raw],
    ['an IPv4 header that is cut off', 'packet_truncated', ipv4.subarray(0, 19), linkType.raw],
    ['an IPv6 header that is cut off', 'packet_truncated', ipv6.subarray(0, 39), linkType.raw],
    [
      'an extension header that is cut off',
      'packet_truncated',
      withExtension(0, [0, 9, 0, 0, 0, 0, 0, 0]),
      101,
    ],
    ['an Ethernet header that is cut off', 'packet_truncated', ipv4.subarray(0, 13), linkType.ethernet],
    ['an empty frame', 'packet_truncated', new Uint8Array(0), linkType.raw],
  ] as const)('%s', (_, outcome, bytes, type) => expect(decode(bytes, type).outcome).toBe(outcome));

  it('an endless chain of extension headers', () => {
    const chain = new Array<number[]>(20).fill([0, 0, 0, 0, 0, 0, 0, 0]).flat();
    const packet = withExtension(0, chain);
    packet[40] = 0;
    expect(decode(packet, linkType.raw).outcome).toBe('ip_malformed');
  });
});
