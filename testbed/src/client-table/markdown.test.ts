import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { code, table } from './markdown.ts';

describe('text of clients in a table', () => {
  it('stays one cell of one line, whatever it holds', () => {
    const awkward = fc.constantFrom(
      '|',
      '`',
      '\\',
      '\n',
      '\r',
      '\t',
      '\0',
      '\u2028',
      '\u0085',
      ' ',
      'a',
      'é',
    );
    fc.assert(
      fc.property(fc.array(awkward), fc.string(), (parts, rest) => {
        const cell = code(parts.join('') + rest);
        expect(cell).not.toMatch(/[\p{Cc}\u2028]/u);
        expect(cell.replace(/\\[\\|]/g, '')).not.toContain('|');
        expect(table(['x'], [[cell]]).split('\n')).toHaveLength(3);
      }),
    );
  });

  it('is readable as it was', () => {
    expect(code('1:65536;2:0|15663105|0|m,a,s,p')).toBe('`1:65536;2:0\\|15663105\\|0\\|m,a,s,p`');
    expect(code('a`b')).toBe('`` a`b ``');
    expect(code('')).toBe('(empty)');
  });
});
