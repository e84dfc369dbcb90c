import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsToOctets, huffman } from './hpack-encoder.test-support.ts';
import { decodeHuffman } from './hpack-huffman.ts';

const decoded = (octets: readonly number[]) => decodeHuffman(Uint8Array.from(octets), 0, octets.length);

describe('the Huffman code of RFC 7541 appendix B', () => {
  // The first and the last code of each length: what lies between is in order of the symbols.
  it.each([
    [48, 0x0, 5],
    [116, 0x9, 5],
    [32, 0x14, 6],
    [117, 0x2d, 6],
    [58, 0x5c, 7],
    [122, 0x7b, 7],
    [38, 0xf8, 8],
    [90, 0xfd, 8],
    [33, 0x3f8, 10],
    [63, 0x3fc, 10],
    [39, 0x7fa, 11],
    [124, 0x7fc, 11],
    [35, 0xffa, 12],
    [62, 0xffb, 12],
    [0, 0x1ff8, 13],
    [126, 0x1ffd, 13],
    [94, 0x3ffc, 14],
    [125, 0x3ffd, 14],
    [60, 0x7ffc, 15],
    [123, 0x7ffe, 15],
    [92, 0x7fff0, 19],
    [208, 0x7fff2, 19],
    [128, 0xfffe6, 20],
    [226, 0xfffed, 20],
    [153, 0x1fffdc, 21],
    [230, 0x1fffe8, 21],
    [129, 0x3fffd2, 22],
    [233, 0x3fffeb, 22],
    [1, 0x7fffd8, 23],
    [239, 0x7ffff4, 23],
    [9, 0xffffea, 24],
    [237, 0xfffff5, 24],
    [199, 0x1ffffec, 25],
    [235, 0x1ffffef, 25],
    [192, 0x3ffffe0, 26],
    [255, 0x3ffffee, 26],
    [203, 0x7ffffde, 27],
    [254, 0x7fffff0, 27],
    [2, 0xfffffe2, 28],
    [249, 0xffffffe, 28],
    [10, 0x3ffffffc, 30],
    [22, 0x3ffffffe, 30],
  ])('gives octet %i the code %i of %i bits', (symbol, code, bits) => {
    const digits = code.toString(2).padStart(bits, '0');
    expect(decoded(bitsToOctets(digits))).toEqual({ ok: true, value: String.fromCharCode(symbol) });
  });

  it('brings every octet back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 })), (octets) => {
        const text = String.fromCharCode(...octets);
        expect(decoded(huffman(text))).toEqual({ ok: true, value: text });
      }),
    );
  });

  it('of nothing is nothing', () => expect(decoded([])).toEqual({ ok: true, value: '' }));
});

describe('any octets', () => {
  it('decode to at most 8/5 as many, or to a named failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const result = decodeHuffman(octets, 0, octets.length);
        if (result.ok) expect(result.value.length).toBeLessThanOrEqual((octets.length * 8) / 5);
        else expect(result.at).toBeLessThanOrEqual(octets.length);
      }),
    );
  });

  it('that decode are their own encoding: there is one per text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (octets) => {
        const result = decodeHuffman(octets, 0, octets.length);
        if (result.ok) expect(huffman(result.value)).toEqual([...octets]);
      }),
    );
  });
});
