/**
 * A plain reference: logistic regression on standardised features (missing = mean), with an L2 penalty,
 * fitted by gradient descent, and predicted out of fold: every row by a model that
 * saw neither the row nor any other of its group.
 *
 * `rows` hold one number per feature, NaN = missing. Answers the probability of the positive class.
 */
export function outOfFoldProbabilities(
  rows: readonly (readonly number[])[],
  positive: readonly boolean[],
  groups: readonly string[],
  folds = 5,
): Float64Array {
  const foldOf = foldsOfGroups(groups, folds);
  const predicted = new Float64Array(rows.length);
  for (let fold = 0; fold < folds; fold++) {
    const training = [...rows.keys()].filter((i) => foldOf[i] !== fold);
    const predict = fitted(
      training.map((i) => rows[i] ?? []),
      training.map((i) => (positive[i] ? 1 : 0)),
    );
    rows.forEach((row, i) => {
      if (foldOf[i] === fold) predicted[i] = predict(row);
    });
  }
  return predicted;
}

/** Groups in order of appearance go to the folds in turn. */
function foldsOfGroups(groups: readonly string[], folds: number): number[] {
  const number = new Map<string, number>();
  for (const group of groups) if (!number.has(group)) number.set(group, number.size);
  return groups.map((group) => (number.get(group) ?? 0) % folds);
}

const penalty = 1;
const steps = 400;

function fitted(
  rows: readonly (readonly number[])[],
  target: readonly number[],
): (row: readonly number[]) => number {
  const columns = rows[0]?.length ?? 0;
  const mean = new Float64Array(columns);
  const scale = new Float64Array(columns);
  for (let k = 0; k < columns; k++) {
    const known = rows.map((row) => row[k] ?? Number.NaN).filter((value) => Number.isFinite(value));
    const middle = known.reduce((a, b) => a + b, 0) / Math.max(1, known.length);
    const variance = known.reduce((a, b) => a + (b - middle) ** 2, 0) / Math.max(1, known.length);
    mean[k] = middle;
    scale[k] = Math.sqrt(variance) || 1;
  }
  const standardise = (row: readonly number[]) =>
    Float64Array.from({ length: columns }, (_, k) => {
      const value = row[k] ?? Number.NaN;
      return Number.isFinite(value) ? (value - (mean[k] ?? 0)) / (scale[k] ?? 1) : 0;
    });
  const inputs = rows.map(standardise);
  const weights = new Float64Array(columns);
  let bias = 0;
  const probability = (input: Float64Array) => {
    let sum = bias;
    for (let k = 0; k < columns; k++) sum += (weights[k] ?? 0) * (input[k] ?? 0);
    return 1 / (1 + Math.exp(-sum));
  };
  // The loss is smooth with curvature at most columns/4: this step never overshoots.
  const rate = 1 / (columns / 4 + penalty / Math.max(1, rows.length));
  for (let step = 0; step < steps; step++) {
    const gradient = new Float64Array(columns);
    let gradientBias = 0;
    inputs.forEach((input, i) => {
      const error = probability(input) - (target[i] ?? 0);
      gradientBias += error;
      for (let k = 0; k < columns; k++) gradient[k] = (gradient[k] ?? 0) + error * (input[k] ?? 0);
    });
    for (let k = 0; k < columns; k++)
      weights[k] =
        (weights[k] ?? 0) - (rate * ((gradient[k] ?? 0) + penalty * (weights[k] ?? 0))) / rows.length;
    bias -= (rate * gradientBias) / rows.length;
  }
  return (row) => probability(standardise(row));
}
