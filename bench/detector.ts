/**
 * The isolation forest of the detector: how well it separates public sets beside published figures, what its
 * extension and reach do to rows unlike any it was grown from, and how fast it is.
 *
 *     npm run bench -- detector [--quick] [--json]
 *
 * The public sets (ADBench copies, `reference.tsv` beside them) are looked for in JA4_TEST_ANOMALY, default
 * ../shared/ml/anomaly; without them only the generated sets are measured. With scikit-learn on the machine
 * its forest is timed on the same matrix.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  areaUnderCurve,
  type ForestOptions,
  forestScores,
  gaussian,
  growForest,
  type Matrix,
  seededRandom,
} from '@ja4/bot-detector';
import { machine } from './report/machine.ts';
import { atLeast, type Target, targetLines } from './report/target.ts';

interface LabelledSet {
  readonly name: string;
  readonly matrix: Matrix;
  readonly labels: Uint8Array;
}

const folder = resolve(process.env.JA4_TEST_ANOMALY ?? '../shared/ml/anomaly');
const largestQuickSet = 8000;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  const sets = publicSets(values.quick);
  const separation = sets.map((set) => separate(set, values.quick ? 1 : 3));
  const novelty = [...sets, constantFeatures(1), constantFeatures(2), constantFeatures(4)].map(
    learnedFromUsual,
  );
  const speed = timings(values.quick ? 10_000 : 100_000);
  const report = {
    benchmark: 'detector',
    machine: machine(),
    results: { separation, novelty, speed },
    targets: separation.flatMap(({ set, oneAxis, published }) =>
      published === undefined ? [] : [atLeast(`AUC of ${set}, one axis`, oneAxis, published - 0.02)],
    ),
  };
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else print(report);
}

/** AUC when trained on everything, anomalies included, as published figures are. */
function separate(set: LabelledSet, seeds: number) {
  const scaled = standardised(set.matrix, set.matrix);
  const mean = (matrix: Matrix, options: ForestOptions) => {
    let sum = 0;
    for (let seed = 1; seed <= seeds; seed++)
      sum += areaUnderCurve(
        forestScores(growForest(matrix, seededRandom(seed), options), matrix),
        set.labels,
      );
    return sum / seeds;
  };
  return {
    set: set.name,
    oneAxis: mean(set.matrix, { extension: 0 }),
    extension1: mean(scaled, { extension: 1 }),
    full: mean(scaled, { extension: set.matrix.columns - 1 }),
    published: publishedAuc(set.name),
  };
}

/** AUC when trained on half of the usual rows and asked about the rest and all anomalies. */
function learnedFromUsual(set: LabelledSet) {
  const random = seededRandom(7);
  const usual: number[] = [];
  const asked: number[] = [];
  for (let i = 0; i < set.matrix.rows; i++) (!set.labels[i] && random() < 0.5 ? usual : asked).push(i);
  const training = standardised(rowsOf(set.matrix, usual), rowsOf(set.matrix, usual));
  const test = standardised(rowsOf(set.matrix, asked), rowsOf(set.matrix, usual));
  const labels = Uint8Array.from(asked, (i) => set.labels[i] ?? 0);
  const auc = (extension: number, reach: number) => {
    const all = new Float64Array(set.matrix.columns).fill(reach);
    const forest = growForest(training, seededRandom(1), { extension, reachUp: all, reachDown: all });
    return areaUnderCurve(forestScores(forest, test), labels);
  };
  return { set: set.name, classic: auc(0, 0), extension1: auc(1, 0), reach: auc(0, 0.5), both: auc(1, 0.5) };
}

function timings(rows: number) {
  const columns = 60;
  const random = seededRandom(1);
  const values = Float64Array.from({ length: rows * columns }, () => gaussian(random));
  const matrix = { rows, columns, values };
  const time = (extension: number) => {
    const start = performance.now();
    const forest = growForest(matrix, seededRandom(1), { extension });
    const grown = performance.now();
    forestScores(forest, matrix);
    return {
      forest: `ja4, extension ${extension}`,
      rows,
      growMs: Math.round(grown - start),
      scoreMs: Math.round(performance.now() - grown),
    };
  };
  const peer = scikitLearn(rows, columns);
  return [time(0), time(1), ...(peer ? [peer] : [])];
}

function scikitLearn(rows: number, columns: number) {
  const script = `
import time, json, numpy as np
from sklearn.ensemble import IsolationForest
x = np.random.default_rng(1).standard_normal((${rows}, ${columns})).astype(np.float32)
a = time.time(); f = IsolationForest(n_estimators=300, max_samples=256, n_jobs=1).fit(x)
b = time.time(); f.score_samples(x); c = time.time()
print(json.dumps({"growMs": round(1000 * (b - a)), "scoreMs": round(1000 * (c - b))}))`;
  const result = spawnSync('python3', ['-c', script], { encoding: 'utf8' });
  if (result.status !== 0) return undefined;
  const measured = JSON.parse(result.stdout) as { growMs: number; scoreMs: number };
  return { forest: 'scikit-learn, one axis', rows, ...measured };
}

