import { expect, it } from 'vitest';
import { canSpin } from './progress.ts';

it('draws a spinner only on a terminal that has columns', () => {
  expect(canSpin({ isTTY: true, columns: 80 })).toBe(true);
  expect(canSpin({ isTTY: true, columns: 0 })).toBe(false);
  expect(canSpin({ isTTY: true })).toBe(false);
  expect(canSpin({ columns: 80 })).toBe(false);
});
