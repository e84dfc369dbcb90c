import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from './address.ts';

describe('the canonical form of an address', () => {
  it.each([
    ['198.18.0.10', '198.18.0.10'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::ffff:198.18.0.10', '198.18.0.10'],
    ['::FFFF:c612:000a', '198.18.0.10'],
    ['0:0:0:0:0:ffff:198.18.0.10', '198.18.0.10'],
    ['64:ff9b::198.18.0.10', '64:ff9b::c612:a'],
    ['::198.18.0.10', '::c612:a'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is %s (RFC 5952; IPv4-mapped is IPv4)', (given, canonical) => {
    expect(canonicalAddress(given)).toBe(canonical);
  });

  it.each([
    '',
    ' ',
    '198.18.0',
    '198.18.0.256',
    '198.018.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '198.18.0.10:443',
    '[2001:db8::1]',
    'fe80::1%eth0',
    '2001:db8::1::1',
    'shop.example',
    '::ffff:999.1.1.1',
    ' 198.18.0.1',
    '1:2:3:4:5:6:7:8:9',
    '::1\n',
  ])('%j is not an address', (given) => {
    expect(canonicalAddress(given)).toBeUndefined();
  });

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const once = canonicalAddress(text);
        expect(once).toBeDefined();
        expect(canonicalAddress(once ?? '')).toBe(once);
      }),
    );
  });

  it('takes any text without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.%/') })),
        (text) => {
          const found = canonicalAddress(text);
          if (found !== undefined) expect(found.length).toBeLessThanOrEqual(39);
        },
      ),
    );
  });

  const spelled = (groups: number[], gap: number, length: number, capital: boolean, wide: boolean) => {
    const hex = groups.map((group) => {
      const text = wide ? group.toString(16).padStart(4, '0') : group.toString(16);
      return capital ? text.toUpperCase() : text;
    });
    return gap < 0 ? hex.join(':') : `${hex.slice(0, gap).join(':')}::${hex.slice(gap + length).join(':')}`;
  };
  const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 7, maxLength: 9 });
  const ipv6 = fc
    .tuple(groups, fc.integer({ min: -1, max: 8 }), fc.nat(8), fc.boolean(), fc.boolean())
    .map((parts) => spelled(...parts));
  const mapped = fc.tuple(fc.constantFrom('::ffff:', '::FFFF:', '::', '1::', '0:0:0:0:0:ffff:'), fc.ipV4());
  const nearly = fc.string({ unit: fc.constantFrom(...'0125af:.:.'), maxLength: 40 });
  const quad = fc
    .array(fc.oneof(fc.nat(300), fc.constantFrom('00', '01', '')), { minLength: 3, maxLength: 5 })
    .map((parts) => parts.join('.'));
  const texts = fc.oneof(
    nearly,
    ipv6,
    fc.ipV6(),
    fc.ipV4(),
    quad,
    mapped.map((parts) => parts.join('')),
  );

  it('is found where the system finds an address, and written as a library writes it', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const found = canonicalAddress(text);
        expect(found !== undefined, text).toBe(isIPv4(text) || (isIPv6(text) && !text.includes('%')));
        // The library takes the deprecated IPv4-compatible addresses (RFC 4291 section 2.5.5.1) for mapped ones.
        if (found === undefined || (text.startsWith('::') && isIPv4(text.slice(2)))) return;
        const address = ipaddr.process(text);
        expect(found).toBe(address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString());
      }),
      { numRuns: 5_000 },
    );
  });
});
