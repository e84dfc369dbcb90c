import type { Store } from '@ja4/store';
import type { Logger } from 'pino';

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
}

export async function startDetector(options: DetectorOptions): Promise<Service> {
  throw new Error(`no detector yet for ${options.modelDir}`);
}
