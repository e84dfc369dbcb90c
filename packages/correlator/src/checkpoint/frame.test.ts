import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, fileMagic, readFrames } from './frame.ts';

/** Short texts stay as they are, long ones are compressed. */
const text = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.string({ minLength: 20, maxLength: 50 }).map((t) => t.repeat(300)),
);

async function fileOf(texts: readonly string[]): Promise<Buffer> {
  return Buffer.concat([fileMagic, ...(await Promise.all(texts.map(encodeFrame)))]);
}

describe('a file of frames', () => {
  it('is read as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 5 }), async (texts) => {
        expect(readFrames(await fileOf(texts))).toEqual({ texts, damagedBytes: 0 });
      }),
      { numRuns: 50 },
    );
  });

  it('compresses what is long', async () => {
    expect((await encodeFrame('t13d1516h2_8daaf6152771_d8a2da3f94cd\n'.repeat(1_000))).length).toBeLessThan(
      1_000,
    );
  });

  it('gives the frames that were written whole, wherever it is cut', async () => {
    const texts = ['one', 'two '.repeat(2_000), 'three', ''];
    const file = await fileOf(texts);
    for (let length = 0; length < file.length; length++) {
      const found = readFrames(file.subarray(0, length));
      expect(found.texts).toEqual(texts.slice(0, found.texts.length));
      expect(found.texts.length).toBeLessThan(texts.length);
      expect(found.damagedBytes).toBeLessThanOrEqual(length);
    }
  });

  it('gives nothing that was not written, whichever byte is wrong', async () => {
    const texts = ['one', 'two '.repeat(2_000), 'three'];
    const file = await fileOf(texts);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(file);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        const found = readFrames(damaged);
        expect(found.texts).toEqual(texts.slice(0, found.texts.length));
        expect(found.damagedBytes).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, ours) => {
        const file = ours ? Buffer.concat([fileMagic, bytes]) : Buffer.from(bytes);
        expect(readFrames(file).damagedBytes).toBeLessThanOrEqual(file.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of another version is not read', () => {
    const other = Buffer.from('JA4CKPT9 and whatever stands there', 'latin1');
    expect(readFrames(other)).toEqual({ texts: [], damagedBytes: other.length });
  });
});
