import { quantile } from '../quantile.ts';
import type { Random } from '../random.ts';

/** An estimate with its 95 % bootstrap interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * 95 % percentile intervals of statistics over the same resampled rows: what two scores share cancels out of
 * their difference. Rows are drawn within each class, so that no resample lacks one.
 */
export function bootstrapIntervals(
  positive: readonly boolean[],
  statistics: readonly ((rows: Int32Array) => number)[],
  random: Random,
  rounds: number,
): Interval[] {
  const classes = [true, false].map((kind) => [...positive.keys()].filter((i) => positive[i] === kind));
  const drawn = new Int32Array(positive.length);
  const values = statistics.map(() => new Float64Array(rounds));
  for (let round = 0; round < rounds; round++) {
    let at = 0;
    for (const members of classes)
      for (let i = 0; i < members.length; i++)
        drawn[at++] = members[Math.floor(random() * members.length)] ?? 0;
    statistics.forEach((statistic, s) => {
      const row = values[s];
      if (row) row[round] = statistic(drawn);
    });
  }
  const all = Int32Array.from(positive.keys());
  return statistics.map((statistic, s) => {
    const sorted = (values[s] ?? new Float64Array()).sort();
    return { value: statistic(all), low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
  });
}
