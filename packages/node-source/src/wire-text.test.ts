import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText, jsonText, wireText } from './wire-text.ts';

/** As Node gives the bytes of a header. */
const asNodeGives = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('a text from the wire', () => {
  it('is read as UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(wireText(asNodeGives(text))).toEqual({ text, invalid: false });
      }),
    );
  });

  it('is read as Latin-1 where it is not UTF-8, and that is said', () => {
    expect(wireText('caf\xe9')).toEqual({ text: 'café', invalid: true });
  });

  it('is left alone where a framework has put characters that no byte has', () => {
    expect(wireText('/caf\u00e9/漢')).toEqual({ text: '/café/漢', invalid: false });
  });

  it('is cut between characters', () => {
    expect(cutText('aé漢😀', 6)).toBe('aé漢');
    expect(cutText('aé漢😀', 5)).toBe('aé');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, most) => {
        const cut = cutText(text, most);
        expect(text.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(most);
        expect(Buffer.byteLength(cut)).toBeGreaterThan(Math.min(most, Buffer.byteLength(text)) - 4);
      }),
    );
  });

  it('is one line of JSON, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = jsonText(text);
        expect(json).not.toMatch(/[\n\r]/);
        expect(JSON.parse(json)).toBe(text);
      }),
    );
  });
});
