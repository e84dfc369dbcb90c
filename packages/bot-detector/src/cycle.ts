import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { features } from '@ja4/features';
import { insertDetectorRows, type Store } from '@ja4/store';
import type { Mode } from './baseline.ts';
import { type CycleMemory, emptyMemory, readHistory, readPastSessions, readSessions } from './cycle-input.ts';
import { detectionCut, type ThreatLevel, threatLevels } from './levels.ts';
import { type Model, type ModelName, trainModel } from './model.ts';
import { loadModel, saveModel } from './model-store.ts';
import { scoreSessions } from './score.ts';
import type { JudgedSession } from './session.ts';
import { type Gate, type Training, train } from './training.ts';
import { exclusionRow, type Verdict, type VerdictContext, verdictOf, verdictRow } from './verdict.ts';

export interface CycleOptions {
  /** End of the range, and the time every row is written with. */
  readonly now: Date;
  /** Sessions active in this range are scored; default: from the start of the previous hour to `now`. */
  readonly from?: Date;
  readonly to?: Date;
  /** Folder of the model files; without one every cycle trains and keeps nothing. */
  readonly modelDir?: string;
  /** `auto` trains when there is no usable model or the last is older than `retrainAfterSeconds`. */
  readonly train?: 'always' | 'auto' | 'never';
  readonly retrainAfterSeconds?: number;
  /** Sessions less coherent than this never enter a baseline. Default 0.25. */
  readonly coherenceThreshold?: number;
  /** Seed of the forest's chance: the same rows and seed give the same model. Default 1. */
  readonly seed?: number;
  /**
   * Only sessions with other requests than in the last pass of this `memory` are written (all are read:
   * rarity needs them). Counted, not timed: requests of long ago may arrive now, from a download that ended
   * or a recording that is replayed.
   */
  readonly onlyChanged?: boolean;
  /** What earlier cycles of this store left in memory; filled and read by the cycle. */
  readonly memory?: CycleMemory;
}

export interface ModelReport {
  readonly model: ModelName;
  readonly mode: Mode;
  readonly provisional: boolean;
  readonly sessions: number;
  /** Sessions the model learned from. */
  readonly baseline: number;
  /** Sessions kept out of the baseline in this cycle's training, by reason. */
  readonly excluded: Record<string, number>;
  readonly version: string;
  readonly trained: boolean;
  /** What the validation gate said about a newly trained model. */
  readonly gate: Gate | null;
}

export interface CycleReport {
  readonly cycleId: string;
  readonly from: string;
  readonly to: string;
  readonly sessions: number;
  readonly models: ModelReport[];
  readonly levels: Record<ThreatLevel, number>;
  readonly written: { scores: number; detections: number; excluded: number; metrics: number };
  /** What went wrong and was worked around, one line each. */
  readonly problems: string[];
  /** Milliseconds per step. */
  readonly timings: Record<string, number>;
}

const hourMs = 3_600_000;
const modelNames: readonly ModelName[] = ['Complet', 'Applicatif'];

/** Differ between engines by design: only Blink sends client hints. The axes read them knowing the engine. */
const engineTraits: ReadonlySet<string> = new Set(['has_sec_ch_ua', 'modern_browser_score']);

/**
 * Features of a model's forest. The coherence of the layers is the other voice's business, and counting it
 * here too would count one doubt twice; traits of an engine would make people with a rarer browser stand out.
 */
const comparable = features.filter(({ name, layer }) => layer !== 'coherence' && !engineTraits.has(name));
const forestFeatures: Readonly<Record<ModelName, typeof features>> = {
  Complet: comparable,
  Applicatif: comparable.filter(({ model }) => model === 'both'),
};

