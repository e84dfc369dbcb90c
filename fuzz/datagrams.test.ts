import { expect, it } from 'vitest';
import { runDatagrams } from './datagrams.ts';

it('10,000 damaged datagrams cost nothing but counters', async () => {
  const { datagrams, taken, refused, unaccounted, heldGrowth } = await runDatagrams(10_000, 1);
  expect(unaccounted).toBe(0);
  expect(taken).toBeLessThan(datagrams);
  expect(Object.keys(refused).length).toBeGreaterThan(20);
  expect(heldGrowth).toBeLessThan(4 * 1024 * 1024);
});
