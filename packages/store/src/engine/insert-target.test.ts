import { expect, test } from 'vitest';
import { insertTarget } from './insert-target.ts';

test.each([
  ['INSERT INTO t FORMAT CSV', { database: 'now', table: 't' }],
  ["insert into table logs.t (a, b) FROM INFILE 'x' FORMAT CSV", { database: 'logs', table: 't' }],
  ['INSERT INTO `lo gs`.`t.x` SELECT 1', { database: 'lo gs', table: 't.x' }],
  ['INSERT t VALUES', { database: 'now', table: 't' }],
])('%s', (sql, target) => {
  expect(insertTarget(sql, 'now')).toEqual(target);
});

test('what names no table has none', () => {
  expect(insertTarget("INSERT INTO '", 'now')).toBeUndefined();
  expect(insertTarget('INSERT INTO {t:Identifier} FORMAT CSV', 'now')).toBeUndefined();
});
