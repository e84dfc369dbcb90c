import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardedBy, plainAddress } from './client-address.ts';

describe('an address of a socket', () => {
  it.each([
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['', undefined],
    ['localhost', undefined],
  ])('%s is %s', (text, expected) => {
    expect(plainAddress(text)).toBe(expected);
  });
});

describe('X-Forwarded-For', () => {
  const client = forwardedBy(['10.0.0.0/8', '2001:db8:1::/48', '192.0.2.7']);

  it.each([
    ['the address that the trusted peer saw', '198.51.100.1', '10.0.0.1', '198.51.100.1'],
    ['not what the visitor claims to its left', '1.1.1.1, 198.51.100.1', '10.0.0.1', '198.51.100.1'],
    ['past several trusted proxies', '198.51.100.1, 10.2.2.2, 192.0.2.7', '10.0.0.1', '198.51.100.1'],
    ['an IPv6 visitor', '2001:db8:2::5', '2001:db8:1::1', '2001:db8:2::5'],
    ['with ports, as some proxies write', '198.51.100.1:4711', '10.0.0.1', '198.51.100.1'],
    ['with brackets, as others write', '[2001:db8:2::5]:443', '10.0.0.1', '2001:db8:2::5'],
    ['nothing from a peer that is not trusted', '198.51.100.1', '203.0.113.1', undefined],
    ['nothing without the header', undefined, '10.0.0.1', undefined],
    ['nothing from a header that is no list of addresses', 'unknown', '10.0.0.1', undefined],
  ])('gives %s', (_, header, peer, expected) => {
    expect(client(header, peer)).toBe(expected);
  });

  it('gives an address or nothing, whatever it holds', () => {
    const part = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant('10.1.1.1'));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const found = client(parts.join(','), '10.0.0.1');
        expect(found === undefined || isIP(found) > 0).toBe(true);
      }),
    );
  });

  it('is refused for networks that are none', () => {
    for (const wrong of [
      'proxy.example',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '::1/129',
      '10.0.0.0/-1',
    ]) {
      expect(() => forwardedBy([wrong]), wrong).toThrow('trustedProxies');
    }
  });
});
