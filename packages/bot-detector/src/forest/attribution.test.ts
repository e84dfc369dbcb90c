import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { itNeeds, type Need } from '../../../../test/setup/needs.ts';
import { gaussian, seededRandom } from '../random.ts';
import { forestImportance } from './attribution.ts';
import { forestScores, growForest, type Matrix } from './isolation-forest.ts';

/** People around the origin in six dimensions, and one row per list that lies far out along its features and in the middle of the others. */
function planted(
  rows: number,
  outliers: readonly (readonly number[])[],
): { people: Matrix; outliers: Matrix } {
  const random = seededRandom(11);
  const columns = 6;
  const people = Float64Array.from({ length: rows * columns }, () => gaussian(random));
  const far = Float64Array.from({ length: outliers.length * columns }, (_, i) => {
    const along = outliers[Math.floor(i / columns)] ?? [];
    return along.includes(i % columns) ? 7 : 0;
  });
  return {
    people: { rows, columns, values: people },
    outliers: { rows: outliers.length, columns, values: far },
  };
}

const ranking = (importance: Float64Array) =>
  [...importance.keys()].sort((a, b) => (importance[b] ?? 0) - (importance[a] ?? 0));

describe('the importance of features in a forest', () => {
  const { people, outliers } = planted(1000, [[0], [4], [1, 3], [2, 5]]);

  for (const extension of [0, 1, 5])
    it(`names a planted feature first at extension ${extension}`, () => {
      const forest = growForest(people, seededRandom(2), { extension });
      const first = (row: number) => ranking(forestImportance(forest, outliers, row))[0];
      expect(first(0)).toBe(0);
      expect(first(1)).toBe(4);
      expect([1, 3]).toContain(first(2));
      expect([2, 5]).toContain(first(3));
    });

  for (const extension of [0, 1])
    it(`names both of two planted features at extension ${extension}`, () => {
      const forest = growForest(people, seededRandom(2), { extension });
      const firstTwo = (row: number) =>
        ranking(forestImportance(forest, outliers, row))
          .slice(0, 2)
          .sort();
      expect(firstTwo(2)).toEqual([1, 3]);
      expect(firstTwo(3)).toEqual([2, 5]);
    });

  it('is at least 1 for every feature, because no side of a split holds more rows than the node', () => {
    const forest = growForest(people, seededRandom(2), { extension: 1 });
    expect(Math.min(...forestImportance(forest, outliers, 2))).toBeGreaterThanOrEqual(1);
  });

  it('tells an outlier from a person by its spread over the features', () => {
    const forest = growForest(people, seededRandom(2), { extension: 1 });
    const spread = (importance: Float64Array) => Math.max(...importance) - Math.min(...importance);
    expect(spread(forestImportance(forest, outliers, 0))).toBeGreaterThan(
      2 * spread(forestImportance(forest, people, 0)),
    );
  });

  // Synthetic sets of the ExIFFI paper: a ball, and outliers along the planted features.
  const papersSets = resolve(process.env.JA4_TEST_EXIFFI ?? '../shared/ml/exiffi');
  const sets: Need = {
    what: `the sets of the ExIFFI paper (${papersSets})`,
    install: 'JA4_TEST_EXIFFI=<folder with Xaxis.csv, …>',
    present: () => existsSync(resolve(papersSets, 'Xaxis.csv')),
    optional: true,
  };
  const plantedIn: [string, number[]][] = [
    ['Xaxis', [0]],
    ['Yaxis', [1]],
    ['bisect', [0, 1]],
    ['bisect_3d', [0, 1, 2]],
  ];
  for (const [name, features] of plantedIn)
    itNeeds(sets)(`ranks the planted features of ${name} first over all outliers, as the paper does`, () => {
      const rows = readFileSync(resolve(papersSets, `${name}.csv`), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').slice(1, 7).map(Number));
      const matrix = { rows: rows.length, columns: 6, values: Float64Array.from(rows.flat()) };
      const forest = growForest(matrix, seededRandom(1), { extension: 1 });
      const scores = forestScores(forest, matrix);
      const outlying = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, 100);
      const sum = new Float64Array(6);
      for (const row of outlying)
        forestImportance(forest, matrix, row).forEach((value, k) => {
          sum[k] = (sum[k] ?? 0) + value;
        });
      expect(ranking(sum).slice(0, features.length).sort()).toEqual(features);
    });
});
