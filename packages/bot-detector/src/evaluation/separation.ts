/** Ranks from 1, ties share their mean rank. */
function meanRanks(scores: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[a] ?? 0) - (scores[b] ?? 0),
  );
  const ranks = new Float64Array(scores.length);
  for (let first = 0; first < order.length; ) {
    let after = first + 1;
    while (after < order.length && scores[order[after] ?? 0] === scores[order[first] ?? 0]) after++;
    for (let i = first; i < after; i++) ranks[order[i] ?? 0] = (first + 1 + after) / 2;
    first = after;
  }
  return ranks;
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half
 * (Mann–Whitney). NaN without both classes.
 */
export function areaUnderCurve(scores: ArrayLike<number>, positive: ArrayLike<number | boolean>): number {
  const ranks = meanRanks(scores);
  let positives = 0;
  let sum = 0;
  for (let i = 0; i < ranks.length; i++)
    if (positive[i]) {
      positives++;
      sum += ranks[i] ?? 0;
    }
  const negatives = ranks.length - positives;
  return positives && negatives
    ? (sum - (positives * (positives + 1)) / 2) / (positives * negatives)
    : Number.NaN;
}

/** Share of positives above the lowest score that at most `rate` of the negatives exceed. */
export function recallAt(
  scores: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
  rate: number,
): number {
  const negatives: number[] = [];
  const positives: number[] = [];
  for (let i = 0; i < scores.length; i++) (positive[i] ? positives : negatives).push(scores[i] ?? 0);
  negatives.sort((a, b) => b - a);
  const cut = negatives[Math.floor(rate * negatives.length)] ?? Number.NEGATIVE_INFINITY;
  return positives.length ? positives.filter((score) => score > cut).length / positives.length : Number.NaN;
}

/**
 * Expected calibration error over ten bins of equal width: the mean distance between what a score says
 * (the chance of a bot) and the share of bots among the rows that got it (Naeini 2015).
 */
export function expectedCalibrationError(
  scores: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
): number {
  const bins = Array.from({ length: 10 }, () => ({ rows: 0, said: 0, was: 0 }));
  for (let i = 0; i < scores.length; i++) {
    const score = Math.min(1, Math.max(0, scores[i] ?? 0));
    const bin = bins[Math.min(9, Math.floor(score * 10))];
    if (!bin) continue;
    bin.rows++;
    bin.said += score;
    bin.was += positive[i] ? 1 : 0;
  }
  return bins.reduce((sum, bin) => sum + Math.abs(bin.said - bin.was), 0) / Math.max(1, scores.length);
}
