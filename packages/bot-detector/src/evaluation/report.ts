import type { ScoredSessionRow } from '@ja4/store';
import { engines } from '../browser/engine.ts';
import { levelCuts } from '../levels.ts';
import { seededRandom } from '../random.ts';
import { bootstrapIntervals, type Interval } from './bootstrap.ts';
import type { LabelledSession } from './labels.ts';
import { referenceScores } from './references.ts';
import { areaUnderCurve, expectedCalibrationError, recallAt } from './separation.ts';

export interface EvaluateOptions {
  /** Milliseconds added to the labels' times: how far the recording was shifted. Derived when absent. */
  readonly shiftMs?: number;
  readonly seed?: number;
  readonly bootstrapRounds?: number;
}

export interface Separation {
  readonly auc: Interval;
  /** Share of bot sessions above the score that 1 % (3 %) of the people's sessions exceed. */
  readonly recallAt1: number;
  readonly recallAt3: number;
  readonly peopleAtHigh: number;
  readonly peopleAtCritical: number;
  /** Share of bot sessions at MEDIUM or above: what an analyst sees in the list. */
  readonly botsDetected: number;
  readonly expectedCalibrationError: number;
}

export interface EvaluationReport {
  readonly sessions: { person: number; bot: number; robot: number; mixed: number; unlabelled: number };
  /** Sessions per mode that the detector scored them in. */
  readonly modes: Record<string, number>;
  readonly rulesOff: Separation;
  readonly rulesOn: Separation;
  readonly perClient: readonly {
    readonly client: string;
    readonly label: string;
    readonly sessions: number;
    readonly detected: number;
    readonly atHigh: number;
    readonly medianScore: number;
  }[];
  /** People's share at HIGH or above by what they have in common. */
  readonly peopleByStratum: readonly {
    readonly stratum: string;
    readonly value: string;
    readonly people: number;
    readonly atHigh: number;
  }[];
  readonly references: readonly {
    readonly name: string;
    readonly auc: Interval;
    readonly recallAt1: number;
    readonly recallAt3: number;
    /** AUC of the detector without rules minus AUC of the reference, on the same resampled rows. */
    readonly difference: Interval;
  }[];
  readonly shiftMs: number;
}

export const nothingToEvaluate = (why: string) =>
  Object.assign(new Error(`There is nothing to evaluate: ${why}. Score the labelled recording first.`), {
    code: 'nothing_to_evaluate',
  });

/**
 * The figures for labelled sessions. Throws `nothing_to_evaluate` when one of the classes is empty.
 */
