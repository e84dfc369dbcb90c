import fc from 'fast-check';
import { expect, it } from 'vitest';
import { itNeeds, program } from '../../../../test/setup/needs.ts';
import { runFilter } from './bpf-interpreter.test-support.ts';
import { captureFilter } from './capture-filter.ts';
import { captureFilterText } from './capture-filter-text.ts';
import { compileFilterText, parseProgram } from './filter-text.ts';
import { ackFlag, synFlag, tcpPacket } from './tcp-packet.test-support.ts';

itNeeds(program('tcpdump'))('agrees with what tcpdump compiles for the same question', () => {
  const ours = captureFilter({
    ports: [443],
    excludeSourceIps: ['192.0.2.0/28'],
    localAddresses: ['198.51.100.0/24'],
  });
  const payload = 'ip[2:2] > ((ip[0] & 15) << 2) + ((tcp[12] & 240) >> 2)';
  const theirs = compileFilterText(
    'not outbound and dst net 198.51.100.0/24 and ((tcp dst port 443 and (tcp[13] & 18 = 2 or ' +
      `(tcp[13] & 2 = 0 and ${payload} and not src net 192.0.2.0/28))) or ` +
      '(udp dst port 443 and (udp[8] = 22 or udp[8] & 192 = 192)))',
  );
  const anyPacket = fc.record({
    source: fc.tuple(fc.constant(192), fc.constant(0), fc.constant(2), fc.nat(40)),
    destination: fc.tuple(fc.constant(198), fc.constant(51), fc.constantFrom(100, 101), fc.nat(3)),
    port: fc.constantFrom(443, 80),
    flags: fc.nat(0xff),
    payload: fc.constantFrom(0, 1, 517),
    firstByte: fc.constantFrom(0x16, 0xc3, 0x40),
    ipOptions: fc.nat(10),
    tcpOptions: fc.nat(10),
    protocol: fc.constantFrom(6, 17, 1),
    padding: fc.nat(8),
  });
  fc.assert(
    fc.property(anyPacket, fc.constantFrom(0, 3, 4), (packet, packetType) => {
      // A UDP packet without payload has no first byte: the text would read the padding.
      fc.pre(packet.protocol !== 17 || packet.payload > 0);
      const filtered = { bytes: tcpPacket(packet), etherType: 0x0800, packetType };
      expect(runFilter(ours, filtered) > 0).toBe(runFilter(theirs, filtered) > 0);
    }),
    { numRuns: 1_000 },
  );
});

itNeeds(program('tcpdump'))('knows protocols below IP and the direction, without a link-layer header', () => {
  const filter = compileFilterText('pppoes and tcp dst port 443');
  const ppp = [0x11, 0, 0, 1, 0, 42, 0x00, 0x21];
  const bytes = Uint8Array.from([...ppp, ...tcpPacket({ flags: synFlag })]);
  expect(runFilter(filter, { bytes, etherType: 0x8864, packetType: 0 })).toBeGreaterThan(0);
  expect(runFilter(filter, { bytes, etherType: 0x0800, packetType: 0 })).toBe(0);
  const mpls = compileFilterText('ether proto 0x8847');
  expect(runFilter(mpls, { bytes, etherType: 0x8847, packetType: 0 })).toBeGreaterThan(0);
  const inbound = compileFilterText('inbound');
  expect(runFilter(inbound, { bytes, etherType: 0x0800, packetType: 0 })).toBeGreaterThan(0);
  expect(runFilter(inbound, { bytes, etherType: 0x0800, packetType: 4 })).toBe(0);
});

itNeeds(program('tcpdump'))('says what is wrong with a filter', () => {
  expect(() => compileFilterText('tcp dst prot 443')).toThrow(
    /sentinel\.bpf_filter is not a filter: tcpdump: .+/,
  );
  expect(() => compileFilterText('vlan 7')).toThrow('no VLAN support');
  expect(() => compileFilterText('link[6:4] = 1')).toThrow('asks for link-layer addresses');
  expect(() => compileFilterText('-w /tmp/x')).toThrow('is not a filter');
});

it('takes only whole programs', () => {
  expect(parseProgram('2\n40 0 0 12\n6 0 0 0\n')).toHaveLength(2);
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseProgram(text)).toBeUndefined();
    }),
  );
  expect(parseProgram('3\n40 0 0 12\n6 0 0 0\n')).toBeUndefined();
  expect(parseProgram('')).toBeUndefined();
});

itNeeds(program('tcpdump'))('asks tcpdump for no less than it asks the kernel for', () => {
  const options = {
    ports: [443, 8443],
    excludeSourceIps: ['192.0.2.0/28', '2001:db8:1::/48'],
    localAddresses: ['198.51.100.1', '2001:db8:ff00::/40'],
  };
  const ours = captureFilter(options);
  const theirs = compileFilterText(captureFilterText(options));
  const anyPacket = fc.record({
    version: fc.constantFrom<4 | 6>(4, 6),
    protocol: fc.constantFrom(6, 6, 17, 132),
    port: fc.constantFrom(443, 8443, 80),
    flags: fc.constantFrom(synFlag, ackFlag, synFlag | ackFlag, 0x18, 0x11),
    payload: fc.constantFrom(0, 1, 517),
    firstByte: fc.constantFrom(0x16, 0xc3, 0x40),
    ipOptions: fc.nat(10),
    tcpOptions: fc.nat(10),
    fragmentOffset: fc.constantFrom(0, 0x2000, 185, 185 << 3),
    extensions: fc.array(fc.record({ type: fc.constantFrom(0, 43, 44, 60), units: fc.constant(0) }), {
      maxLength: 2,
    }),
    excluded: fc.boolean(),
    foreign: fc.boolean(),
  });
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const { version, excluded, foreign } = packet;
      const source =
        version === 4 ? [192, 0, 2, excluded ? 1 : 77] : [0x20, 1, 0x0d, 0xb8, 0, excluded ? 1 : 2];
      const destination =
        version === 4 ? [198, 51, 100, foreign ? 2 : 1] : [0x20, 1, 0x0d, 0xb8, foreign ? 0 : 0xff];
      const filtered = {
        bytes: tcpPacket({ ...packet, source, destination }),
        etherType: version === 4 ? 0x0800 : 0x86dd,
        packetType: 0,
      };
      const [kept, keptByText] = [runFilter(ours, filtered) > 0, runFilter(theirs, filtered) > 0];
      if (kept) expect(keptByText).toBe(true);
      else if (foreign || packet.protocol === 132)
        expect(keptByText && packet.extensions.length === 0).toBe(false);
      else if (version === 4) expect(keptByText).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});