/** One detection cycle, from SQL to SQL. */
export async function runCycle(store: Store, options: CycleOptions): Promise<CycleReport> {
  const { now } = options;
  const clock = stopwatch();
  const to = options.to ?? now;
  const from = options.from ?? new Date(Math.floor(to.getTime() / hourMs) * hourMs - hourMs);
  const cycleId = randomUUID();
  const problems: string[] = [];
  const memory = options.memory ?? emptyMemory();

  const sessions = await readSessions(store, { from, to });
  clock.lap('read');
  const history = await readHistory(store, { from, until: now, continued: !options.from });
  clock.lap('history');

  const reports: ModelReport[] = [];
  const levels = Object.fromEntries(threatLevels.map((level) => [level, 0])) as Record<ThreatLevel, number>;
  const written = { scores: 0, detections: 0, excluded: 0, metrics: 0 };
  let earlier: readonly JudgedSession[] | undefined;

  for (const name of modelNames) {
    const own = sessions.filter((judged) => modelOf(judged) === name);
    const current = memory.models.get(name) ?? storedModel(store, name, options, problems);
    let training: Training | undefined;
    if (isDue(current, options)) {
      // A range of its own is judged by itself; a live site by its last day, window by window.
      earlier ??= options.from ? [] : await readPastSessions(store, from, memory);
      clock.lap('read training');
      training = train([...earlier.filter((judged) => modelOf(judged) === name), ...own], current, {
        name,
        features: forestFeatures[name],
        coherenceThreshold: options.coherenceThreshold ?? 0.25,
        seed: options.seed ?? 1,
        now,
      });
      clock.lap('train');
      if (options.modelDir && training.trained) saveModel(folderOf(store, options.modelDir), training.model);
      clock.lap('save');
    }
    const model = training?.model ?? current ?? untrained(name, now);
    if (training || current) memory.models.set(name, model);

    const verdicts = scoreSessions(model, own).map((scored) =>
      verdictOf(scored, history(scored.judged, name)),
    );
    for (const { level } of verdicts) levels[level]++;
    clock.lap('score');
    const context: VerdictContext = {
      model: name,
      mode: model.mode,
      cycleId,
      detectedAt: Math.floor(now.getTime() / 1000),
    };
    const changed = options.onlyChanged ? verdicts.filter(changedSince(memory.requests.get(name))) : verdicts;
    const counts = await write(store, changed, training, context);
    memory.requests.set(name, requestsOf(verdicts));
    written.scores += counts.scores;
    written.detections += counts.detections;
    written.excluded += counts.excluded;
    const elapsed = clock.lap('write');
    const report = reportOf(model, own.length, training);
    reports.push(report);
    if (options.train !== 'never') {
      await insertDetectorRows(store, 'ml_performance_metrics', [
        metricsRow(report, verdicts, sessions.length, context, elapsed, clock.timings),
      ]);
      written.metrics++;
    }
  }
  return {
    cycleId,
    from: from.toISOString(),
    to: to.toISOString(),
    sessions: sessions.length,
    models: reports,
    levels,
    written,
    problems,
    timings: clock.timings,
  };
}

const modelOf = (judged: JudgedSession): ModelName => (judged.session.correlated ? 'Complet' : 'Applicatif');

/** Every site has people of its own: each store's databases have a folder of their own. */
const folderOf = (store: Store, modelDir: string) => join(modelDir, store.databases.processing);

function storedModel(
  store: Store,
  name: ModelName,
  options: CycleOptions,
  problems: string[],
): Model | undefined {
  if (!options.modelDir) return undefined;
  const loaded = loadModel(folderOf(store, options.modelDir), name);
  if (loaded.ok) return loaded.model;
  if (loaded.reason === 'damaged') problems.push(`model not usable, training anew: ${loaded.detail}`);
  return undefined;
}

function isDue(current: Model | undefined, options: CycleOptions): boolean {
  if (options.train === 'never') return false;
  if (options.train === 'always' || !current || current.mode !== 'full') return true;
  return options.now.getTime() / 1000 - current.trainedAt >= (options.retrainAfterSeconds ?? 3600);
}