export function report(
  labelled: readonly LabelledSession[],
  options: EvaluateOptions,
): Omit<EvaluationReport, 'shiftMs'> {
  const count = (label: LabelledSession['label']) =>
    labelled.filter((session) => session.label === label).length;
  const judged = labelled.filter(({ label }) => label === 'person' || label === 'bot');
  const positive = judged.map(({ label }) => label === 'bot');
  if (!positive.includes(true) || !positive.includes(false))
    throw nothingToEvaluate(
      `${labelled.length} scored sessions, of which ${count('person')} of people and ${count('bot')} of bots`,
    );
  const references = referenceScores(judged);
  const off = Float64Array.from(judged, ({ row }) => row.anomaly_score);
  const on = Float64Array.from(judged, ({ row }) => rankWithRules(row));

  const aucOf = (scores: ArrayLike<number>) => (rows: Int32Array) => areaUnderRows(scores, positive, rows);
  const statistics = [off, on, ...references.map(({ scores }) => scores)].map(aucOf);
  const ours = aucOf(off);
  const differences = references.map(({ scores }) => {
    const theirs = aucOf(scores);
    return (rows: Int32Array) => ours(rows) - theirs(rows);
  });
  const intervals = bootstrapIntervals(
    positive,
    [...statistics, ...differences],
    seededRandom(options.seed ?? 1),
    options.bootstrapRounds ?? 1000,
  );
  const interval = (i: number) => intervals[i] ?? { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  const people = judged.filter(({ label }) => label === 'person');
  return {
    sessions: {
      person: people.length,
      bot: judged.length - people.length,
      robot: count('robot'),
      mixed: count('mixed'),
      unlabelled: count('unlabelled'),
    },
    modes: Object.fromEntries(
      [...Map.groupBy(labelled, ({ row }) => row.mode)].map(([k, v]) => [k, v.length]),
    ),
    rulesOff: separation(judged, off, interval(0), levelByScore),
    rulesOn: separation(judged, on, interval(1), (row) => row.threat_level),
    perClient: perClient(labelled),
    peopleByStratum: [
      ...strata(people, 'network', ({ row }) => row.asn_label || 'unknown'),
      ...strata(people, 'engine', ({ row }) => engineOf(row)),
      ...strata(people, 'model', ({ row }) => row.model_name),
    ],
    references: references.map(({ name, scores }, i) => ({
      name,
      auc: interval(2 + i),
      recallAt1: recallAt(scores, positive, 0.01),
      recallAt3: recallAt(scores, positive, 0.03),
      difference: interval(2 + references.length + i),
    })),
  };
}

function areaUnderRows(scores: ArrayLike<number>, positive: readonly boolean[], rows: Int32Array): number {
  return areaUnderCurve(
    Float64Array.from(rows, (row) => scores[row] ?? 0),
    Uint8Array.from(rows, (row) => (positive[row] ? 1 : 0)),
  );
}

/** Rules set levels and not scores; as a ranking, a known bot stands above all scores, a browser below. */
function rankWithRules(row: ScoredSessionRow): number {
  if (row.threat_level === 'KNOWN_BOT') return 1 + row.anomaly_score;
  return row.threat_level === 'LEGITIMATE_BROWSER' ? row.anomaly_score - 1 : row.anomaly_score;
}

const levelByScore = ({ anomaly_score: score }: ScoredSessionRow): string =>
  score >= levelCuts.CRITICAL
    ? 'CRITICAL'
    : score >= levelCuts.HIGH
      ? 'HIGH'
      : score >= levelCuts.MEDIUM
        ? 'MEDIUM'
        : 'NORMAL';

const atHigh = (level: string) => level === 'HIGH' || level === 'CRITICAL';
const detected = (level: string) => level === 'MEDIUM' || atHigh(level) || level === 'KNOWN_BOT';
const share = <T>(rows: readonly T[], test: (row: T) => boolean) =>
  rows.length > 0 ? rows.filter(test).length / rows.length : Number.NaN;

function separation(
  judged: readonly LabelledSession[],
  scores: Float64Array,
  auc: Interval,
  levelOf: (row: ScoredSessionRow) => string,
): Separation {
  const positive = judged.map(({ label }) => label === 'bot');
  const people = judged.filter(({ label }) => label === 'person');
  const bots = judged.filter(({ label }) => label === 'bot');
  return {
    auc,
    recallAt1: recallAt(scores, positive, 0.01),
    recallAt3: recallAt(scores, positive, 0.03),
    peopleAtHigh: share(people, ({ row }) => atHigh(levelOf(row))),
    peopleAtCritical: share(people, ({ row }) => levelOf(row) === 'CRITICAL'),
    botsDetected: share(bots, ({ row }) => detected(levelOf(row))),
    expectedCalibrationError: expectedCalibrationError(scores, positive),
  };
}

function perClient(labelled: readonly LabelledSession[]): EvaluationReport['perClient'] {
  const known = labelled.filter(({ label }) => label !== 'unlabelled' && label !== 'mixed');
  return [...Map.groupBy(known, ({ label, client }) => `${label} ${client}`).values()]
    .flatMap((sessions) => {
      const [first] = sessions;
      if (!first) return [];
      const scores = sessions.map(({ row }) => row.anomaly_score).sort((a, b) => a - b);
      return {
        client: first.client,
        label: first.label,
        sessions: sessions.length,
        detected: share(sessions, ({ row }) => detected(row.threat_level)),
        atHigh: share(sessions, ({ row }) => atHigh(row.threat_level)),
        medianScore: scores[Math.floor(scores.length / 2)] ?? Number.NaN,
      };
    })
    .sort((a, b) => a.label.localeCompare(b.label) || a.client.localeCompare(b.client));
}

/** The engine that the layers of a session look like. */
function engineOf({ features }: ScoredSessionRow): string {
  const [best] = [...engines].sort(
    (a, b) => (features[`engine_${b.toLowerCase()}`] ?? 0) - (features[`engine_${a.toLowerCase()}`] ?? 0),
  );
  return best ?? 'unknown';
}

function strata(
  people: readonly LabelledSession[],
  stratum: string,
  shared: (session: LabelledSession) => string,
): EvaluationReport['peopleByStratum'] {
  return [...Map.groupBy(people, shared)].map(([value, sessions]) => ({
    stratum,
    value,
    people: sessions.length,
    atHigh: share(sessions, ({ row }) => atHigh(row.threat_level)),
  }));
}
