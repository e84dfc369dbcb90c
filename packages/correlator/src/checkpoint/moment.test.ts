import { expect, it } from 'vitest';
import { elapsedMs, momentNow } from './moment.ts';

it('counts on the monotonic clock, so that a clock that is set changes nothing', () => {
  const from = { wallMs: 1_000_000, uptimeMs: 5_000, boot: 'a' };
  expect(elapsedMs(from, { wallMs: 0, uptimeMs: 7_000, boot: 'a' })).toBe(2_000);
});

it('counts on the wall clock over a start of the system, and never backwards', () => {
  const from = { wallMs: 1_000_000, uptimeMs: 50_000, boot: 'a' };
  expect(elapsedMs(from, { wallMs: 1_060_000, uptimeMs: 10, boot: 'b' })).toBe(60_000);
  expect(elapsedMs(from, { wallMs: 900_000, uptimeMs: 10, boot: 'b' })).toBe(0);
  expect(elapsedMs({ ...from, boot: '' }, { wallMs: 1_000_500, uptimeMs: 90_000, boot: '' })).toBe(500);
});

it('does not run backwards now', () => {
  expect(elapsedMs(momentNow(), momentNow())).toBeLessThan(1_000);
});
