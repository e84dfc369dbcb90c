import { type Baseline, chooseBaseline, type Mode } from './baseline.ts';
import type { FeatureSpec } from './feature-space.ts';
import { detectionCut } from './levels.ts';
import { type Model, type ModelName, trainModel } from './model.ts';
import { scoreSessions } from './score.ts';
import type { JudgedSession } from './session.ts';

/** A new model may call at most this share of people it has not seen anomalous. */
const largestAnomalyRate = 0.2;

/** Seconds for which a model outlives the sessions that it was learned from. */
const longestStay = 7 * 86_400;

export interface Gate {
  readonly accepted: boolean;
  /** Share of the newest fifth of the baseline that a model of the older rest calls anomalous. */
  readonly anomalyRate: number;
  readonly why: string;
}

export interface Training {
  readonly model: Model;
  readonly baseline: Baseline;
  readonly gate: Gate | null;
  /** Whether the model is a new one. */
  readonly trained: boolean;
}

export interface TrainOptions {
  readonly name: ModelName;
  readonly features: readonly FeatureSpec[];
  readonly coherenceThreshold: number;
  readonly seed: number;
  readonly now: Date;
}

const rank: Readonly<Record<Mode, number>> = { learning: 0, trimmed: 1, full: 2 };

/**
 * Trains on the sessions and decides whether the result replaces the current model. The gate trains on the
 * older four fifths of the baseline and looks at the newest fifth: a model that calls more than 20 % of it
 * anomalous has learned something else than today's people. A site that has known more of its people before
 * (a fuller mode) keeps that knowledge too.
 */
export function train(
  sessions: readonly JudgedSession[],
  current: Model | undefined,
  options: TrainOptions,
): Training {
  const baseline = chooseBaseline(sessions, options.coherenceThreshold);
  const { mode } = baseline;
  const fitted = (members: readonly JudgedSession[]) =>
    trainModel(members, {
      name: options.name,
      mode,
      features: options.features,
      seed: options.seed,
      now: options.now,
    });

  const age = options.now.getTime() / 1000 - (current?.trainedAt ?? 0);
  if (current && rank[mode] < rank[current.mode] && age < longestStay)
    return {
      model: current,
      baseline,
      trained: false,
      gate: {
        accepted: false,
        anomalyRate: Number.NaN,
        why: `fewer people than for ${current.version} (${mode})`,
      },
    };
  if (mode === 'learning') return { model: fitted(baseline.members), baseline, trained: true, gate: null };

  const byTime = [...baseline.members].sort((a, b) => a.session.lastSeen - b.session.lastSeen);
  const held = byTime.slice(Math.floor(byTime.length * 0.8));
  const rehearsal = fitted(byTime.slice(0, byTime.length - held.length));
  const anomalous = scoreSessions(rehearsal, held).filter((scored) => scored.score >= detectionCut).length;
  const anomalyRate = anomalous / held.length;
  const accepted = anomalyRate <= largestAnomalyRate;
  const percent = `${(100 * anomalyRate).toFixed(1)} % of the newest people would be anomalous`;
  if (!accepted && current && current.mode !== 'learning')
    return { model: current, baseline, trained: false, gate: { accepted, anomalyRate, why: percent } };
  return {
    model: fitted(baseline.members),
    baseline,
    trained: true,
    gate: { accepted, anomalyRate, why: accepted ? percent : `${percent}, but there is no better model` },
  };
}
