import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlacedBytes } from './placed-bytes.ts';

const size = 600;
const maxPieces = 128;

describe('placed bytes', () => {
  it('are those that came first for their place, for any pieces in any order', () => {
    const piece = fc.record({
      at: fc.nat(size),
      length: fc.integer({ min: 1, max: 300 }),
      value: fc.nat(255),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const plain: (number | undefined)[] = new Array<undefined>(2 * size).fill(undefined);
        const hello = new PlacedBytes();
        for (const { at, length, value } of pieces) {
          const source = new Uint8Array(length + 7).map((_, i) => value + i);
          expect(hello.add(at, source, 3, 3 + length, maxPieces)).toBe(true);
          for (let i = 0; i < length; i++) plain[at + i] ??= source[3 + i]!;
        }
        const available = plain.indexOf(undefined);
        expect(hello.available).toBe(available);
        plain.forEach((byte, i) => {
          if (byte !== undefined) expect(hello.bytes[i]).toBe(byte);
        });
      }),
    );
  });

  it('are none after a reset', () => {
    const hello = new PlacedBytes();
    hello.add(0, Uint8Array.of(1, 2), 0, 2, maxPieces);
    hello.reset();
    expect(hello.available).toBe(0);
  });

  it('are refused when they leave too many holes, which can be filled until then', () => {
    const hello = new PlacedBytes();
    let accepted = 0;
    while (hello.add(2 * accepted, Uint8Array.of(1), 0, 1, maxPieces)) accepted++;
    expect(accepted).toBe(128);
    expect(hello.add(1, Uint8Array.of(2), 0, 1, maxPieces)).toBe(true);
    expect(hello.available).toBe(3);
  });
});
