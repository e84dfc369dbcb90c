import { expect, test } from 'vitest';
import { memoryShare } from './memory-share.ts';

test('what the engine counts leaves room for what it does not', () => {
  expect(memoryShare(1_500_000_000).engine).toBe(930_000_000);
});

test('one statement never gets all of it, and a read less than a write', () => {
  const { engine, read, write } = memoryShare(2_000_000_000);
  expect(read).toBeLessThan(write);
  expect(write).toBeLessThan(engine);
});

test('a limit that is too small for any engine gives it its least', () => {
  expect(memoryShare(256_000_000).engine).toBe(memoryShare(600_000_000).engine);
});
