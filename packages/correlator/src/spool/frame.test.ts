import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checksumSeed,
  encodeFrame,
  type FrameRows,
  frameHeadBytes,
  readFrame,
  readFrameHead,
} from './frame.ts';

const seed = checksumSeed('a segment');
const rowsArbitrary = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 20 });

function frameOf(rows: readonly Uint8Array[], note = ''): FrameRows {
  const lengths = Uint32Array.from(rows, (row) => row.length);
  return { lengths, payload: Buffer.concat(rows), oldestMs: 1_700_000_000_000.5, note };
}

const encoded = (rows: readonly Uint8Array[], note?: string) =>
  Buffer.concat(encodeFrame(frameOf(rows, note), 7, seed));

/** What can be read at `at`; a string is the reason why nothing can. */
function read(bytes: Buffer, at = 0) {
  if (at + frameHeadBytes > bytes.length) return 'torn';
  const head = readFrameHead(bytes, at, seed);
  if (typeof head === 'string') return head;
  return at + head.size > bytes.length ? 'torn' : readFrame(bytes, at, head, seed);
}

describe('a frame', () => {
  it('gives back its rows, its note and its place', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.string(), (rows, note) => {
        const bytes = encoded(rows, note);
        expect(bytes.length % 8).toBe(0);
        const frame = read(bytes);
        if (typeof frame === 'string') throw new Error(frame);
        const found = rows.map((_, i) => frame.payload.subarray(frame.starts[i], frame.starts[i + 1]));
        expect(found.map((row) => [...row])).toEqual(rows.map((row) => [...row]));
        expect(frame).toMatchObject({ rows: rows.length, firstRow: 7, oldestMs: 1_700_000_000_000.5 });
        expect(frame.note).toBe(Buffer.from(note).toString());
      }),
    );
  });

  it('is refused when any bit of it is another', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.nat(), fc.nat(7), (rows, where, bit) => {
        const bytes = encoded(rows);
        // What follows is padding.
        const at = where % (frameHeadBytes + bytes.readUInt32LE(8));
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        expect(typeof read(bytes)).toBe('string');
      }),
    );
  });

  it('is refused in another segment than its own', () => {
    const bytes = Buffer.concat(encodeFrame(frameOf([Buffer.from('row')]), 0, checksumSeed('another')));
    expect(read(bytes)).toBe('checksum');
  });

  it('is not found in any bytes that are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: frameHeadBytes, maxLength: 500 }), (bytes) => {
        expect(typeof read(Buffer.from(bytes))).toBe('string');
      }),
    );
  });
});
