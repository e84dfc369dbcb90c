import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runFilter } from './bpf-interpreter.test-support.ts';
import { captureFilter } from './capture-filter.ts';
import { ackFlag, synFlag, type TcpPacket, tcpPacket } from './tcp-packet.test-support.ts';

const ports = [443, 8443];
const filter = captureFilter({ ports, excludeSourceIps: [] });

const etherTypeOf = (packet: TcpPacket) => (packet.version === 6 ? 0x86dd : 0x0800);

function kept(packet: TcpPacket, program = filter, packetType = 0): boolean {
  return runFilter(program, { bytes: tcpPacket(packet), etherType: etherTypeOf(packet), packetType }) > 0;
}

const anyPacket = fc.record({
  version: fc.constantFrom<4 | 6>(4, 6),
  port: fc.constantFrom(443, 8443, 80, 444),
  flags: fc.nat(0xff),
  payload: fc.constantFrom(0, 1, 517, 1400),
  ipOptions: fc.nat(10),
  tcpOptions: fc.nat(10),
  extensions: fc.array(fc.record({ type: fc.constantFrom(0, 43, 60), units: fc.nat(3) }), { maxLength: 3 }),
  protocol: fc.constantFrom(6, 6, 6, 132, 1),
  padding: fc.nat(8),
  noLength: fc.boolean(),
});

it('keeps SYNs and segments with payload to its ports, and nothing else of TCP', () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const isSyn = (packet.flags & (synFlag | ackFlag)) === synFlag;
      const isSynAck = (packet.flags & (synFlag | ackFlag)) === (synFlag | ackFlag);
      const expected =
        packet.protocol === 6 &&
        ports.includes(packet.port) &&
        (isSyn || (!isSynAck && (packet.payload > 0 || packet.noLength)));
      expect(kept(packet)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

it('keeps the packets that open QUIC and DTLS connections, and no ciphertext', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<4 | 6>(4, 6),
      fc.constantFrom(443, 80),
      fc.nat(0xff),
      fc.nat(3),
      (version, port, firstByte, ipOptions) => {
        const isQuicLongHeader = (firstByte & 0xc0) === 0xc0;
        expect(kept({ version, port, firstByte, ipOptions, protocol: 17, payload: 1200 })).toBe(
          port === 443 && (isQuicLongHeader || firstByte === 22),
        );
      },
    ),
    { numRuns: 500 },
  );
  expect(kept({ protocol: 17, payload: 0 })).toBe(false);
});

it('never cuts what it keeps', () => {
  const packet = { payload: 65_000 };
  expect(runFilter(filter, { bytes: tcpPacket(packet), etherType: 0x0800, packetType: 0 })).toBeGreaterThan(
    65_535,
  );
});

it('looks behind three IPv6 extension headers and no more', () => {
  const extensions = [0, 43, 60].map((type) => ({ type, units: 2 }));
  expect(kept({ version: 6, extensions, flags: synFlag })).toBe(true);
  expect(kept({ version: 6, extensions, payload: 1 })).toBe(true);
  expect(kept({ version: 6, extensions, payload: 0 })).toBe(false);
  expect(kept({ version: 6, extensions, payload: 1, port: 80 })).toBe(false);
  const four = [...extensions, { type: 60, units: 0 }];
  expect(kept({ version: 6, extensions: four, flags: synFlag })).toBe(false);
});

const [moreFragments, laterFragment] = [0x2000, 185] as const;

it('keeps first fragments to its ports whatever their flags, and later ones whatever their port', () => {
  for (const protocol of [6, 17]) {
    const fragment = { protocol, payload: 64, firstByte: 0x40, flags: ackFlag };
    expect(kept({ ...fragment, fragmentOffset: moreFragments })).toBe(true);
    expect(kept({ ...fragment, fragmentOffset: moreFragments, port: 80 })).toBe(false);
    expect(kept({ ...fragment, fragmentOffset: laterFragment, port: 80 })).toBe(true);
    const over6 = { ...fragment, version: 6 as const, extensions: [{ type: 44, units: 0 }] };
    expect(kept({ ...over6, fragmentOffset: 1 })).toBe(true);
    expect(kept({ ...over6, fragmentOffset: 1, port: 80 })).toBe(false);
    expect(kept({ ...over6, fragmentOffset: 185 << 3, port: 80 })).toBe(true);
  }
  expect(kept({ protocol: 1, fragmentOffset: laterFragment })).toBe(false);
  // RFC 6946: a fragment header on a packet that is whole.
  const atomic = { version: 6 as const, extensions: [{ type: 44, units: 0 }] };
  expect(kept({ ...atomic, payload: 1 })).toBe(true);
  expect(kept({ ...atomic, payload: 0 })).toBe(false);
});

it('drops what this machine sends', () => {
  expect(kept({ flags: synFlag }, filter, 4)).toBe(false);
});

it('looks through the tags behind the outermost', () => {
  const tag = (next: number) => [0, 7, next >> 8, next & 0xff];
  for (const outer of [0x8100, 0x88a8, 0x9100]) {
    for (const version of [4, 6] as const) {
      const etherType = version === 4 ? 0x0800 : 0x86dd;
      const keptBehind = (tags: number[][], packet: TcpPacket) => {
        const bytes = Uint8Array.from([...tags.flat(), ...tcpPacket({ ...packet, version })]);
        return runFilter(filter, { bytes, etherType: outer, packetType: 0 }) > 0;
      };
      for (const tags of [[tag(etherType)], [tag(0x8100), tag(etherType)]]) {
        expect(keptBehind(tags, { flags: synFlag, ipOptions: 3 })).toBe(true);
        expect(keptBehind(tags, { payload: 1 })).toBe(true);
        expect(keptBehind(tags, { payload: 0, padding: 6 })).toBe(false);
        expect(keptBehind(tags, { flags: synFlag, port: 80 })).toBe(false);
      }
      expect(keptBehind([tag(0x8100), tag(0x8100), tag(etherType)], { flags: synFlag })).toBe(false);
    }
  }
});

