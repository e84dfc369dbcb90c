import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isAddressOrNetwork, octalMode } from './value-forms.ts';

it.each(['192.0.2.7', '10.0.0.0/8', '2001:db8::/32', '::ffff:192.0.2.7', '0.0.0.0/0'])('takes %s', (text) => {
  expect(isAddressOrNetwork(text)).toBe(true);
});

it.each(['', '10.0.0.0/33', '999.1.1.1', '2001:db8::/129', '10.0.0.0/8/8', '10.0.0.0/', 'shop.example'])(
  'refuses %s as an address',
  (text) => {
    expect(isAddressOrNetwork(text)).toBe(false);
  },
);

it.each(['0660', '660', '0o660', 660, 0o660])('reads %s as the mode 0660', (mode) => {
  expect(octalMode(mode)).toBe(0o660);
});

it.each(['', '999', '0999', 'rw', '0060', 999, 0o400, 0, -1, 1e9])('refuses %s as a mode', (mode) => {
  expect(octalMode(mode)).toBeUndefined();
});

it('reads every useful mode the same in all three forms', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0o600, max: 0o777 }), (mode) => {
      const digits = mode.toString(8);
      expect([octalMode(`0${digits}`), octalMode(Number(digits)), octalMode(mode)]).toEqual([
        mode,
        mode,
        mode,
      ]);
    }),
  );
});
