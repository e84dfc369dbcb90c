import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, storedPrefix } from './network.ts';

describe('addresses in the URL', () => {
  it('are brought to the canonical text', () => {
    expect(canonicalAddress('2001:DB8:0:0::1')).toBe('2001:db8::1');
    expect(canonicalAddress('::ffff:198.18.0.1')).toBe('198.18.0.1');
    expect(canonicalAddress('198.18.0.1')).toBe('198.18.0.1');
  });

  it.each(['', '1', '0x7f.1', '198.18.0.256', '198.18.0.1/24', 'fe80::1%eth0', '<b>', '198.18.0.1:80'])(
    'do not include %j',
    (text) => expect(canonicalAddress(text)).toBeUndefined(),
  );

  it('become prefixes of what the tables store', () => {
    expect(storedPrefix('198.19.0.0/20')).toBe('::ffff:198.19.0.0/116');
    expect(storedPrefix('198.18.16.5')).toBe('::ffff:198.18.16.5/128');
    expect(storedPrefix('2001:db8:16::/48')).toBe('2001:db8:16::/48');
    expect(storedPrefix('198.19.0.0/33')).toBeUndefined();
    expect(storedPrefix('198.19.0.0/20/1')).toBeUndefined();
  });

  it('survive being canonicalised twice, and nothing throws', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
    fc.assert(
      fc.property(address, (text) => {
        const once = canonicalAddress(text);
        if (once !== undefined) expect(canonicalAddress(once)).toBe(once);
        storedPrefix(text);
      }),
    );
  });
});
