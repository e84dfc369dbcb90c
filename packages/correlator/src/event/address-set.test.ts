import { describe, expect, it } from 'vitest';
import { AddressSet } from './address-set.ts';

describe('a set of addresses and networks', () => {
  const set = new AddressSet([
    '192.0.2.7',
    '10.0.0.0/8',
    '2001:db8:5::/48',
    '::ffff:172.16.0.0/108',
    '0:0::1',
  ]);

  it.each(['192.0.2.7', '10.255.1.2', '2001:db8:5::77', '172.31.0.1', '::1'])('has %s', (address) => {
    expect(set.has(address)).toBe(true);
    expect(set.has(address)).toBe(true);
  });

  it.each(['192.0.2.8', '11.0.0.1', '2001:db8:6::1', '172.32.0.1', '::2'])('does not have %s', (address) => {
    expect(set.has(address)).toBe(false);
  });

  it.each([
    '',
    'shop.example',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/x',
    '2001:db8::/129',
    '::ffff:10.0.0.0/8',
  ])('refuses %j and says what an entry looks like', (entry) => {
    expect(() => new AddressSet([entry])).toThrow(
      expect.objectContaining({ code: 'JA4_BAD_ADDRESS', message: expect.stringContaining('10.0.0.0/8') }),
    );
  });

  it('forgets answers instead of growing without bound', () => {
    for (let i = 0; i < 25_000; i++) set.has(`198.18.${i >> 8}.${i & 255}`);
    expect(set.has('10.1.1.1')).toBe(true);
  });
});
