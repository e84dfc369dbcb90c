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
  fragmentOffset: fc.constantFrom(0, 0x4000, 0x2000, 185),
  protocol: fc.constantFrom(6, 17, 1),
  padding: fc.nat(8),
  noLength: fc.boolean(),
});

it('keeps SYNs and segments with payload to its ports, and nothing else', () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const isSyn = (packet.flags & (synFlag | ackFlag)) === synFlag;
      const isSynAck = (packet.flags & (synFlag | ackFlag)) === (synFlag | ackFlag);
      const expected =
        packet.protocol === 6 &&
        ports.includes(packet.port) &&
        (packet.version === 6 || (packet.fragmentOffset & 0x1fff) === 0) &&
        (isSyn || (!isSynAck && (packet.payload > 0 || packet.noLength)));
      expect(kept(packet)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

it('never cuts what it keeps', () => {
  const packet = { payload: 65_000 };
  expect(runFilter(filter, { bytes: tcpPacket(packet), etherType: 0x0800, packetType: 0 })).toBeGreaterThan(
    65_535,
  );
});

it('looks behind an IPv6 extension header', () => {
  for (const type of [0, 43, 60]) {
    const extension = { type, units: 2 };
    expect(kept({ version: 6, extension, flags: synFlag })).toBe(true);
    expect(kept({ version: 6, extension, payload: 1 })).toBe(true);
    expect(kept({ version: 6, extension, payload: 0 })).toBe(false);
    expect(kept({ version: 6, extension, payload: 1, port: 80 })).toBe(false);
  }
});

it('drops what this machine sends', () => {
  expect(kept({ flags: synFlag }, filter, 4)).toBe(false);
});

it('looks through a second VLAN tag', () => {
  for (const [etherType, version] of [
    [0x8100, 4],
    [0x88a8, 6],
  ] as const) {
    const inner = tcpPacket({ version, flags: synFlag });
    const tag = version === 4 ? [0, 7, 0x08, 0x00] : [0, 7, 0x86, 0xdd];
    const bytes = Uint8Array.from([...tag, ...inner]);
    expect(runFilter(filter, { bytes, etherType, packetType: 0 })).toBeGreaterThan(0);
  }
});

it('drops excluded addresses and networks of both families', () => {
  const program = captureFilter({
    ports,
    excludeSourceIps: ['192.0.2.7', '198.18.0.0/15', '10.0.0.0/8', '2001:db8:1::/48', '2001:db8::7'],
  });
  const v4 = (...source: number[]) => kept({ source, flags: synFlag }, program);
  expect(v4(192, 0, 2, 7)).toBe(false);
  expect(v4(192, 0, 2, 8)).toBe(true);
  expect(v4(198, 19, 255, 1)).toBe(false);
  expect(v4(198, 20, 0, 1)).toBe(true);
  expect(v4(10, 99, 1, 1)).toBe(false);
  const v6 = (...source: number[]) => kept({ version: 6, source, flags: synFlag }, program);
  expect(v6(0x20, 1, 0x0d, 0xb8, 0, 1, 0xff)).toBe(false);
  expect(v6(0x20, 1, 0x0d, 0xb8, 0, 2)).toBe(true);
  expect(v6(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)).toBe(false);
  expect(v6(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8)).toBe(true);
});

it('excludes everybody with a network of no bits', () => {
  const program = captureFilter({ ports, excludeSourceIps: ['0.0.0.0/0'] });
  expect(kept({ flags: synFlag }, program)).toBe(false);
  expect(kept({ version: 6, flags: synFlag }, program)).toBe(true);
});

it('holds many ports and networks, and says when there are too many', () => {
  const many = Array.from({ length: 200 }, (_, i) => 1000 + i);
  const networks = Array.from({ length: 150 }, (_, i) => `10.${i}.0.0/16`);
  const program = captureFilter({ ports: many, excludeSourceIps: networks });
  expect(kept({ port: 1199, flags: synFlag }, program)).toBe(true);
  expect(kept({ port: 1200, flags: synFlag }, program)).toBe(false);
  expect(kept({ port: 1000, source: [10, 149, 1, 1], flags: synFlag }, program)).toBe(false);
  const addresses = Array.from({ length: 2_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  expect(() => captureFilter({ ports, excludeSourceIps: addresses })).toThrow('name networks instead');
});

it('says which address or port is wrong', () => {
  expect(() => captureFilter({ ports, excludeSourceIps: ['192.0.2'] })).toThrow('192.0.2 is neither');
  expect(() => captureFilter({ ports: [70_000], excludeSourceIps: [] })).toThrow('70000 is not a port');
  expect(() => captureFilter({ ports: [], excludeSourceIps: [] })).toThrow('at least one port');
});

it('drops any bytes that are no packet, without reading behind them', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom(0x0800, 0x86dd, 0x8100, 0x0806),
      (bytes, etherType) => {
        const verdict = runFilter(filter, { bytes, etherType, packetType: 0 });
        if (bytes.length < 34 || etherType === 0x0806) expect(verdict).toBe(0);
      },
    ),
  );
});
