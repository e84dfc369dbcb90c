import type { Mode } from './baseline.ts';
import { boundedEvidence, type Calibration, calibrate, evenly } from './calibration.ts';
import { coherenceParts, incoherence, partValue } from './coherence-voice.ts';
import { type Column, type FeatureSpec, foldRows, learnColumn } from './feature-space.ts';
import { forestImportance } from './forest/attribution.ts';
import {
  type Forest,
  forestScores,
  growForest,
  type Matrix,
  outOfSampleScores,
} from './forest/isolation-forest.ts';
import { quantile } from './quantile.ts';
import { seededRandom } from './random.ts';
import type { JudgedSession } from './session.ts';

/** `Complet` judges sessions with a handshake, `Applicatif` those without. */
export type ModelName = 'Complet' | 'Applicatif';

/** The forest voice: which features it reads, the forest, and what is usual for it. */
export interface ForestVoice {
  readonly columns: readonly Column[];
  readonly forest: Forest;
  readonly calibration: Calibration;
  /** Mean importance of each column over the baseline: what a usual session gets. */
  readonly usualImportance: Float64Array;
}

/** What people here do on one part of the coherence voice. */
interface PartRange {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Everything that scoring needs. Without a forest (learning) only the coherence voice speaks. */
export interface Model {
  readonly name: ModelName;
  readonly version: string;
  readonly mode: Mode;
  /** Seconds since 1970. */
  readonly trainedAt: number;
  readonly baselineRows: number;
  readonly forestVoice: ForestVoice | null;
  readonly coherence: Calibration;
  readonly parts: readonly PartRange[];
  /** Calibration of the voices' summed evidence. */
  readonly fused: Calibration;
}

/** Two features per split: as good as one on the public sets or better, and far better on sets of many flags. */
const extension = 1;
/** Splits reach half a standard deviation beyond what a node holds, towards the suspicious side. */
const reach = 0.5;

/** Forest scores of people spread over 0.1 or more wherever they do different things. */
const forestFloor = { tailFrom: 0, tailScale: 0.02 };
/** A tenth short of a perfect browser is nobody's fault: one privacy setting or an old version does that. */
const coherenceFloor = { tailFrom: 0.1, tailScale: 0.06 };
/** Two independent voices that say nothing sum to 1.7 bans or more in a tenth of all cases. */
const fusedFloor = { tailFrom: 1, tailScale: 1 / Math.LN10 };

/**
 * What is assumed of people before any were seen: nine of ten lack less than 0.25 of a perfect browser, and
 * the tail is wide. A plain tool comes out MEDIUM, a program that lies about itself
 * HIGH. Used while the detector is learning; everything scored with it is provisional.
 */
const prior: Calibration = {
  quantiles: evenly(0.05, 0.25),
  tailFrom: 0.25,
  tailShare: 0.1,
  tailScale: 0.12,
};

/** Evidence that is one in p of people scores as one in p: the fused calibration of a single voice. */
const identity: Calibration = {
  quantiles: evenly(0, 1),
  tailFrom: 1,
  tailShare: 0.1,
  tailScale: 1 / Math.LN10,
};

export interface TrainingOptions {
  readonly name: ModelName;
  readonly mode: Mode;
  readonly features: readonly FeatureSpec[];
  readonly seed: number;
  readonly now: Date;
}

/** Learns a model from a baseline. In `learning` mode it learns nothing but keeps the same form. */
export function trainModel(baseline: readonly JudgedSession[], options: TrainingOptions): Model {
  const { name, mode, now } = options;
  const head = {
    name,
    mode,
    version: `${name}-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${mode}`,
    trainedAt: Math.floor(now.getTime() / 1000),
    baselineRows: mode === 'learning' ? 0 : baseline.length,
    parts: coherenceParts.map((part) => {
      const values = Float64Array.from(baseline, (judged) => partValue(judged.browser, part)).sort();
      const usual = part === 'layer_disagreement' ? 0 : 1;
      return values.length === 0
        ? { low: usual, median: usual, high: usual }
        : { low: quantile(values, 0.05), median: quantile(values, 0.5), high: quantile(values, 0.95) };
    }),
  };
  if (mode === 'learning') return { ...head, forestVoice: null, coherence: prior, fused: identity };

  // A trimmed baseline may hold bots: their scores must not stretch the tail they would then hide behind.
  const robust = mode === 'trimmed';
  const columns = options.features
    .map((spec) =>
      learnColumn(
        spec,
        baseline.map((judged) => judged.feature(spec.name)),
      ),
    )
    .filter((column) => column !== undefined);
  const matrix: Matrix = {
    rows: baseline.length,
    columns: columns.length,
    values: foldRows(columns, baseline),
  };
  const grown = growForest(matrix, seededRandom(options.seed), {
    extension,
    // Every row must be unseen by some trees, or nothing would be known about new rows.
    sampleSize: Math.min(256, Math.floor(baseline.length * 0.6)),
    reachUp: new Float64Array(columns.length).fill(reach),
    reachDown: Float64Array.from(columns, (column) => (column.suspicious === 'both' ? reach : 0)),
  });
  const { samples: _, ...forest } = grown;
  const raw = outOfSampleScores(grown, matrix);
  const calibration = calibrate(raw, robust, forestFloor);
  const lacking = Float64Array.from(baseline, (judged) => incoherence(judged.browser));
  const coherence = calibrate(lacking, robust, coherenceFloor);
  const sums = raw.map(
    (score, row) => boundedEvidence(calibration, score) + boundedEvidence(coherence, lacking[row] ?? 0),
  );
  return {
    ...head,
    forestVoice: { columns, forest, calibration, usualImportance: meanImportance(forest, matrix) },
    coherence,
    fused: widened(calibrate(sums, robust, fusedFloor), baseline.length),
  };
}

/**
 * A calibration whose tail is wider by one standard error of what a tail learned from so few people can be
 * wrong by: few people must not make a score surer than they can. Only the last calibration is widened, or
 * the same doubt would count twice.
 */
function widened(calibration: Calibration, rows: number): Calibration {
  const error = 1 / Math.sqrt(calibration.tailShare * rows);
  return { ...calibration, tailScale: calibration.tailScale * (1 + error) };
}

/** Mean importance over at most 500 rows, evenly taken. */
function meanImportance(forest: Forest, matrix: Matrix): Float64Array {
  const mean = new Float64Array(matrix.columns);
  const step = Math.max(1, Math.floor(matrix.rows / 500));
  let rows = 0;
  for (let row = 0; row < matrix.rows; row += step, rows++)
    forestImportance(forest, matrix, row).forEach((value, column) => {
      mean[column] = (mean[column] ?? 0) + value;
    });
  return mean.map((sum) => sum / rows);
}

/** Raw scores of the forest voice for sessions, and the matrix they were read from. */
export function forestOf(
  voice: ForestVoice,
  sessions: readonly JudgedSession[],
): { raw: Float64Array; matrix: Matrix } {
  const matrix = {
    rows: sessions.length,
    columns: voice.columns.length,
    values: foldRows(voice.columns, sessions),
  };
  return { raw: forestScores(voice.forest, matrix), matrix };
}
