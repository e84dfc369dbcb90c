import type { Forest, Matrix } from './isolation-forest.ts';

/**
 * Which features isolate a row (ExIFFI, arXiv 2310.05468, section 4): on the row's path through every tree,
 * each split adds its imbalance (rows of the node per row on the row's side) to the features of its normal,
 * in proportion to the normal's components; divided by what the features would get if every imbalance were
 * one. 1 = the feature never told the row apart; larger = it did. NaN-free: a feature that no split on the
 * path used has importance 1.
 */
export function forestImportance(forest: Forest, matrix: Matrix, row: number): Float64Array {
  const { roots, left, feature, weight, threshold, gain, width } = forest;
  const offset = row * matrix.columns;
  const importance = new Float64Array(forest.columns);
  const possible = new Float64Array(forest.columns);
  for (const root of roots) {
    let node = root;
    while (left[node] !== 0) {
      let sum = 0;
      let norm = 0;
      for (let k = node * width; k < (node + 1) * width; k++) {
        sum += weight[k]! * matrix.values[offset + feature[k]!]!;
        norm += weight[k]! * weight[k]!;
      }
      const side = sum <= threshold[node]! ? 0 : 1;
      const imbalance = gain[2 * node + side]!;
      const unit = 1 / Math.sqrt(norm);
      for (let k = node * width; k < (node + 1) * width; k++) {
        const component = Math.abs(weight[k]!) * unit;
        importance[feature[k]!]! += imbalance * component;
        possible[feature[k]!]! += component;
      }
      node = left[node]! + side;
    }
  }
  for (let i = 0; i < importance.length; i++)
    importance[i] = possible[i]! > 0 ? importance[i]! / possible[i]! : 1;
  return importance;
}
