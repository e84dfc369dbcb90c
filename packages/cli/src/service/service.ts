/** What every service of the platform gives to the process that runs it. */
export interface Service {
  /** Everything counted since the start, by name; gauges too. */
  counters(): Record<string, number>;
  /** Whether it can do its work now, and if not, why. */
  ready(): { ok: boolean; why?: string };
  /** Finishes what was accepted, then frees everything. */
  stop(): Promise<void>;
}

/** The services in the order in which they start; the position is the offset of the health port. */
export const serviceNames = ['store', 'correlator', 'sentinel', 'detector', 'dashboard'] as const;
export type ServiceName = (typeof serviceNames)[number];
