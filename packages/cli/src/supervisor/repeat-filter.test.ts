import { expect, it } from 'vitest';
import { RepeatFilter } from './repeat-filter.ts';

it('shows a line again only after a minute, whatever comes in between', () => {
  const filter = new RepeatFilter();
  expect(filter.fresh('a', 0)).toBe(true);
  expect(filter.fresh('b', 1)).toBe(true);
  expect(filter.fresh('a', 59_999)).toBe(false);
  expect(filter.fresh('a', 60_000)).toBe(true);
  expect(filter.fresh('a', 60_001)).toBe(false);
});

it('remembers a bounded number of lines', () => {
  const filter = new RepeatFilter();
  for (let line = 0; line < 1000; line++) filter.fresh(String(line), 0);
  expect(filter.fresh('999', 1)).toBe(false);
  expect(filter.fresh('0', 1)).toBe(true);
});