function publicSets(quick: boolean): LabelledSet[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.csv'))
    .map((file) => readSet(file))
    .filter(({ matrix }) => !quick || matrix.rows <= largestQuickSet);
}

function readSet(file: string): LabelledSet {
  const lines = readFileSync(resolve(folder, file), 'utf8').trim().split('\n').slice(1);
  const cells = lines.map((line) => line.split(',').map(Number));
  const columns = (cells[0]?.length ?? 1) - 1;
  return {
    name: file.replace('.csv', ''),
    matrix: {
      rows: cells.length,
      columns,
      values: Float64Array.from(cells.flatMap((row) => row.slice(0, columns))),
    },
    labels: Uint8Array.from(cells, (row) => row[columns] ?? 0),
  };
}

/** Ten noisy features, five flags, fifteen in which all usual rows are 0 and a tenth deviates in `deviating`. */
function constantFeatures(deviating: number): LabelledSet {
  const random = seededRandom(deviating);
  const [rows, columns] = [2000, 30];
  const values = new Float64Array(rows * columns);
  const labels = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    labels[i] = i % 10 === 0 ? 1 : 0;
    for (let k = 0; k < 10; k++) values[i * columns + k] = Math.max(0, gaussian(random));
    for (let k = 10; k < 15; k++) values[i * columns + k] = random() < 0.3 ? 1 : 0;
    if (labels[i])
      for (let n = 0; n < deviating; n++) values[i * columns + 15 + Math.floor(random() * 15)] = 1;
  }
  return { name: `${deviating} of 15 constant features deviate`, matrix: { rows, columns, values }, labels };
}

function rowsOf(matrix: Matrix, rows: readonly number[]): Matrix {
  const values = new Float64Array(rows.length * matrix.columns);
  for (const [at, row] of rows.entries())
    values.set(matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns), at * matrix.columns);
  return { rows: rows.length, columns: matrix.columns, values };
}

/** Median and interquartile range of a reference, falling back to wider spreads where they are 0. */
function standardised(matrix: Matrix, reference: Matrix): Matrix {
  const values = new Float64Array(matrix.values.length);
  for (let k = 0; k < matrix.columns; k++) {
    const sorted = Float64Array.from(
      { length: reference.rows },
      (_, i) => reference.values[i * matrix.columns + k] ?? 0,
    ).sort();
    const at = (p: number) => sorted[Math.floor(p * (sorted.length - 1))] ?? 0;
    const scale = (at(0.75) - at(0.25)) / 1.349 || (at(0.95) - at(0.05)) / 3.29 || at(1) - at(0) || 1;
    for (let i = 0; i < matrix.rows; i++)
      values[i * matrix.columns + k] = ((matrix.values[i * matrix.columns + k] ?? 0) - at(0.5)) / scale;
  }
  return { ...matrix, values };
}

/** scikit-learn 1.4.2, 100 trees × 256, mean of five seeds. */
function publishedAuc(set: string): number | undefined {
  const path = resolve(folder, 'reference.tsv');
  if (!existsSync(path)) return undefined;
  const [header, ...rows] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const column = header?.indexOf('sk_iforest100_auc_mean5') ?? -1;
  const value = Number(rows.find(([name]) => name === set)?.[column]);
  return Number.isFinite(value) ? value : undefined;
}

function print(report: {
  machine: string;
  results: {
    separation: ReturnType<typeof separate>[];
    novelty: ReturnType<typeof learnedFromUsual>[];
    speed: ReturnType<typeof timings>;
  };
  targets: Target[];
}): void {
  const cell = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(4)).padStart(11);
  const lines = [
    report.machine,
    '',
    `trained on everything (AUC)           one axis extension 1        full  scikit-learn`,
  ];
  for (const { set, oneAxis, extension1, full, published } of report.results.separation)
    lines.push(set.padEnd(35) + [oneAxis, extension1, full, published].map(cell).join(''));
  lines.push('', `trained on the usual rows (AUC)        classic extension 1       reach        both`);
  for (const { set, classic, extension1, reach, both } of report.results.novelty)
    lines.push(set.padEnd(35) + [classic, extension1, reach, both].map(cell).join(''));
  lines.push('', '300 trees × 256, 60 features, one thread');
  for (const { forest, rows, growMs, scoreMs } of report.results.speed)
    lines.push(`${forest.padEnd(30)} grow ${growMs} ms, score ${rows} rows ${scoreMs} ms`);
  lines.push(...targetLines(report.targets));
  process.stdout.write(`${lines.join('\n')}\n`);
}
