import { expect, test } from 'vitest';
import { byName, features } from './index.ts';

test('names are unique and can be column names', () => {
  expect(byName.size).toBe(features.length);
  for (const { name } of features) expect(name).toMatch(/^[a-z][a-z0-9_]{1,40}$/);
});

test('labels are unique: people tell features apart by them', () => {
  expect(new Set(features.map(({ label }) => label)).size).toBe(features.length);
});

test('ranges are not empty, start at a number, and what stands in for a missing value is in them or marks it', () => {
  for (const { name, range, missing } of features) {
    expect(range[0], name).toBeLessThan(range[1]);
    expect(Number.isFinite(range[0]), name).toBe(true);
    if (typeof missing === 'number' && missing !== -1) {
      expect(missing, name).toBeGreaterThanOrEqual(range[0]);
      expect(missing, name).toBeLessThanOrEqual(range[1]);
    }
  }
});

test('ratios and flags lie between 0 and 1', () => {
  for (const { name, unit, range } of features) {
    if (unit === 'ratio' || unit === 'flag') expect(range, name).toEqual([0, 1]);
  }
});

test('everything about TCP needs a handshake', () => {
  for (const { name, layer, model } of features) if (layer === 'tcp') expect(model, name).toBe('Complet');
});

test('meanings are sentences', () => {
  for (const { name, meaning } of features) expect(meaning, name).toMatch(/^[A-Z].{20,}\.$/);
});