it('drops the data of excluded addresses and networks of both families, and lets their connections be counted', () => {
  const program = captureFilter({
    ports,
    excludeSourceIps: ['192.0.2.7', '198.18.0.0/15', '10.0.0.0/8', '2001:db8:1::/48', '2001:db8::7'],
  });
  const v4 = (...source: number[]) => {
    expect(kept({ source, flags: synFlag }, program)).toBe(true);
    expect(kept({ source, protocol: 17, payload: 1200, firstByte: 0xc0 }, program)).toBe(true);
    return kept({ source, payload: 517 }, program);
  };
  expect(v4(192, 0, 2, 7)).toBe(false);
  expect(v4(192, 0, 2, 8)).toBe(true);
  expect(v4(198, 19, 255, 1)).toBe(false);
  expect(v4(198, 20, 0, 1)).toBe(true);
  expect(v4(10, 99, 1, 1)).toBe(false);
  const v6 = (...source: number[]) => {
    expect(kept({ version: 6, source, flags: synFlag }, program)).toBe(true);
    return kept({ version: 6, source, payload: 517 }, program);
  };
  expect(v6(0x20, 1, 0x0d, 0xb8, 0, 1, 0xff)).toBe(false);
  expect(v6(0x20, 1, 0x0d, 0xb8, 0, 2)).toBe(true);
  expect(v6(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)).toBe(false);
  expect(v6(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8)).toBe(true);
});

it('excludes everybody with a network of no bits', () => {
  const program = captureFilter({ ports, excludeSourceIps: ['0.0.0.0/0'] });
  expect(kept({ payload: 1 }, program)).toBe(false);
  expect(kept({ version: 6, payload: 1 }, program)).toBe(true);
});

it('keeps what goes to the local addresses only, when there are some', () => {
  const program = captureFilter({
    ports,
    excludeSourceIps: ['192.0.2.7'],
    localAddresses: ['198.51.100.1', '203.0.113.0/24', '2001:db8:5::/64'],
  });
  const to = (...destination: number[]) => [
    kept({ destination, flags: synFlag }, program),
    kept({ destination, payload: 1 }, program),
    kept({ destination, protocol: 17, payload: 1200, firstByte: 0xc3 }, program),
    kept({ destination, fragmentOffset: laterFragment }, program),
  ];
  expect(new Set(to(198, 51, 100, 1))).toEqual(new Set([true]));
  expect(new Set(to(203, 0, 113, 77))).toEqual(new Set([true]));
  expect(new Set(to(198, 51, 100, 2))).toEqual(new Set([false]));
  const to6 = (...destination: number[]) => kept({ version: 6, destination, flags: synFlag }, program);
  expect(to6(0x20, 1, 0x0d, 0xb8, 0, 5, 0, 0, 9)).toBe(true);
  expect(to6(0x20, 1, 0x0d, 0xb8, 0, 5, 0, 1)).toBe(false);
  // A server without an address of that family.
  const only4 = captureFilter({ ports, excludeSourceIps: [], localAddresses: ['198.51.100.1'] });
  expect(kept({ version: 6, flags: synFlag }, only4)).toBe(false);
});

it('holds many ports and networks, leaves exclusions that do not fit to others, and says when the rest does not', () => {
  const many = Array.from({ length: 200 }, (_, i) => 1000 + i);
  const networks = Array.from({ length: 150 }, (_, i) => `10.${i}.0.0/16`);
  const program = captureFilter({ ports: many, excludeSourceIps: networks });
  expect(kept({ port: 1199, flags: synFlag }, program)).toBe(true);
  expect(kept({ port: 1200, flags: synFlag }, program)).toBe(false);
  expect(kept({ port: 1000, source: [10, 149, 1, 1], payload: 1 }, program)).toBe(false);
  const addresses = Array.from({ length: 2_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  const withoutThem = captureFilter({ ports, excludeSourceIps: addresses });
  expect(withoutThem).toEqual(captureFilter({ ports, excludeSourceIps: [] }));
  expect(() => captureFilter({ ports, excludeSourceIps: [], localAddresses: addresses })).toThrow(
    'name networks instead',
  );
});

it('says which address or port is wrong', () => {
  expect(() => captureFilter({ ports, excludeSourceIps: ['192.0.2'] })).toThrow(
    'sentinel.exclude_source_ips: 192.0.2 is neither',
  );
  expect(() => captureFilter({ ports, excludeSourceIps: [], localAddresses: ['::x'] })).toThrow(
    'sentinel.local_addresses: ::x is neither',
  );
  expect(() => captureFilter({ ports: [70_000], excludeSourceIps: [] })).toThrow('70000 is not a port');
  expect(() => captureFilter({ ports: [], excludeSourceIps: [] })).toThrow('at least one port');
});

it('reads nothing behind the end of any bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom(0x0800, 0x86dd, 0x8100, 0x0806),
      (bytes, etherType) => {
        const verdict = runFilter(filter, { bytes, etherType, packetType: 0 });
        if (bytes.length < 10 || etherType === 0x0806) expect(verdict).toBe(0);
      },
    ),
  );
});
