import { gaussian, type Random, sampleWithoutReplacement } from '../random.ts';

/** Rows of numbers, row after row in one array; every cell is finite. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

export interface ForestOptions {
  /** Default 300. */
  readonly trees?: number;
  /** Rows per tree. Default 256, never more than there are. */
  readonly sampleSize?: number;
  /** Features per split beyond the first: 0 splits along one axis, columns − 1 along any direction. */
  readonly extension?: number;
  /**
   * How far beyond what a node holds its split may fall, per feature, downwards and upwards, in the
   * matrix's units. 0 everywhere is the classic forest. See README, "Novelty".
   */
  readonly reachDown?: Float64Array;
  readonly reachUp?: Float64Array;
}

/**
 * A grown forest. Nodes of all trees lie one after the other; the children of an inner node are
 * neighbours (`left`, `left + 1`). A row goes left when Σ weight·x ≤ threshold.
 *
 *   node i:  left[i] = 0 → leaf, else its left child      gain[2i], gain[2i+1]: see attribution.ts
 *            feature[i·width …], weight[i·width …]        width = extension + 1
 *            leafDepth[i] = depth + c(rows in the leaf)
 */
export interface Forest {
  readonly columns: number;
  readonly width: number;
  readonly sampleSize: number;
  readonly roots: Int32Array;
  readonly left: Int32Array;
  readonly feature: Uint16Array;
  readonly weight: Float32Array;
  readonly threshold: Float32Array;
  readonly leafDepth: Float32Array;
  readonly gain: Float32Array;
}

/** A forest that still knows which rows each tree was grown from (`sampleSize` per tree). */
export interface GrownForest extends Forest {
  readonly samples: Int32Array;
}

/** With a reach: how many splits on one path may leave all rows on one side without costing a level. */
const splitsBeyondTheRows = 4;

const eulerGamma = 0.5772156649015329;

/** c(n): mean path length of an unsuccessful search in a binary search tree of n (Liu 2008, equation 1). */
export function averagePathLength(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + eulerGamma) - (2 * (n - 1)) / n;
}

/**
 * Grows an Extended Isolation Forest (Hariri 2019, arXiv 1811.02141). A split draws `extension + 1`
 * features, a Gaussian normal over them, and a point in the box that the node's rows span, which it goes through.
 */
export function growForest(matrix: Matrix, random: Random, options: ForestOptions = {}): GrownForest {
  const { rows, columns, values } = matrix;
  if (rows < 2 || columns < 1)
    throw Object.assign(new Error('A forest needs at least two rows and one feature.'), {
      code: 'forest_without_rows',
    });
  const trees = options.trees ?? 300;
  const sampleSize = Math.min(options.sampleSize ?? 256, rows);
  const width = Math.min(options.extension ?? 0, columns - 1) + 1;
  const depthLimit = Math.ceil(Math.log2(sampleSize));
  const reachDown = options.reachDown ?? new Float64Array(columns);
  const reachUp = options.reachUp ?? new Float64Array(columns);
  const emptySplits = reachDown.some((r) => r > 0) || reachUp.some((r) => r > 0) ? splitsBeyondTheRows : 0;

  // A tree that separates all of its rows has 2·sampleSize − 1 nodes; splits beyond the rows add leaves.
  const perTree = 2 * sampleSize * (1 + Math.max(emptySplits, depthLimit));
  const left = new Int32Array(trees * perTree);
  const feature = new Uint16Array(trees * perTree * width);
  const weight = new Float32Array(trees * perTree * width);
  const threshold = new Float32Array(trees * perTree);
  const leafDepth = new Float32Array(trees * perTree);
  const gain = new Float32Array(trees * perTree * 2);
  const roots = new Int32Array(trees);
  const samples = new Int32Array(trees * sampleSize);

  const pool = Int32Array.from({ length: rows }, (_, i) => i);
  const axes = Int32Array.from({ length: columns }, (_, i) => i);
  let nodes = 0;
  // Stack of nodes to split: node, first row, end row, levels left, splits beyond the rows left, depth.
  const stack: number[] = [];

  for (let tree = 0; tree < trees; tree++) {
    sampleWithoutReplacement(pool, rows, sampleSize, random);
    const own = samples.subarray(tree * sampleSize, (tree + 1) * sampleSize);
    own.set(pool.subarray(0, sampleSize));
    const order = own.slice();
    const root = nodes++;
    roots[tree] = root;
    stack.push(root, 0, sampleSize, depthLimit, emptySplits, 0);
    while (stack.length > 0) {
      const depth = stack.pop()!;
      const empties = stack.pop()!;
      const levels = stack.pop()!;
      const end = stack.pop()!;
      const start = stack.pop()!;
      const node = stack.pop()!;
      const count = end - start;
      if (count <= 1 || levels <= 0) {
        leafDepth[node] = depth + averagePathLength(count);
        continue;
      }
      // Features along which all rows are equal split nothing: try a few before giving the node up.
      let cut = Number.NaN;
      for (let attempt = 0; attempt < 8 && Number.isNaN(cut); attempt++) {
        sampleWithoutReplacement(axes, columns, width, random);
        let point = 0;
        let wide = false;
        for (let k = 0; k < width; k++) {
          const axis = axes[k]!;
          let low = Number.POSITIVE_INFINITY;
          let high = Number.NEGATIVE_INFINITY;
          for (let i = start; i < end; i++) {
            const value = values[order[i]! * columns + axis]!;
            if (value < low) low = value;
            if (value > high) high = value;
          }
          if (empties > 0) {
            low -= reachDown[axis]!;
            high += reachUp[axis]!;
          }
          if (high > low) wide = true;
          const w = width === 1 ? 1 : gaussian(random);
          feature[node * width + k] = axis;
          weight[node * width + k] = w;
          point += Math.fround(w) * (low + random() * (high - low));
        }
        if (wide) cut = Math.fround(point);
      }
      if (Number.isNaN(cut)) {
        leafDepth[node] = depth + averagePathLength(count);
        continue;
      }
      threshold[node] = cut;
      let middle = start;
      for (let i = start; i < end; i++) {
        const row = order[i]!;
        if (project(values, row * columns, feature, weight, node * width, width) > cut) continue;
        order[i] = order[middle]!;
        order[middle] = row;
        middle++;
      }
      left[node] = nodes;
      nodes += 2;
      const atLeft = middle - start;
      gain[2 * node] = splitGain(count, atLeft);
      gain[2 * node + 1] = splitGain(count, count - atLeft);
      const empty = empties > 0 && (atLeft === 0 || atLeft === count);
      const levelsLeft = empty ? levels : levels - 1;
      const emptiesLeft = empty ? empties - 1 : empties;
      stack.push(left[node]!, start, middle, levelsLeft, emptiesLeft, depth + 1);
      stack.push(left[node]! + 1, middle, end, levelsLeft, emptiesLeft, depth + 1);
    }
  }
  return {
    columns,
    width,
    sampleSize,
    roots,
    left: left.slice(0, nodes),
    feature: feature.slice(0, nodes * width),
    weight: weight.slice(0, nodes * width),
    threshold: threshold.slice(0, nodes),
    leafDepth: leafDepth.slice(0, nodes),
    gain: gain.slice(0, nodes * 2),
    samples,
  };
}

