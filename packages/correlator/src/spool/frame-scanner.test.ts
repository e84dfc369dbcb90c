import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksumSeed, encodeFrame, frameAlignment } from './frame.ts';
import { type ByteSource, FrameScanner } from './frame-scanner.ts';
import { readingAround } from './unreadable-sectors.ts';

const seed = checksumSeed('a segment');

const memory = (bytes: Buffer): ByteSource => ({
  read: async (target, position) => bytes.copy(target, 0, Math.min(position, bytes.length)),
});

/** A log of frames with numbered rows of `rowBytes` each. */
function log(frames: number, rowsPerFrame: number, rowBytes: number): Buffer {
  const pieces: Uint8Array[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const first = frame * rowsPerFrame;
    const rows = Array.from({ length: rowsPerFrame }, (_, i) => `${first + i}`.padEnd(rowBytes, '.'));
    const lengths = new Uint32Array(rowsPerFrame).fill(rowBytes);
    const payload = Buffer.from(rows.join(''));
    pieces.push(...encodeFrame({ lengths, payload, oldestMs: 0 }, first, seed));
  }
  return Buffer.concat(pieces);
}

async function scan(source: ByteSource, end: number) {
  const scanner = new FrameScanner(source, seed, 0);
  const rows: number[] = [];
  const damages: { at: number; bytes: number; reason: string }[] = [];
  for (let step = await scanner.next(end); step !== undefined; step = await scanner.next(end)) {
    if (step.kind === 'damage') damages.push({ at: step.at, bytes: step.bytes, reason: step.reason });
    else {
      const { frame } = step;
      const payload = Buffer.from(frame.payload);
      for (let i = 0; i < frame.rows; i++) {
        const row = payload.toString('latin1', frame.starts[i], frame.starts[i + 1]);
        expect(row).toMatch(/^\d+\.*$/);
        rows.push(Number.parseInt(row, 10));
      }
    }
  }
  return { rows, damages, position: scanner.position };
}

const bytes = log(20, 5, 60);
const frameBytes = bytes.length / 20;
const all = Array.from({ length: 100 }, (_, i) => i);

describe('the walk through a segment', () => {
  it('gives all rows of a whole one', async () => {
    expect(await scan(memory(bytes), bytes.length)).toEqual({
      rows: all,
      damages: [],
      position: bytes.length,
    });
  });

  it('gives the rows before the end, wherever that is', async () => {
    for (let end = 0; end <= bytes.length; end += 7) {
      const whole = Math.floor(end / frameBytes);
      const { rows, damages } = await scan(memory(bytes.subarray(0, end)), end);
      expect(rows).toEqual(all.slice(0, whole * 5));
      expect(damages).toEqual(
        end === whole * frameBytes
          ? []
          : [{ at: whole * frameBytes, bytes: end - whole * frameBytes, reason: 'torn' }],
      );
    }
  });

  it('loses no frame but those that damage touches', async () => {
    const damage = fc.record({
      at: fc.nat(bytes.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        const spoiled = Buffer.from(bytes);
        for (const { at, bytes: other } of damages) spoiled.set(other.subarray(0, bytes.length - at), at);
        const same = (frame: number) =>
          spoiled
            .subarray(frame * frameBytes, (frame + 1) * frameBytes)
            .equals(bytes.subarray(frame * frameBytes, (frame + 1) * frameBytes));
        const expected = all.filter((row) => same(Math.floor(row / 5)));
        const found = await scan(memory(spoiled), spoiled.length);
        // Padding may be spoiled without any harm, so there can be more, but never a row that is another.
        expect(found.rows.filter((row) => expected.includes(row))).toEqual(expected);
        expect(found.rows).toEqual(all.filter((row) => found.rows.includes(row)));
      }),
    );
  });

  it('says which bytes are damaged', async () => {
    const spoiled = Buffer.from(bytes);
    spoiled.fill(0, frameBytes * 3 + 50, frameBytes * 5 + 10);
    const { rows, damages } = await scan(memory(spoiled), spoiled.length);
    expect(rows).toEqual(all.filter((row) => row < 15 || row >= 30));
    expect(damages).toEqual([{ at: frameBytes * 3, bytes: frameBytes * 3, reason: 'checksum' }]);
  });

  it('takes any bytes, and finds no row in them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (noise) => {
        const { rows, position } = await scan(memory(Buffer.from(noise)), noise.length);
        expect(rows).toEqual([]);
        expect(position).toBeLessThanOrEqual(noise.length);
      }),
    );
  });

  it('ends where the file does, though it should be longer', async () => {
    const { rows, damages } = await scan(memory(bytes.subarray(0, frameBytes * 2)), bytes.length);
    expect(rows).toEqual(all.slice(0, 10));
    expect(damages).toEqual([{ at: frameBytes * 2, bytes: bytes.length - frameBytes * 2, reason: 'torn' }]);
  });

  it('reads frames that are larger than what is read at once', async () => {
    const large = log(3, 40_000, 64);
    const { rows, damages } = await scan(memory(large), large.length);
    expect(rows).toHaveLength(120_000);
    expect(damages).toEqual([]);
  });

  it('reads around sectors that the disk cannot read', async () => {
    const large = log(100, 10, 200);
    const one = large.length / 100;
    const bad = 8 * 4096;
    const failing: ByteSource = {
      read: async (target, position) => {
        if (position < bad + 4096 && position + target.length > bad)
          throw Object.assign(new Error('i/o error, read'), { code: 'EIO' });
        return memory(large).read(target, position);
      },
    };
    const { rows } = await scan(readingAround(failing), large.length);
    const firstBad = Math.floor(bad / one);
    const lastBad = Math.floor((bad + 4095) / one);
    const expected = Array.from({ length: 1_000 }, (_, i) => i).filter(
      (row) => Math.floor(row / 10) < firstBad || Math.floor(row / 10) > lastBad,
    );
    expect(rows).toEqual(expected);
    expect(one % frameAlignment).toBe(0);
  });
});
