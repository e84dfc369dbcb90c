import { ascending, quantile } from './quantile.ts';

/**
 * How unusual a value is among the site's own people. Up to the `tailFrom` quantile the share of the
 * baseline at or above a value is counted; beyond it the tail is taken as exponential (peaks over threshold
 * with shape 0: Coles 2001, chapter 4), so that values beyond every person seen still differ from each other.
 *
 * Plain data: it is stored in the model file.
 */
export interface Calibration {
  /** Ascending values, 101 quantiles of the baseline (0 %, 1 % … 100 %). */
  readonly quantiles: readonly number[];
  /** Where the tail begins, and the share of the baseline above it. */
  readonly tailFrom: number;
  readonly tailShare: number;
  /** Mean excess over `tailFrom` in the tail, same unit as the values. */
  readonly tailScale: number;
}

/** Share of the baseline that is left to the fitted tail. */
const tailShare = 0.1;

/** Quantiles of people for whom evidence grows evenly with the value, from none to one ban. */
export function evenly(from: number, to: number): number[] {
  return Array.from(
    { length: 101 },
    (_, i) => from + (to - from) * Math.min(1, -Math.log10(Math.max(tailShare, 1 - i / 100))),
  );
}

/** What is never called unusual, however alike the people of a small baseline are. */
export interface CalibrationFloor {
  /**
   * Lowest value at which the tail may begin. When nine of ten people lie below it, evidence grows evenly up
   * to it, and being the last of people who hardly differ means little.
   */
  readonly tailFrom: number;
  /** Smallest step in the tail that makes a value e times rarer. */
  readonly tailScale: number;
}

/**
 * Learns a calibration. `robust` fits the tail to the spread of the baseline's bulk instead of to its
 * largest values: for a baseline that may hold bots, which would otherwise stretch the tail and hide
 * behind themselves.
 */
export function calibrate(
  baseline: ArrayLike<number>,
  robust: boolean,
  floor: CalibrationFloor,
): Calibration {
  const sorted = ascending(baseline);
  if (sorted.length < 2)
    throw Object.assign(new Error('A calibration needs at least two values.'), {
      code: 'calibration_without_rows',
    });
  const measured = quantile(sorted, 1 - tailShare);
  const tailFrom = Math.max(measured, floor.tailFrom);
  const spread = measured - quantile(sorted, 0.5);
  const above = sorted.filter((value) => value > tailFrom);
  const meanExcess = above.reduce((sum, value) => sum + value - tailFrom, 0) / Math.max(1, above.length);
  // For an exponential tail the distance from the 50 % to the 90 % quantile is scale × ln 5.
  const fromBulk = spread / Math.log(0.5 / tailShare);
  return {
    quantiles:
      measured < floor.tailFrom
        ? evenly(0, tailFrom)
        : Array.from({ length: 101 }, (_, i) => quantile(sorted, i / 100)),
    tailFrom,
    tailShare,
    tailScale: Math.max(robust ? fromBulk : meanExcess, floor.tailScale),
  };
}

/**
 * How unusual a value is, in bans: −log10 of the share of the baseline expected at or above it. 0 = as usual
 * as it gets, 1 = one in ten people, 2 = one in a hundred.
 */
export function evidence(calibration: Calibration, value: number): number {
  const { quantiles, tailFrom, tailShare: share, tailScale } = calibration;
  if (value >= tailFrom) return -Math.log10(share) + (value - tailFrom) / tailScale / Math.LN10;
  let low = 0;
  let high = quantiles.length - 1;
  // The first quantile at or above the value: ties belong to the share that scores at least as high.
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((quantiles[middle] ?? 0) >= value) high = middle;
    else low = middle + 1;
  }
  if (low === 0) return 0;
  const before = quantiles[low - 1] ?? value;
  const after = quantiles[low] ?? value;
  const part = after > before ? (value - before) / (after - before) : 1;
  return -Math.log10(Math.max(share, 1 - (low - 1 + part) / (quantiles.length - 1))) || 0;
}

/** The score of evidence: `1 − p^(1/4)`, which keeps one in a thousand apart from one in a million. */
export function scoreOf(bans: number): number {
  return 1 - 10 ** (-bans / 4);
}

/** No voice alone says more than this: a model of a few hundred people does not know what one in 10⁹ is. */
const mostEvidence = 6;

/** Evidence of one voice, bent so that it approaches `mostEvidence` without ever reaching it. */
export function boundedEvidence(calibration: Calibration, value: number): number {
  return mostEvidence * (1 - Math.exp(-evidence(calibration, value) / mostEvidence));
}
