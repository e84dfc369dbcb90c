import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { ipText } from './ip-text.ts';

const words = (...values: number[]) => Int32Array.from(values);

describe('the text of an address', () => {
  it.each([
    ['198.18.0.10', words(0, 0, 0xffff, 0xc612000a)],
    ['255.255.255.255', words(0, 0, 0xffff, -1)],
    ['::', words(0, 0, 0, 0)],
    ['::1', words(0, 0, 0, 1)],
    ['2001:db8:0:1::10', words(0x20010db8, 1, 0, 0x10)],
    ['2001:db8::1:0:0:1', words(0x20010db8, 0, 0x00010000, 1)],
    ['2001:db8:0:1:1:1:1:1', words(0x20010db8, 1, 0x00010001, 0x00010001)],
    ['fe80::', words(0xfe800000, 0, 0, 0)],
  ])('is canonical (RFC 5952): %s', (text, address) => expect(ipText(address, 0)).toBe(text));

  it('means the same address to another implementation', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const address = words(...[0, 2, 4, 6].map((i) => (groups[i]! << 16) | groups[i + 1]!));
        const back = ipaddr.process(ipText(address, 0));
        const bytes = back.kind() === 'ipv4' ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255] : [];
        expect([...bytes, ...back.toByteArray()]).toEqual(groups.flatMap((g) => [g >> 8, g & 0xff]));
      }),
    );
  });
});
