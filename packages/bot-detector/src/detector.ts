import type { Store } from '@ja4/store';
import type { Logger } from 'pino';
import { type CycleOptions, type CycleReport, runCycle } from './cycle.ts';
import { type CycleMemory, emptyMemory } from './cycle-input.ts';
import type { ThreatLevel } from './levels.ts';

/** What every service of the platform answers. */
export interface Service {
  counters(): Record<string, number>;
  ready(): { ok: boolean; why?: string };
  stop(): Promise<void>;
}

export interface DetectorOptions {
  /** Each store has its own baseline, its own models and its own failures. */
  readonly stores: readonly Store[];
  /** Seconds between training cycles. */
  readonly cycleSeconds: number;
  /** Seconds between scorings of the sessions that changed. */
  readonly scoreSeconds: number;
  readonly modelDir: string;
  readonly coherenceThreshold?: number;
  readonly seed?: number;
  readonly log: Logger;
  /** Milliseconds since 1970; default the system's clock. */
  readonly clock?: () => number;
}

interface Site {
  readonly store: Store;
  readonly name: string;
  readonly memory: CycleMemory;
  trainedAt: number;
  scoredAt: number;
  /** Failures since the last success. */
  failures: number;
  lastError: string;
  levels: Partial<Record<ThreatLevel, number>>;
}

/**
 * Learns every `cycleSeconds` and scores what changed every `scoreSeconds`, store by store, never two passes
 * at once. A store that fails is tried again on the next turn and does not keep the others from theirs.
 */
export async function startDetector(options: DetectorOptions): Promise<Service> {
  const { log } = options;
  const clock = options.clock ?? Date.now;
  const sites: Site[] = options.stores.map((store) => ({
    store,
    name: store.databases.processing,
    memory: emptyMemory(),
    trainedAt: Number.NEGATIVE_INFINITY,
    scoredAt: Number.NEGATIVE_INFINITY,
    failures: 0,
    lastError: '',
    levels: {},
  }));
  const counted = {
    training_cycles: 0,
    scoring_passes: 0,
    sessions_scored: 0,
    detections_written: 0,
    models_trained: 0,
    models_rejected: 0,
    failures: 0,
    late_passes: 0,
    last_pass_ms: 0,
  };
  let stopping = false;
  let wake: () => void = () => {};

  const pass = async (site: Site): Promise<void> => {
    const now = clock();
    const training = now - site.trainedAt >= options.cycleSeconds * 1000;
    const report = await runCycle(site.store, cycleOptions(options, site, now, training));
    if (training) site.trainedAt = now;
    site.scoredAt = now;
    site.failures = 0;
    site.levels = report.levels;
    counted[training ? 'training_cycles' : 'scoring_passes']++;
    counted.sessions_scored += report.written.scores;
    counted.detections_written += report.written.detections;
    for (const model of report.models) {
      if (model.trained) counted.models_trained++;
      if (model.gate?.accepted === false) counted.models_rejected++;
    }
    for (const problem of report.problems) log.warn({ database: site.name }, problem);
    logPass(log, site, report, training);
  };

  const turn = async (): Promise<void> => {
    const start = clock();
    for (const site of sites) {
      if (stopping) return;
      try {
        await pass(site);
      } catch (error) {
        site.failures++;
        site.lastError = error instanceof Error ? error.message : String(error);
        counted.failures++;
        log.error({ database: site.name, err: error }, 'a detection pass failed; the next turn tries again');
      }
    }
    counted.last_pass_ms = clock() - start;
  };

  const loop = (async () => {
    while (!stopping) {
      const start = clock();
      await turn();
      const rest = options.scoreSeconds * 1000 - (clock() - start);
      if (rest < 0) counted.late_passes++;
      if (!stopping)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(0, rest));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
    }
  })();

  return {
    counters() {
      const counters: Record<string, number> = { ...counted };
      for (const site of sites)
        for (const [level, count] of Object.entries(site.levels))
          counters[`sessions_${level.toLowerCase()}`] =
            (counters[`sessions_${level.toLowerCase()}`] ?? 0) + count;
      return counters;
    },
    ready() {
      const failing = sites.filter((site) => site.failures > 0);
      if (failing.length > 0)
        return { ok: false, why: failing.map((site) => `${site.name}: ${site.lastError}`).join('; ') };
      return sites.every((site) => Number.isFinite(site.scoredAt))
        ? { ok: true }
        : { ok: false, why: 'the first detection pass is not done yet' };
    },
    async stop() {
      stopping = true;
      wake();
      await loop;
    },
  };
}

function cycleOptions(options: DetectorOptions, site: Site, now: number, training: boolean): CycleOptions {
  return {
    now: new Date(now),
    modelDir: options.modelDir,
    memory: site.memory,
    train: training ? 'auto' : 'never',
    ...(options.coherenceThreshold !== undefined && { coherenceThreshold: options.coherenceThreshold }),
    ...(options.seed !== undefined && { seed: options.seed }),
    // A training pass judges everybody anew; in between only those who did something.
    onlyChanged: !training,
  };
}

function logPass(log: Logger, site: Site, report: CycleReport, training: boolean): void {
  const found = Object.fromEntries(Object.entries(report.levels).filter(([, count]) => count > 0));
  const models = report.models.map(({ model, mode, baseline, trained }) => ({
    model,
    mode,
    baseline,
    trained,
  }));
  const fields = { database: site.name, cycle: report.cycleId, sessions: report.sessions, found, models };
  if (training) log.info({ ...fields, timings: report.timings }, 'learned and scored');
  else log.debug(fields, 'scored what changed');
}
