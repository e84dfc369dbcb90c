import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCaptureStatistics } from './capture-statistics.ts';
import { FrameDecoder, linkType } from './decode/frame.ts';
import { SourceExclusions } from './source-exclusions.ts';
import { ipPacket } from './synthetic/index.ts';

function matches(networks: readonly string[], src: string): boolean {
  const dst = src.includes(':') ? '2001:db8::1' : '198.18.0.1';
  const packet = ipPacket({ src, srcPort: 1, dst, dstPort: 443, sequence: 0, flags: 2 });
  const decoder = new FrameDecoder(newCaptureStatistics());
  expect(decoder.decode(packet, 0, packet.length, linkType.raw, 0)).toBe('ok');
  return new SourceExclusions(networks).matches(decoder.layout);
}

describe('excluded sources', () => {
  it.each([
    ['an address', '192.0.2.7', '192.0.2.7', true],
    ['the next address', '192.0.2.7', '192.0.2.8', false],
    ['the last of a network', '192.0.2.0/24', '192.0.2.255', true],
    ['one outside of the network', '192.0.2.0/24', '192.0.3.0', false],
    ['any part of a byte', '10.16.0.0/12', '10.31.9.9', true],
    ['just outside of part of a byte', '10.16.0.0/12', '10.32.0.0', false],
    ['all of IPv4', '0.0.0.0/0', '203.0.113.9', true],
    ['IPv6 beside all of IPv4', '0.0.0.0/0', '2001:db8::9', false],
    ['all of IPv6', '::/0', '2001:db8::9', true],
    ['IPv4 beside all of IPv6', '::/0', '203.0.113.9', false],
    ['an IPv6 network', '2001:db8:5::/48', '2001:db8:5:ffff::1', true],
    ['another IPv6 network', '2001:db8:5::/48', '2001:db8:6::1', false],
    ['a host bit in the text', '192.0.2.77/24', '192.0.2.1', true],
    ['IPv4 by its IPv4-mapped form', '::ffff:192.0.2.7', '192.0.2.7', true],
    ['IPv4-mapped IPv6 by IPv4', '192.0.2.0/24', '::ffff:c000:207', true],
  ])('match %s: %s against %s', (_, network, source, expected) => {
    expect(matches([network], source)).toBe(expected);
  });

  it('match when any of them does, and never when there are none', () => {
    expect(matches(['10.0.0.0/8', '192.0.2.7'], '192.0.2.7')).toBe(true);
    expect(matches([], '192.0.2.7')).toBe(false);
  });

  it('agree with the arithmetic of prefixes for any IPv4 address', () => {
    const byte = fc.nat(255);
    const address = fc.tuple(byte, byte, byte, byte);
    const number = (bytes: readonly number[]) => bytes.reduce((sum, value) => sum * 256 + value, 0);
    fc.assert(
      fc.property(address, address, fc.nat(32), fc.boolean(), (network, source, prefix, same) => {
        const from = same ? network : source;
        const size = 2 ** (32 - prefix);
        const expected = Math.floor(number(network) / size) === Math.floor(number(from) / size);
        expect(matches([`${network.join('.')}/${prefix}`], from.join('.'))).toBe(expected);
      }),
    );
  });

  it.each(['192.0.2', '192.0.2.0/33', 'example.com', '', '192.0.2.7/24/3', '2001:db8::/129'])(
    'refuse "%s" with what to write',
    (text) => {
      expect(() => new SourceExclusions([text])).toThrow(/192\.0\.2\.0\/24/);
    },
  );
});
