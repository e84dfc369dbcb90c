import type { CaptureSource } from './live/capture-source.ts';
import type { EventOutput } from './output/event-output.ts';

/** What the sentinel's two threads say to each other. */

/** Everything the capturing thread is started with. */
export interface SentinelThreadOptions {
  readonly interfaces: readonly string[];
  readonly localAddresses?: readonly string[] | undefined;
  readonly ports: readonly number[];
  readonly bpfFilter?: string | undefined;
  readonly excludeSourceIps: readonly string[];
  readonly outputs: readonly EventOutput[];
  readonly sensorId: string;
  readonly logLevel: string;
  /** What to capture from, opened before privileges were given up. */
  readonly source?: CaptureSource | undefined;
}

export interface SentinelState {
  readonly counters: Record<string, number>;
  readonly ready: { ok: boolean; why?: string };
}

export type FromSentinelThread =
  | { readonly kind: 'started' }
  /** It could not start; the thread ends. */
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'state'; readonly state: SentinelState }
  /** A line of its log, as pino's JSON. */
  | { readonly kind: 'log'; readonly line: string }
  /** Its output files are opened again. */
  | { readonly kind: 'reloaded' }
  /** Nobody reads the events any more; it goes on until it is told to stop. */
  | { readonly kind: 'ended'; readonly why: string }
  | { readonly kind: 'stopped'; readonly state: SentinelState };

/** To the thread: flush what is there, and end. */
export const stopMessage = 'stop';
/** To the thread: go on in new output files where the old ones were renamed. */
export const reloadMessage = 'reload';
