import type { Store } from '@ja4/store';

export interface EvaluateOptions {
  /** Milliseconds added to the labels' times: how far the recording was shifted when it was replayed. */
  readonly shiftMs?: number;
  readonly seed?: number;
  readonly bootstrapRounds?: number;
}

/** An estimate with its 95 % bootstrap interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
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
  readonly references: readonly {
    readonly name: string;
    readonly auc: Interval;
    readonly recallAt1: number;
    readonly recallAt3: number;
    /** AUC of the detector minus AUC of the reference, on the same resampled rows. */
    readonly difference: Interval;
  }[];
  readonly shiftMs: number;
}

/**
 * How well the scores in the store separate the labelled people from the labelled bots.
 * `labelsCsv` is the text of a labels file (`src_ip,src_port,t_from,t_to,label,client`).
 */
export async function evaluate(
  store: Store,
  labelsCsv: string,
  options: EvaluateOptions = {},
): Promise<EvaluationReport> {
  throw new Error(`no evaluation yet (${store.databases.processing}, ${labelsCsv.length}, ${options.seed})`);
}
