import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenize } from './sql-tokens.ts';

const values = (sql: string): string[] => {
  const result = tokenize(sql);
  return result.ok ? result.tokens.map((token) => `${token.kind}:${token.value}`) : [result.reason];
};

/** Pieces that decide where strings, comments and words begin and end. */
const pieces = fc.array(
  fc.constantFrom(
    "'",
    '"',
    '`',
    '\\',
    '--',
    '/*',
    '*/',
    '#!',
    '# ',
    '\n',
    ' ',
    '$',
    '$a$',
    '$$',
    'x',
    'b',
    'f',
    '1',
    '(',
    ')',
    ',',
    '.',
    'é',
    '\u00a0',
    '‘',
    '\0',
  ),
  { maxLength: 40 },
);

describe('the tokenizer', () => {
  test('resolves escapes and doubled quotes in strings and identifiers', () => {
    expect(values(String.raw`SELECT 'a\'b''c\n\x41\N\%', "d""e", ${'`f``g`'}`)).toEqual([
      'word:SELECT',
      "string:a'b'c\nA\\%",
      'symbol:,',
      'quoted:d"e',
      'symbol:,',
      'quoted:f`g',
    ]);
  });

  test('drops comments, nested ones too, and ends line comments at the line', () => {
    expect(values("a /* b /* c */ ' */ d -- e '\nf #! g\nh # i\nj")).toEqual([
      'word:a',
      'word:d',
      'word:f',
      'word:h',
      'word:j',
    ]);
  });

  test('takes heredocs for strings, with or without a tag', () => {
    expect(values("$$a'b$$ $t$ $$ ; $t$")).toEqual(["string:a'b", 'string: $$ ; ']);
  });

  test('never lets a number swallow letters', () => {
    expect(values("1file('x')")).toEqual(['number:1', 'word:file', 'symbol:(', 'string:x', 'symbol:)']);
  });

  test.each([
    ['a\0b', 'nul'],
    ['SELECT\u00a01', 'non-ascii'],
    ['SELECT ‘a’', 'non-ascii'],
    ["SELECT 'a", 'unclosed'],
    ['/* a', 'unclosed'],
    ['$a b$', 'dollar'],
    ['1$a$ x $a$', 'dollar'],
    [String.raw`x'\' , file(1) --'`, 'literal'],
    ['SELECT \\G', 'character'],
    ['`fi\\Nle`(1)', 'escape'],
    ['"fi\\x6ce"(1)', 'escape'],
    ["SELECT '\\x7Z'", 'escape'],
  ])('refuses %j: %s', (sql, reason) => {
    expect(tokenize(sql)).toMatchObject({ ok: false, reason });
  });

  test('never throws, and its tokens stand in order without overlap', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((list) => list.join('')),
        ),
        (sql) => {
          const result = tokenize(sql);
          if (!result.ok) return result.at >= 0 && result.at < sql.length;
          let end = 0;
          return result.tokens.every((token) => {
            const inOrder = token.start >= end && token.end > token.start && token.end <= sql.length;
            end = token.end;
            return inOrder;
          });
        },
      ),
      { numRuns: 2000 },
    );
  });
});
