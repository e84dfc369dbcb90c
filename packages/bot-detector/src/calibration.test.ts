import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrate, evidence, exceedance, scoreOf } from './calibration.ts';
import { levelCuts } from './levels.ts';
import { gaussian, seededRandom } from './random.ts';

describe('a calibration', () => {
  const random = seededRandom(1);
  const people = Float64Array.from({ length: 5000 }, () => gaussian(random));
  const calibration = calibrate(people, false);

  it('counts how much of the baseline lies at or above a value', () => {
    expect(exceedance(calibration, 0)).toBeCloseTo(0.5, 1);
    expect(exceedance(calibration, 1)).toBeCloseTo(0.16, 1);
    expect(exceedance(calibration, -9)).toBe(1);
  });

  it('makes the cuts of the levels false-positive rates of fresh people', () => {
    const fresh = Float64Array.from({ length: 50_000 }, () => gaussian(random));
    const rate = (cut: number) =>
      fresh.filter((value) => scoreOf(exceedance(calibration, value)) >= cut).length / fresh.length;
    expect(rate(levelCuts.LOW)).toBeCloseTo(0.0625, 2);
    expect(rate(levelCuts.MEDIUM)).toBeCloseTo(0.015, 2);
    expect(rate(levelCuts.HIGH)).toBeLessThan(0.003);
    expect(rate(levelCuts.CRITICAL)).toBeLessThan(0.0005);
  });

  it('still tells values apart that no person ever reached', () => {
    expect(evidence(calibration, 20)).toBeGreaterThan(evidence(calibration, 10) + 1);
    expect(scoreOf(exceedance(calibration, 20))).toBeLessThanOrEqual(1);
  });

  it('keeps its cuts when some of the baseline are bots, if fitted robustly', () => {
    const poisoned = Float64Array.from(people, (value, i) => (i % 20 === 0 ? 12 : value));
    expect(evidence(calibrate(poisoned, true), 12)).toBeGreaterThan(4);
    expect(evidence(calibrate(poisoned, false), 12)).toBeLessThan(2);
  });

  it('is defined when everybody is equal: the same is usual, more is not', () => {
    const equal = calibrate(new Float64Array(50).fill(0.3), true);
    expect(exceedance(equal, 0.29)).toBe(1);
    expect(exceedance(equal, 0.4)).toBeLessThan(1e-6);
  });

  it('never falls as a value grows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2 }),
        fc.double({ min: -200, max: 200, noNaN: true }),
        fc.double({ min: 0, max: 50, noNaN: true }),
        fc.boolean(),
        (baseline, value, more, robust) => {
          const learned = calibrate(baseline, robust);
          const low = evidence(learned, value);
          expect(low).toBeGreaterThanOrEqual(0);
          expect(evidence(learned, value + more)).toBeGreaterThanOrEqual(low - 1e-9);
        },
      ),
    );
  });
});
