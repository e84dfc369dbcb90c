import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuffer } from './event-buffer.ts';

describe('the buffer of events', () => {
  it('gives back what was put in, in order, and never holds more than its bound', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.nat(70_000).map((n) => 'é'.repeat(n)),
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20 }),
        fc.integer({ min: 65_536, max: 400_000 }),
        (lines, bound) => {
          const buffer = new EventBuffer(bound);
          const kept = lines.filter((text) => {
            const taken = buffer.push(text);
            expect(buffer.bytes).toBeLessThanOrEqual(bound);
            return taken;
          });
          expect(buffer.count).toBe(kept.length);
          let text = '';
          for (let chunk = buffer.take(); chunk !== undefined; chunk = buffer.take()) {
            text += chunk.bytes.toString('utf8', 0, chunk.used);
            buffer.giveBack(chunk);
          }
          expect(text).toBe(kept.map((line) => Buffer.from(line).toString()).join(''));
          expect(buffer.bytes).toBe(0);
        },
      ),
    );
  });

  it('takes any line of 64 KiB when it is empty', () => {
    for (const character of ['a', 'é', '漢', '😀']) {
      const line = character.repeat(65_536 / Buffer.byteLength(character));
      expect(new EventBuffer(65_536).push(line)).toBe(true);
    }
  });

  it('counts what is under way as held', () => {
    const buffer = new EventBuffer(70_000);
    expect(buffer.push('x'.repeat(60_000))).toBe(true);
    const chunk = buffer.take();
    expect(buffer.push('y'.repeat(60_000))).toBe(false);
    if (chunk !== undefined) buffer.giveBack(chunk);
    expect(buffer.push('y'.repeat(60_000))).toBe(true);
  });

  it('says how many events are gone when it is cleared', () => {
    const buffer = new EventBuffer(1 << 20);
    for (let i = 0; i < 300; i++) buffer.push('z'.repeat(1_000));
    expect(buffer.clear()).toBe(300);
    expect([buffer.count, buffer.bytes]).toEqual([0, 0]);
  });
});
