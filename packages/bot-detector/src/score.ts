import { boundedEvidence, evidence, scoreOf } from './calibration.ts';
import { coherenceParts, incoherence, partIncoherence, partValue } from './coherence-voice.ts';
import { forestImportance } from './forest/attribution.ts';
import type { Matrix } from './forest/isolation-forest.ts';
import { levelCuts } from './levels.ts';
import { type ForestVoice, forestOf, type Model } from './model.ts';
import type { JudgedSession } from './session.ts';

/** One reason: a feature, its value, what people here do (5 % to 95 %), and its part of the score. */
export interface Reason {
  readonly feature: string;
  readonly value: number;
  readonly baseline_low: number;
  readonly baseline_high: number;
  readonly contribution: number;
}

export interface Scored {
  readonly judged: JudgedSession;
  /** Fused and calibrated, in [0, 1]; 1 = most anomalous. */
  readonly score: number;
  /** 2^(−E(h)/c) of the forest, −1 when it did not speak. */
  readonly forestScore: number;
  /** Largest first; the contributions add up to the score. */
  readonly reasons: readonly Reason[];
}

/** Reasons named one by one; the rest is summed as `other`. */
const namedReasons = 8;

/**
 * Scores sessions. Each voice says how unusual a session is among the baseline, as evidence in bans; the
 * evidences are added (Fisher's method), and because the voices are not independent the sum is calibrated
 * on the baseline again. A score therefore means: what share of this site's people would score as high.
 */
export function scoreSessions(model: Model, sessions: readonly JudgedSession[]): Scored[] {
  const voice = model.forestVoice;
  const forest = voice ? forestOf(voice, sessions) : undefined;
  return sessions.map((judged, row) => {
    const forestScore = forest?.raw[row] ?? -1;
    const fromForest = voice ? boundedEvidence(voice.calibration, forestScore) : 0;
    const fromCoherence = boundedEvidence(model.coherence, incoherence(judged.browser));
    const sum = fromForest + fromCoherence;
    const score = scoreOf(evidence(model.fused, sum));
    const unit = sum > 0 ? score / sum : 0;
    const byForest =
      voice && forest ? forestShares(voice, forest.matrix, row, judged, score >= levelCuts.LOW) : [];
    const shares = byForest.map((reason) => ({
      ...reason,
      contribution: reason.contribution * fromForest * unit,
    }));
    for (const reason of coherenceShares(model, judged))
      shares.push({ ...reason, contribution: reason.contribution * fromCoherence * unit });
    return { judged, score, forestScore, reasons: largest(shares, score) };
  });
}

/**
 * The forest voice by feature: what isolates the session (ExIFFI) beyond what isolates people, for features
 * that deviate in their suspicious direction. Shares sum to 1, or there are none. Where nobody will look
 * closely (`exact` false) the deviations alone divide it: walking all trees again costs most of a pass.
 */
function forestShares(
  voice: ForestVoice,
  matrix: Matrix,
  row: number,
  judged: JudgedSession,
  exact: boolean,
): Reason[] {
  const importance = exact ? forestImportance(voice.forest, matrix, row) : undefined;
  const weights = voice.columns.map((_, i) => {
    const deviation = Math.abs(matrix.values[row * matrix.columns + i] ?? 0);
    if (!importance) return deviation;
    return Math.min(1, deviation) * Math.max(0, (importance[i] ?? 1) - (voice.usualImportance[i] ?? 1));
  });
  return sharesOf(weights).flatMap(([i, share]) => {
    const column = voice.columns[i];
    if (!column) return [];
    const value = judged.feature(column.name);
    return {
      feature: column.name,
      value: Number.isNaN(value) ? (column.missing ?? column.median) : value,
      baseline_low: column.low,
      baseline_high: column.high,
      contribution: share,
    };
  });
}

/** The coherence voice by part: what it lacks beyond what people here lack in the middle. */
function coherenceShares(model: Model, judged: JudgedSession): Reason[] {
  const values = coherenceParts.map((part) => partValue(judged.browser, part));
  const weights = coherenceParts.map((part, i) => {
    const usual = model.parts[i]?.median ?? 0;
    return Math.max(0, partIncoherence(part, values[i] ?? 0) - partIncoherence(part, usual));
  });
  return sharesOf(weights).flatMap(([i, share]) => {
    const feature = coherenceParts[i];
    const range = model.parts[i];
    if (!feature || !range) return [];
    return {
      feature,
      value: values[i] ?? 0,
      baseline_low: range.low,
      baseline_high: range.high,
      contribution: share,
    };
  });
}

function sharesOf(weights: readonly number[]): [index: number, share: number][] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.flatMap((weight, i) => (weight > 0 ? [[i, weight / sum] as [number, number]] : []));
}

function largest(reasons: Reason[], score: number): Reason[] {
  const sorted = reasons.sort((a, b) => b.contribution - a.contribution).slice(0, namedReasons);
  const rest = score - sorted.reduce((sum, reason) => sum + reason.contribution, 0);
  if (rest > 1e-6)
    sorted.push({ feature: 'other', value: 0, baseline_low: 0, baseline_high: 0, contribution: rest });
  return sorted;
}

const short = (value: number) =>
  Math.abs(value) >= 1000 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();

/** Reasons as one line: `name=value (contribution) | …`, without the rest. */
export function reasonText(reasons: readonly Reason[]): string {
  return reasons
    .filter((reason) => reason.feature !== 'other')
    .map((reason) => `${reason.feature}=${short(reason.value)} (+${reason.contribution.toFixed(3)})`)
    .join(' | ');
}
