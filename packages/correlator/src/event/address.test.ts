import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, isDottedQuad } from './address.ts';

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

  it('is four numbers where the system says so, and nowhere else', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'0125.'), maxLength: 16 });
    const quad = fc.array(fc.oneof(fc.nat(300), fc.constantFrom('00', '01', '')), {
      minLength: 3,
      maxLength: 5,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          nearly,
          fc.ipV4(),
          quad.map((parts) => parts.join('.')),
        ),
        (text) => {
          expect(isDottedQuad(text)).toBe(isIPv4(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
