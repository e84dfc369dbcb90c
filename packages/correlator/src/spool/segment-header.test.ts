import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSegmentHeader, readSegmentHeader, type SegmentHeader } from './segment-header.ts';

const header: SegmentHeader = {
  id: '0123456789abcdef01234567',
  number: 12,
  createdMs: 1_700_000_000_000,
  columns: [
    { name: 'path', type: 'String' },
    { name: 'headers', type: 'Map(LowCardinality(String), String)' },
  ],
  previous: { id: 'fedcba', number: 11, bytes: 4_096, rows: 17 },
};

describe('the header of a segment', () => {
  it('gives back what was written, and where the frames begin', () => {
    const bytes = encodeSegmentHeader(header);
    const read = readSegmentHeader(Buffer.concat([bytes, Buffer.from('frames')]));
    expect(read).toEqual({ ok: true, header, bytes: bytes.length });
    expect(bytes.length % 8).toBe(0);
  });

  it('is incomplete as long as a byte is missing', () => {
    const bytes = encodeSegmentHeader(header);
    for (let length = 0; length < bytes.length; length++)
      expect(readSegmentHeader(bytes.subarray(0, length))).toEqual({ ok: false, reason: 'header_truncated' });
  });

  it('is refused when any of its bytes is another', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (where, other) => {
        const bytes = encodeSegmentHeader(header);
        const end = 24 + bytes.readUInt32LE(12);
        const at = where % end;
        // Four bytes are not used.
        fc.pre(at < 20 || at >= 24);
        bytes.writeUInt8(bytes.readUInt8(at) ^ other, at);
        expect(readSegmentHeader(bytes).ok).toBe(false);
      }),
    );
  });

  it('tells a newer format from damage', () => {
    const bytes = encodeSegmentHeader(header);
    bytes.writeUInt32LE(2, 8);
    expect(readSegmentHeader(bytes)).toEqual({ ok: false, reason: 'header_checksum' });
    bytes.writeUInt32LE(
      crc32(bytes.subarray(24, 24 + bytes.readUInt32LE(12)), crc32(bytes.subarray(8, 16))),
      16,
    );
    expect(readSegmentHeader(bytes)).toEqual({ ok: false, reason: 'newer_format' });
  });

  it('is not found in any bytes that are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readSegmentHeader(Buffer.from(bytes)).ok).toBe(false);
      }),
    );
  });
});
