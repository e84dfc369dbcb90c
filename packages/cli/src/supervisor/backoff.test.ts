import { expect, it } from 'vitest';
import { restartDelay } from './backoff.ts';

it('starts a service again at once, then ever later, and forgets after a healthy minute', () => {
  let failures = 0;
  const delays = [];
  for (let death = 0; death < 10; death++) {
    const next = restartDelay(100, failures);
    delays.push(next.delayMs);
    failures = next.failures;
  }
  expect(delays.slice(0, 3)).toEqual([250, 500, 1000]);
  expect(delays.at(-1)).toBe(30_000);
  expect(restartDelay(60_000, failures)).toEqual({ delayMs: 250, failures: 1 });
});