/** Imbalance of a split seen from one side: rows of the node per row of the side (ExIFFI, equation 5). */
function splitGain(rows: number, side: number): number {
  return rows / Math.max(side, 1);
}

function project(
  values: Float64Array,
  row: number,
  feature: Uint16Array,
  weight: Float32Array,
  offset: number,
  width: number,
): number {
  let sum = 0;
  for (let k = offset; k < offset + width; k++) sum += weight[k]! * values[row + feature[k]!]!;
  return sum;
}

/** Depth at which one tree isolates a row (counted on in a leaf that holds several). */
function treeDepth(forest: Forest, root: number, values: Float64Array, row: number): number {
  const { left, feature, weight, threshold, width } = forest;
  let node = root;
  while (left[node] !== 0) {
    const sum = project(values, row, feature, weight, node * width, width);
    node = sum <= threshold[node]! ? left[node]! : left[node]! + 1;
  }
  return forest.leafDepth[node]!;
}

/** Anomaly score 2^(−E(h)/c(sample)) of every row, in (0, 1); 1 = isolated at once. */
export function forestScores(forest: Forest, matrix: Matrix): Float64Array {
  if (matrix.columns !== forest.columns)
    throw Object.assign(new Error(`The forest has ${forest.columns} features, the rows ${matrix.columns}.`), {
      code: 'forest_columns',
    });
  const scores = new Float64Array(matrix.rows);
  const norm = averagePathLength(forest.sampleSize) * forest.roots.length;
  for (let row = 0; row < matrix.rows; row++) {
    let depth = 0;
    for (const root of forest.roots) depth += treeDepth(forest, root, matrix.values, row * matrix.columns);
    scores[row] = 2 ** (-depth / norm);
  }
  return scores;
}

/**
 * Scores of the rows the forest was grown from, each by the trees that did not see it: what a new row of
 * the same kind would score. A row that every tree saw gets the score of all trees.
 */
export function outOfSampleScores(forest: GrownForest, matrix: Matrix): Float64Array {
  const { roots, samples, sampleSize } = forest;
  const scores = new Float64Array(matrix.rows);
  const sum = new Float64Array(matrix.rows);
  const count = new Uint16Array(matrix.rows);
  const seen = new Int32Array(matrix.rows).fill(-1);
  for (let tree = 0; tree < roots.length; tree++) {
    for (let i = tree * sampleSize; i < (tree + 1) * sampleSize; i++) seen[samples[i]!] = tree;
    for (let row = 0; row < matrix.rows; row++) {
      if (seen[row] === tree) continue;
      sum[row]! += treeDepth(forest, roots[tree]!, matrix.values, row * matrix.columns);
      count[row]!++;
    }
  }
  const all = count.includes(0) ? forestScores(forest, matrix) : scores;
  const norm = averagePathLength(sampleSize);
  for (let row = 0; row < matrix.rows; row++)
    scores[row] = count[row]! > 0 ? 2 ** (-sum[row]! / count[row]! / norm) : all[row]!;
  return scores;
}
