import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined } from './stream-trace.test-support.ts';
import { tdsContent, tdsContents } from './tds.ts';

const packet = (content: Uint8Array, status: number) =>
  joined(
    Uint8Array.of(0x12, status, (content.length + 8) >> 8, (content.length + 8) & 0xff, 0, 0, 1, 0),
    content,
  );

describe('what TDS packets carry', () => {
  const contents = fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { minLength: 1, maxLength: 5 });

  it('is the same however many packets carry it', () => {
    fc.assert(
      fc.property(contents, (parts) => {
        const stream = joined(...parts.map((part, i) => packet(part, i === parts.length - 1 ? 1 : 0)));
        const first = tdsContent(stream, 0, 8);
        expect(first).toBe(parts[0]!.length);
        expect(tdsContents(stream.subarray(8), stream.length - 8, first)).toEqual(joined(...parts));
      }),
    );
  });

  it('is not there without a whole header of the right type', () => {
    const stream = packet(new Uint8Array(4), 1);
    expect(tdsContent(stream, 1, 8)).toBe(0);
    for (const at of [0, 1, 7]) expect(tdsContent(stream.with(at, 0x33), 0, 8)).toBe(0);
    expect(tdsContent(stream.with(3, 7), 0, 8)).toBe(0);
  });

  it('never grows, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(250), (bytes, first) => {
        expect(tdsContents(bytes, bytes.length, first).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
