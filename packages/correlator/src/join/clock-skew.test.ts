import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClockSkew, ClockSkews } from './clock-skew.ts';

const toleranceNs = 250e6;
const observed = (samplesMs: readonly number[]): { skews: ClockSkews; told: ClockSkew[] } => {
  const told: ClockSkew[] = [];
  const skews = new ClockSkews(toleranceNs, (skew) => told.push(skew));
  for (const ms of samplesMs) skews.observe('s1', 'web1', ms * 1e6);
  return { skews, told };
};

describe('the difference between two clocks', () => {
  it('is 0 as long as it could be latency', () => {
    const { skews, told } = observed(Array.from({ length: 100 }, (_, i) => 5 + (i % 200)));
    expect(skews.between('s1', 'web1')).toBe(0);
    expect(told).toEqual([]);
  });

  it('is not judged by a few samples', () => {
    expect(observed([-5_000, -5_000, -5_000]).skews.between('s1', 'web1')).toBe(0);
  });

  it('is told when it is found, when it moves by seconds, and when it is gone', () => {
    const samples = [-5_000, -5_100, -8_000, 10].flatMap((ms) => Array.from({ length: 64 }, () => ms));
    const { skews, told } = observed(samples);
    expect(told.map(({ skewNs }) => skewNs / 1e6)).toEqual([-5_000, -8_000, 0]);
    expect(skews.between('s1', 'web1')).toBe(0);
    expect(skews.counters()).toMatchObject({ last_clock_skew_ms: 0, clock_pairs_held_skewed: 0 });
  });

  it('belongs to one pair, and the largest is the gauge', () => {
    const { skews } = observed(Array.from({ length: 8 }, () => -5_000));
    for (let i = 0; i < 8; i++) skews.observe('s1', 'web2', 2_000e6);
    expect(skews.between('s1', 'web1')).toBe(-5e9);
    expect(skews.between('s1', 'web2')).toBe(2e9);
    expect(skews.between('s2', 'web1')).toBe(0);
    expect(skews.counters()).toEqual({
      last_clock_skew_ms: -5_000,
      clock_pairs_held: 2,
      clock_pairs_held_skewed: 2,
    });
  });

  it('is followed for a bounded number of pairs', () => {
    const { skews } = observed([]);
    for (let i = 0; i < 3_000; i++) {
      for (let n = 0; n < 8; n++) skews.observe('s1', `web${i}`, -5e9);
    }
    expect(skews.counters()).toMatchObject({ clock_pairs_held: 1_024, clock_pairs_held_skewed: 1_024 });
    expect(skews.between('s1', 'web0')).toBe(0);
    expect(skews.between('s1', 'web2999')).toBe(-5e9);
  });

  it('is found to within the quick latencies, whatever it is, with preconnected browsers and wrong pairs among them', () => {
    const hours = 3_600_000;
    fc.assert(
      fc.property(
        fc.integer({ min: -24 * hours, max: 24 * hours }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 16, maxLength: 16 }),
        fc.array(fc.integer({ min: 200, max: 60_000 }), { minLength: 10, maxLength: 10 }),
        fc.array(fc.integer({ min: -60 * hours, max: -1 }), { minLength: 6, maxLength: 6 }),
        (skewMs, quick, slow, wrong) => {
          const { skews } = observed([...quick, ...slow, ...wrong].map((ms) => skewMs + ms));
          const found = skews.between('s1', 'web1') / 1e6;
          if (found === 0) expect(Math.abs(skewMs)).toBeLessThanOrEqual(450);
          else expect(found - skewMs).toSatisfy((off: number) => off >= 0 && off <= 200);
        },
      ),
    );
  });
});
