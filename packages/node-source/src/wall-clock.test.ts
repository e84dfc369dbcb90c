import { afterEach, describe, expect, it, vi } from 'vitest';
import { WallClock } from './wall-clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the time of a request', () => {
  it('is the time of day, in microseconds that go forward', () => {
    const clock = new WallClock();
    const times = Array.from({ length: 1_000 }, () => clock.at(performance.now()));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(Math.abs((times[0] ?? 0) / 1000 - Date.now())).toBeLessThan(1_000);
    expect(times.every(Number.isSafeInteger)).toBe(true);
  });

  it('follows the clock of the machine when that is set', () => {
    const clock = new WallClock();
    const now = performance.now();
    clock.at(now);
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(1_800_000_000_000);
    expect(clock.at(now + 2_000)).toBe(1_800_000_000_000_000);
    expect(clock.at(now + 2_500)).toBe(1_800_000_000_500_000);
  });
});
