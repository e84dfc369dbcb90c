import type { Store } from '@ja4/store';
import type { ThreatLevel } from './levels.ts';

/** How much the detector knows about the site's people; see README, "Cold start". */
export type Mode = 'learning' | 'trimmed' | 'full';

/** `Complet` judges sessions with a handshake, `Applicatif` those without. */
export type ModelName = 'Complet' | 'Applicatif';

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
  /** Only sessions with a request since then are written (all are read: rarity needs them). */
  readonly changedSince?: Date;
}

export interface ModelReport {
  readonly model: ModelName;
  readonly mode: Mode;
  readonly provisional: boolean;
  readonly sessions: number;
  /** Sessions the model learned from. */
  readonly baseline: number;
  /** Sessions kept out of the baseline, by reason. */
  readonly excluded: Record<string, number>;
  readonly version: string;
  readonly trained: boolean;
  /** What the validation gate said about a newly trained model. */
  readonly gate: { accepted: boolean; anomalyRate: number; why: string } | null;
}

export interface CycleReport {
  readonly cycleId: string;
  readonly from: string;
  readonly to: string;
  readonly sessions: number;
  readonly models: ModelReport[];
  readonly levels: Record<ThreatLevel, number>;
  readonly written: { scores: number; detections: number; excluded: number; metrics: number };
  /** Milliseconds per step. */
  readonly timings: Record<string, number>;
}

/** One detection cycle, from SQL to SQL. */
export async function runCycle(store: Store, options: CycleOptions): Promise<CycleReport> {
  throw new Error(`no cycle yet for ${store.databases.processing} at ${options.now.toISOString()}`);
}
