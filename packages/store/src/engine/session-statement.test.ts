import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClickHouseFailure } from './clickhouse-error.ts';
import { readSet, readUse } from './session-statement.ts';
import { tokenize } from './sql-tokens.ts';

function tokens(sql: string) {
  const result = tokenize(sql);
  if (!result.ok) throw new Error(`no tokens: ${result.reason}`);
  return result.tokens;
}
const set = (sql: string) => readSet(sql, tokens(sql));

test('SET gives settings as literals, DEFAULT takes them back, param_ are parameters', () => {
  expect(set("SET max_threads = 2, log_comment = 'a, b = \\'c\\'', extremes = DEFAULT")).toEqual({
    settings: [
      ['max_threads', '2'],
      ['log_comment', "'a, b = \\'c\\''"],
      ['extremes', undefined],
    ],
    parameters: [],
    database: undefined,
  });
  expect(set("SET param_a = 'x\\ty', param_b = -1.5, param_c = [1, 2]").parameters).toEqual([
    ['a', 'x\ty'],
    ['b', '-1.5'],
    ['c', '[1, 2]'],
  ]);
});

test('USE takes one name, with or without the word DATABASE', () => {
  for (const sql of ['USE d', 'USE DATABASE d', 'USE `d`', 'USE "d"'])
    expect(readUse(tokens(sql)).database).toBe('d');
  expect(readUse(tokens('USE DATABASE')).database).toBe('DATABASE');
  for (const sql of ['USE', 'USE d e', 'USE d.e', "USE 'd'", 'USE DATABASE d e'])
    expect(() => readUse(tokens(sql)), sql).toThrow(ClickHouseFailure);
});

test.each([
  ['SET', 62],
  ['SET max_threads', 62],
  ['SET max_threads = 1 SELECT 2', 62],
  ['SET max_threads = (SELECT 1) + 1', 62],
  ['SET ROLE x', 48],
  ['SET TRANSACTION SNAPSHOT 1', 48],
  ['SET readonly = 0', 497],
  ["SET max_threads = 1, format_schema = '/etc/passwd'", 497],
])('%s is refused', (sql, code) => {
  expect(() => set(sql)).toThrow(expect.objectContaining({ code }));
});

test('any SET ends in an answer', () => {
  const piece = fc.constantFrom(
    'a',
    'max_threads',
    'param_x',
    '=',
    ',',
    "'x'",
    '1',
    '-',
    '[',
    ']',
    '(',
    'DEFAULT',
    '.',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        set(`SET ${pieces.join(' ')}`);
      } catch (error) {
        expect(error).toBeInstanceOf(ClickHouseFailure);
      }
    }),
  );
});
