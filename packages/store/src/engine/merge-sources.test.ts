import { expect, test } from 'vitest';
import { mergeSources } from './merge-sources.ts';
import { type PartName, readPartName } from './part-name.ts';

const part = (name: string): PartName => {
  const read = readPartName(name);
  if (read === undefined) throw new Error(name);
  return read;
};

test('a merge was made from the widest parts in its range, and not from what those were made from', () => {
  const names = [
    'all_1_1_0',
    'all_2_2_0',
    'all_1_2_1',
    'all_3_3_0',
    'all_4_4_0',
    'detached',
    'tmp_merge_all_1_9_3',
  ];
  expect(mergeSources(names, part('all_1_4_2'), 3)).toEqual(['all_1_2_1', 'all_3_3_0']);
});

test('other partitions and blocks outside of its range are no sources of it', () => {
  expect(mergeSources(['day_1_1_0', 'all_2_2_0', 'all_3_3_0', 'all_9_9_0'], part('all_3_4_1'), 3)).toEqual([
    'all_3_3_0',
  ]);
});

test('a part that a mutation has written takes the place of the one before', () => {
  expect(mergeSources(['all_1_1_0', 'all_1_1_0_5', 'all_2_2_0'], part('all_1_6_1_5'), 4)).toEqual([
    'all_1_1_0_5',
    'all_2_2_0',
  ]);
});