const untrained = (name: ModelName, now: Date): Model =>
  trainModel([], { name, mode: 'learning', features: forestFeatures[name], seed: 1, now });

const sessionKey = ({ scored }: Verdict): string => {
  const { srcIp, tlsStack, host } = scored.judged.session;
  return `${srcIp} ${tlsStack} ${host}`;
};

const requestsOf = (verdicts: readonly Verdict[]): ReadonlyMap<string, number> =>
  new Map(verdicts.map((verdict) => [sessionKey(verdict), verdict.scored.judged.session.hits]));

const changedSince = (last: ReadonlyMap<string, number> | undefined) => (verdict: Verdict) =>
  last?.get(sessionKey(verdict)) !== verdict.scored.judged.session.hits;

async function write(
  store: Store,
  verdicts: readonly Verdict[],
  training: Training | undefined,
  context: VerdictContext,
): Promise<{ scores: number; detections: number; excluded: number }> {
  const rows = verdicts.map((verdict) => verdictRow(verdict, context));
  const detected = rows.filter((_, i) => (verdicts[i]?.scored.score ?? 0) >= detectionCut);
  const excluded = training?.baseline.excluded.map((exclusion) => exclusionRow(exclusion, context)) ?? [];
  await insertDetectorRows(store, 'ml_all_scores', rows);
  await insertDetectorRows(store, 'ml_detected_anomalies', detected);
  await insertDetectorRows(store, 'ml_excluded_sessions', excluded);
  return { scores: rows.length, detections: detected.length, excluded: excluded.length };
}

function reportOf(model: Model, sessions: number, training: Training | undefined): ModelReport {
  const excluded: Record<string, number> = {};
  for (const { why } of training?.baseline.excluded ?? []) excluded[why] = (excluded[why] ?? 0) + 1;
  return {
    model: model.name,
    mode: model.mode,
    provisional: model.mode === 'learning',
    sessions,
    baseline: model.baselineRows,
    excluded,
    version: model.version,
    trained: training?.trained ?? false,
    gate: training?.gate ?? null,
  };
}

function metricsRow(
  report: ModelReport,
  verdicts: readonly Verdict[],
  allSessions: number,
  context: VerdictContext,
  elapsed: number,
  timings: Readonly<Record<string, number>>,
): object {
  const anomalous = verdicts.filter(({ scored }) => scored.score >= detectionCut).length;
  const levels: Record<string, number> = {};
  for (const { level } of verdicts) levels[level] = (levels[level] ?? 0) + 1;
  return {
    recorded_at: context.detectedAt,
    cycle_id: context.cycleId,
    model_name: report.model,
    model_version: report.version,
    mode: report.mode,
    n_sessions: report.sessions,
    n_baseline: report.baseline,
    n_excluded: Object.values(report.excluded).reduce((a, b) => a + b, 0),
    anomaly_rate: verdicts.length > 0 ? anomalous / verdicts.length : 0,
    correlation_rate:
      allSessions > 0
        ? (report.model === 'Complet' ? report.sessions : allSessions - report.sessions) / allSessions
        : 0,
    latency_ms: elapsed,
    timings,
    levels,
    measures: {
      trained: report.trained ? 1 : 0,
      ...(report.gate && {
        gate_accepted: report.gate.accepted ? 1 : 0,
        ...(Number.isFinite(report.gate.anomalyRate) && { gate_anomaly_rate: report.gate.anomalyRate }),
      }),
    },
  };
}

/** Milliseconds per step, added up under the step's name; a lap answers the time since the start. */
function stopwatch() {
  const timings: Record<string, number> = {};
  const start = performance.now();
  let last = start;
  return {
    timings,
    lap(step: string): number {
      const at = performance.now();
      timings[step] = (timings[step] ?? 0) + at - last;
      last = at;
      return at - start;
    },
  };
}
