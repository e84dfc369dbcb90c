import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedEvidence, calibrate, evidence, scoreOf } from './calibration.ts';
import { levelCuts } from './levels.ts';
import { gaussian, seededRandom } from './random.ts';

describe('a calibration', () => {
  const random = seededRandom(1);
  const people = Float64Array.from({ length: 5000 }, () => gaussian(random));
  const floor = { tailFrom: -100, tailScale: 1e-3 };
  const calibration = calibrate(people, false, floor);
  const exceedance = (value: number, of = calibration) => 10 ** -evidence(of, value);

  it('counts how much of the baseline lies at or above a value', () => {
    expect(exceedance(0)).toBeCloseTo(0.5, 1);
    expect(exceedance(1)).toBeCloseTo(0.16, 1);
    expect(exceedance(-9)).toBe(1);
  });

  it('makes the cuts of the levels false-positive rates of fresh people', () => {
    const fresh = Float64Array.from({ length: 50_000 }, () => gaussian(random));
    const rate = (cut: number) =>
      fresh.filter((value) => scoreOf(evidence(calibration, value)) >= cut).length / fresh.length;
    expect(rate(levelCuts.LOW)).toBeCloseTo(0.0625, 2);
    expect(rate(levelCuts.MEDIUM)).toBeCloseTo(0.015, 2);
    expect(rate(levelCuts.HIGH)).toBeLessThan(0.003);
    expect(rate(levelCuts.CRITICAL)).toBeLessThan(0.0005);
  });

  it('still tells values apart that no person ever reached', () => {
    expect(evidence(calibration, 20)).toBeGreaterThan(evidence(calibration, 10) + 1);
    expect(scoreOf(boundedEvidence(calibration, 20))).toBeLessThan(1);
    expect(boundedEvidence(calibration, 20)).toBeGreaterThan(boundedEvidence(calibration, 10));
    expect(boundedEvidence(calibration, 1e6)).toBeLessThanOrEqual(6);
  });

  it('keeps its cuts when some of the baseline are bots, if fitted robustly', () => {
    const poisoned = Float64Array.from(people, (value, i) => (i % 20 === 0 ? 12 : value));
    expect(evidence(calibrate(poisoned, true, floor), 12)).toBeGreaterThan(4);
    expect(evidence(calibrate(poisoned, false, floor), 12)).toBeLessThan(2);
  });

  it('is defined when everybody is equal: the same is usual, more is not', () => {
    const equal = calibrate(new Float64Array(50).fill(0.3), true, floor);
    expect(exceedance(0.29, equal)).toBe(1);
    expect(exceedance(0.4, equal)).toBeLessThan(1e-6);
  });

  it('calls nothing unusual that lies below its floor, however alike people are', () => {
    const alike = new Float64Array(50).fill(0.01);
    expect(evidence(calibrate(alike, true, { tailFrom: 0.2, tailScale: 0.1 }), 0.19)).toBeLessThanOrEqual(1);
  });

  it('lets evidence grow evenly below its floor instead of ranking people who hardly differ', () => {
    const alike = Float64Array.from({ length: 200 }, (_, i) => 0.01 + i * 1e-5);
    const learned = calibrate(alike, true, { tailFrom: 0.1, tailScale: 0.06 });
    expect(evidence(learned, 0.012)).toBeLessThan(0.15);
    expect(evidence(learned, 0.05)).toBeCloseTo(0.5, 1);
    expect(evidence(learned, 0.1)).toBeCloseTo(1, 6);
  });

  it('never falls as a value grows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2 }),
        fc.double({ min: -200, max: 200, noNaN: true }),
        fc.double({ min: 0, max: 50, noNaN: true }),
        fc.boolean(),
        (baseline, value, more, robust) => {
          const learned = calibrate(baseline, robust, floor);
          const low = evidence(learned, value);
          expect(low).toBeGreaterThanOrEqual(0);
          expect(evidence(learned, value + more)).toBeGreaterThanOrEqual(low - 1e-9);
        },
      ),
    );
  });
});
