import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itNeeds, type Need } from '../../../../test/setup/needs.ts';
import { areaUnderCurve } from '../evaluation/separation.ts';
import { gaussian, seededRandom } from '../random.ts';
import { forestFromJson, forestToJson } from './forest-file.ts';
import {
  averagePathLength,
  forestScores,
  growForest,
  type Matrix,
  outOfSampleScores,
} from './isolation-forest.ts';

const references = resolve(process.env.JA4_TEST_ANOMALY ?? '../shared/ml/anomaly');
const anomalySets: Need = {
  what: `the anomaly sets (${references})`,
  install: 'JA4_TEST_ANOMALY=<folder with ADBench CSV files>',
  present: () => existsSync(resolve(references, 'reference.tsv')),
  optional: true,
};

function readSet(name: string): { matrix: Matrix; labels: Uint8Array } {
  const lines = readFileSync(resolve(references, `${name}.csv`), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const cells = lines.map((line) => line.split(',').map(Number));
  const columns = (cells[0]?.length ?? 1) - 1;
  return {
    matrix: {
      rows: cells.length,
      columns,
      values: Float64Array.from(cells.flatMap((row) => row.slice(0, columns))),
    },
    labels: Uint8Array.from(cells.map((row) => row[columns] ?? 0)),
  };
}

/** Two Gaussian clouds and points far from both; the last tenth is the outliers. */
function clouds(seed: number, rows: number): { matrix: Matrix; labels: Uint8Array } {
  const random = seededRandom(seed);
  const values = new Float64Array(rows * 3);
  const labels = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    const outlier = i >= rows * 0.9;
    labels[i] = outlier ? 1 : 0;
    const centre = i % 2 === 0 ? -3 : 3;
    for (let k = 0; k < 3; k++) values[i * 3 + k] = outlier ? random() * 24 - 12 : centre + gaussian(random);
  }
  return { matrix: { rows, columns: 3, values }, labels };
}

describe('the isolation forest', () => {
  it('knows the average path length of the paper', () => {
    expect(averagePathLength(1)).toBe(0);
    expect(averagePathLength(2)).toBe(1);
    expect(averagePathLength(256)).toBeCloseTo(10.2448, 3);
  });

  it('ranks scattered points above two clouds, along one axis and along any direction', () => {
    const { matrix, labels } = clouds(1, 1000);
    for (const extension of [0, 1, 2]) {
      const forest = growForest(matrix, seededRandom(5), { extension, trees: 100 });
      expect(areaUnderCurve(forestScores(forest, matrix), labels)).toBeGreaterThan(0.93);
    }
  });

  it('sees a deviation along a feature in which all of its rows agreed, given a reach', () => {
    const random = seededRandom(3);
    const columns = 6;
    const values = Float64Array.from({ length: 600 * columns }, (_, i) =>
      i % columns < 3 ? gaussian(random) : 0,
    );
    const usual = { rows: 600, columns, values };
    const novel = { rows: 2, columns, values: Float64Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 8]) };
    const reachUp = new Float64Array(columns).fill(0.5);
    const blind = forestScores(growForest(usual, seededRandom(1)), novel);
    const seeing = forestScores(growForest(usual, seededRandom(1), { reachUp, extension: 1 }), novel);
    expect(blind[1]).toBeCloseTo(blind[0] ?? Number.NaN, 6);
    expect(seeing[1]).toBeGreaterThan((seeing[0] ?? 1) + 0.1);
  });

  it('gives the same scores for the same seed, and others for another', () => {
    const { matrix } = clouds(2, 300);
    const scores = (seed: number) =>
      forestScores(growForest(matrix, seededRandom(seed), { trees: 20 }), matrix);
    expect(scores(1)).toEqual(scores(1));
    expect(scores(1)).not.toEqual(scores(2));
  });

  it('scores a row the same after a trip through its file', () => {
    const { matrix } = clouds(2, 300);
    const forest = growForest(matrix, seededRandom(1), { trees: 20, extension: 2 });
    const copy = forestFromJson(JSON.parse(JSON.stringify(forestToJson(forest))));
    expect(forestScores(copy, matrix)).toEqual(forestScores(forest, matrix));
  });

  it('refuses a file whose arrays do not belong together', () => {
    const { matrix } = clouds(2, 50);
    const json = forestToJson(growForest(matrix, seededRandom(1), { trees: 2 }));
    const damaged = { ...json, arrays: { ...json.arrays, left: json.arrays.threshold } };
    expect(() => forestFromJson(damaged)).toThrow(/damaged/);
  });

  it('scores its own rows out of sample close to what fresh rows of the same kind get', () => {
    const { matrix } = clouds(4, 900);
    const fresh = clouds(5, 900).matrix;
    const forest = growForest(matrix, seededRandom(1), { trees: 200 });
    const mean = (scores: Float64Array) => scores.reduce((a, b) => a + b, 0) / scores.length;
    expect(mean(outOfSampleScores(forest, matrix))).toBeCloseTo(mean(forestScores(forest, fresh)), 1);
  });

  it('stays finite and within (0, 1] for any rows, equal ones and far ones included', () => {
    const cell = fc.oneof(fc.constant(0), fc.double({ min: -1e6, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 2 }), (rows) => {
        const matrix = { rows: rows.length, columns: 3, values: Float64Array.from(rows.flat()) };
        const forest = growForest(matrix, seededRandom(1), { trees: 5, extension: 1 });
        for (const score of forestScores(forest, matrix)) {
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 50 },
    );
  });

  // scikit-learn 1.4.2, 100 trees × 256, raw values: mean of five seeds (ADBench copies of the sets).
  const measured: [string, number][] = [
    ['2_annthyroid', 0.8274],
    ['4_breastw', 0.9876],
    ['6_cardio', 0.9318],
    ['18_Ionosphere', 0.8441],
    ['29_Pima', 0.6704],
  ];
  for (const [name, auc] of measured)
    itNeeds(anomalySets)(`separates ${name} along single axes as well as scikit-learn's forest`, () => {
      const { matrix, labels } = readSet(name);
      const own = areaUnderCurve(forestScores(growForest(matrix, seededRandom(1)), matrix), labels);
      expect(Math.abs(own - auc)).toBeLessThan(0.02);
    });

  itNeeds(anomalySets)('reaches the reference extended forest on Ionosphere at full extension', () => {
    const { matrix, labels } = readSet('18_Ionosphere');
    const forest = growForest(matrix, seededRandom(1), { extension: 31 });
    expect(areaUnderCurve(forestScores(forest, matrix), labels)).toBeGreaterThan(0.89);
  });
});
