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

/**
 * Learns a calibration. `robust` fits the tail to the spread of the baseline's bulk instead of to its
 * largest values: for a baseline that may hold bots, which would otherwise stretch the tail and hide
 * behind themselves.
 */
export function calibrate(baseline: ArrayLike<number>, robust: boolean): Calibration {
  const sorted = ascending(baseline);
  if (sorted.length < 2)
    throw Object.assign(new Error('A calibration needs at least two values.'), {
      code: 'calibration_without_rows',
    });
  const tailFrom = quantile(sorted, 1 - tailShare);
  const spread = tailFrom - quantile(sorted, 0.5);
  const above = sorted.filter((value) => value > tailFrom);
  const meanExcess = above.reduce((sum, value) => sum + value - tailFrom, 0) / Math.max(1, above.length);
  // For an exponential tail the distance from the 50 % to the 90 % quantile is scale × ln 5.
  const fromBulk = spread / Math.log(0.5 / tailShare);
  const floor = 1e-3 * Math.max(Math.abs(tailFrom), 1e-3);
  return {
    quantiles: Array.from({ length: 101 }, (_, i) => quantile(sorted, i / 100)),
    tailFrom,
    tailShare,
    tailScale: Math.max(robust ? fromBulk : meanExcess, floor),
  };
}

/** Share of the baseline expected at or above a value: 1 in the bulk's lower end, towards 0 in the tail. */
export function exceedance(calibration: Calibration, value: number): number {
  if (value >= calibration.tailFrom)
    return calibration.tailShare * Math.exp(-(value - calibration.tailFrom) / calibration.tailScale);
  const { quantiles } = calibration;
  let low = 0;
  let high = quantiles.length - 1;
  // The first quantile at or above the value: ties belong to the share that scores at least as high.
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((quantiles[middle] ?? 0) >= value) high = middle;
    else low = middle + 1;
  }
  if (low === 0) return 1;
  const before = quantiles[low - 1] ?? value;
  const after = quantiles[low] ?? value;
  const share = after > before ? (value - before) / (after - before) : 1;
  return Math.max(calibration.tailShare, 1 - (low - 1 + share) / (quantiles.length - 1));
}

/** Evidence in bans: −log10 of the exceedance. 0 = as usual as it gets, 2 = one in a hundred people. */
export function evidence(calibration: Calibration, value: number): number {
  return -Math.log10(exceedance(calibration, value)) || 0;
}

/** The score of an exceedance: `1 − p^(1/4)`, which keeps one in a thousand apart from one in a million. */
export function scoreOf(exceeding: number): number {
  return 1 - exceeding ** 0.25;
}
