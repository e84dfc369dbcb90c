import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeAddress } from './address.ts';

const hex = (text: string) => {
  const bytes = new Uint8Array(16).fill(0xee);
  return writeAddress(text, bytes, 0) ? Buffer.from(bytes).toString('hex') : undefined;
};

test('IPv4 becomes IPv4-mapped IPv6', () => {
  expect(hex('198.18.0.10')).toBe('00000000000000000000ffffc612000a');
  expect(hex('::ffff:198.18.0.10')).toBe(hex('198.18.0.10'));
});

test('IPv6 in every text form of RFC 4291', () => {
  expect(hex('::')).toBe('0'.repeat(32));
  expect(hex('::1')).toBe(`${'0'.repeat(31)}1`);
  expect(hex('2001:DB8::8:800:200C:417A')).toBe('20010db80000000000080800200c417a');
  expect(hex('2001:db8:0:0:8:800:200c:417a')).toBe('20010db80000000000080800200c417a');
  expect(hex('1:2:3:4:5:6:7::')).toBe('00010002000300040005000600070000');
  expect(hex('::13.1.68.3')).toBe('0000000000000000000000000d014403');
});

test('what is no address is refused', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1..2.3',
    ':::',
    '1::2::3',
    '12345::',
    'fe80::1%eth0',
  ]) {
    expect(hex(text), text).toBeUndefined();
  }
});

test('it takes exactly what Node takes for an address, apart from zones', () => {
  const pieces = fc.constantFrom(
    '0',
    '1',
    'ff',
    'abcd',
    '12345',
    '255',
    '256',
    ':',
    '::',
    '.',
    'g',
    '198.18.0.1',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      expect(hex(text) !== undefined, text).toBe(isIP(text) !== 0);
    }),
    { numRuns: 2000 },
  );
});

test('every address that Node can write comes out as its bytes', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV4(), (v6, v4) => {
      expect(hex(v6)).toBeDefined();
      expect(hex(v4)).toBe(
        `00000000000000000000ffff${Buffer.from(v4.split('.').map(Number)).toString('hex')}`,
      );
    }),
  );
});
