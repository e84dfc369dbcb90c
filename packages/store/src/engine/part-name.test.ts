import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPartName } from './part-name.ts';

test('a part’s name gives its partition, its blocks and how often it was merged', () => {
  expect(readPartName('20261120_7_12_2')).toEqual({
    partition: '20261120',
    minBlock: 7,
    maxBlock: 12,
    level: 2,
    mutation: 0,
  });
  expect(readPartName('all_1_1_0')).toEqual({
    partition: 'all',
    minBlock: 1,
    maxBlock: 1,
    level: 0,
    mutation: 0,
  });
});

test('a part that a mutation has written keeps its blocks', () => {
  expect(readPartName('all_3_5_1_9')).toEqual({
    partition: 'all',
    minBlock: 3,
    maxBlock: 5,
    level: 1,
    mutation: 9,
  });
});

test.each([
  'detached',
  'tmp_insert_all_1_1_0',
  'tmp_merge_all_1_4_1',
  'delete_tmp_all_1_1_0',
  'deduplication_logs',
  'all_5_3_1',
  'all_1_1',
  'all_1_99999999999999999999_0',
])('%s is no part', (name) => {
  expect(readPartName(name)).toBeUndefined();
});

test('every name that is written is read again', () => {
  const number = fc.integer({ min: 0, max: 2 ** 40 });
  fc.assert(
    fc.property(
      fc.stringMatching(/^[0-9a-f-]{1,32}$/),
      number,
      number,
      number,
      (partition, from, more, level) => {
        const name = { partition, minBlock: from, maxBlock: from + more, level, mutation: 0 };
        expect(readPartName(`${partition}_${from}_${from + more}_${level}`)).toEqual(name);
      },
    ),
  );
});

test('no name makes it throw', () => {
  fc.assert(fc.property(fc.string(), (name) => void readPartName(name)));
});
