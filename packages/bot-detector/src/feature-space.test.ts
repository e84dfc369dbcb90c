import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, type FeatureSpec, foldValue, learnColumn } from './feature-space.ts';

const ratio: FeatureSpec = {
  name: 'asset_ratio',
  layer: 'behaviour',
  unit: 'ratio',
  range: [0, 1],
  suspicious: 'low',
  missing: 'median',
};
const learned = (spec: FeatureSpec, values: number[]): Column => {
  const column = learnColumn(spec, values);
  if (!column) throw new Error('no column');
  return column;
};

describe('the feature space', () => {
  const people = Array.from({ length: 200 }, (_, i) => 0.5 + (i % 20) / 50);

  it('measures deviations in the suspicious direction only', () => {
    const low = learned(ratio, people);
    expect(foldValue(low, 0, 100)).toBeGreaterThan(3);
    expect(foldValue(low, 1, 100)).toBe(0);
    const both = learned({ ...ratio, suspicious: 'both' }, people);
    expect(foldValue(both, 1, 100)).toBeGreaterThan(0);
    expect(foldValue(both, 0, 100)).toBeLessThan(0);
  });

  it('lets a share of few requests say less than the same share of many', () => {
    const column = learned(ratio, people);
    const deviation = (requests: number) => foldValue(column, 0, requests);
    expect(deviation(1)).toBeLessThan(deviation(2));
    expect(deviation(1)).toBeLessThan(0.3 * deviation(1000));
  });

  it('takes a missing value as no deviation, or as the number the catalogue names', () => {
    expect(foldValue(learned(ratio, people), Number.NaN, 50)).toBe(0);
    expect(foldValue(learned({ ...ratio, missing: 'zero' }, people), Number.NaN, 50)).toBeGreaterThan(3);
    expect(foldValue(learned({ ...ratio, missing: -1 }, people), Number.NaN, 50)).toBe(0);
  });

  it('finds a flag that nobody here ever had large but finite', () => {
    const flag: FeatureSpec = { ...ratio, unit: 'flag', suspicious: 'high' };
    const column = learned(flag, new Array(100).fill(0));
    expect(foldValue(column, 1, 1)).toBe(10);
    expect(foldValue(column, 0, 1)).toBe(0);
  });

  it('compares counts by their ratio', () => {
    const count: FeatureSpec = { ...ratio, unit: 'count', suspicious: 'high', range: [0, 1e9] };
    const column = learned(count, [8, 10, 12, 15, 20, 30, 40, 60]);
    const step = foldValue(column, 1000, 1) - foldValue(column, 100, 1);
    expect(foldValue(column, 10_000, 1) - foldValue(column, 1000, 1)).toBeLessThanOrEqual(step + 0.1);
  });

  it('has no column for a feature that the baseline never saw', () => {
    expect(learnColumn(ratio, [Number.NaN, Number.NaN])).toBeUndefined();
  });

  it('is finite for any baseline, value and number of requests', () => {
    const number = fc.double({ min: -1e12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), number, fc.nat(), (baseline, value, requests) => {
        for (const range of [[0, 1] as [number, number], [0, 1e9] as [number, number]]) {
          const column = learned({ ...ratio, range }, baseline);
          expect(Math.abs(foldValue(column, value, requests))).toBeLessThanOrEqual(10);
        }
      }),
    );
  });
});
