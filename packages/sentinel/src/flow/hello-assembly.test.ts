import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Addition, HelloAssembly } from './hello-assembly.ts';
import { PlacedBytes } from './placed-bytes.ts';

const maxBytes = 60;
const base = 0xffff_fff0 | 0;
const assembly = (pieces = 1000) => new HelloAssembly(base, pieces, maxBytes, new PlacedBytes(8));

/** The same, byte by byte. */
class PlainAssembly {
  readonly bytes = new Map<number, number>();
  conflicts = 0;

  add(at: number, content: Uint8Array) {
    const places = [...content].map((byte, i) => [at + i, byte] as const);
    const inside = places.filter(([place]) => place >= 0 && place < maxBytes);
    if (inside.some(([place, byte]) => (this.bytes.get(place) ?? byte) !== byte)) this.conflicts++;
    for (const [place, byte] of inside) if (!this.bytes.has(place)) this.bytes.set(place, byte);
  }

  advance(count: number) {
    const left = [...this.bytes].filter(([place]) => place >= count);
    this.bytes.clear();
    for (const [place, byte] of left) this.bytes.set(place - count, byte);
  }

  available() {
    let count = 0;
    while (this.bytes.has(count)) count++;
    return count;
  }
}

describe('bytes put where their sequence numbers say', () => {
  it('are those that came first for each place, under any segments and advances', () => {
    const segment = fc.record({
      at: fc.integer({ min: -20, max: 70 }),
      content: fc.uint8Array({ minLength: 1, maxLength: 25 }),
    });
    const steps = fc.array(fc.record({ segment, advance: fc.option(fc.nat(12), { freq: 4 }) }), {
      maxLength: 25,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const plain = new PlainAssembly();
        const real = assembly();
        for (const {
          segment: { at, content },
          advance,
        } of all) {
          plain.add(at, content);
          real.add((real.base + at) | 0, content, 0, content.length);
          if (advance !== null) {
            plain.advance(advance);
            real.advance(advance);
          }
          expect(real.available).toBe(plain.available());
          expect(real.isEmpty).toBe(plain.bytes.size === 0);
          expect(real.conflicts).toBe(plain.conflicts);
          for (const [place, byte] of plain.bytes) expect(real.bytes[place]).toBe(byte);
          const [from, to] = real.placed.around(real.placed.firstFilled);
          for (let place = from; place < to; place++) expect(plain.bytes.has(place)).toBe(true);
        }
        expect(real.bytes.length).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('are refused by name', () => {
    const one = assembly(2);
    const add = (at: number, length: number): Addition =>
      one.add((base + at) | 0, new Uint8Array(length), 0, length);
    expect([
      add(0, 4),
      add(0, 4),
      add(-9, 9),
      add(maxBytes, 1),
      add(10, 4),
      add(20, 4),
      add(4, 6),
      add(20, 99),
    ]).toEqual([...['added', 'repeated', 'repeated', 'too-far', 'added', 'too-many', 'added', 'added']]);
    expect(one.available).toBe(14);
  });
});
