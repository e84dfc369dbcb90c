/** Whether something holds, and if not, why. */
export interface State {
  readonly ok: boolean;
  readonly why?: string;
}

/** How a counter is told to Prometheus; `labels` and `family` without the `_total` of counters. */
export interface Metric {
  readonly family: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What every service of the platform gives to the process that runs it. */
export interface Service {
  /**
   * Everything counted since the start, by name; gauges too. `name.part` is a part of the sum `name`, as of one
   * interface.
   */
  counters(): Record<string, number>;
  /** What of the counters earlier processes had counted, where a service goes on from there. */
  carried?(): Readonly<Record<string, number>>;
  /** The metric of a counter; `sum`: others add up to it. Without, the counter's name says what it is. */
  metricOf?(counter: string): Metric | 'sum' | undefined;
  /** Whether it can do its work now, and if not, why. */
  ready(): State;
  /** Whether what works in other threads makes progress, whatever else it waits for. */
  alive?(): State;
  /**
   * Opens again what an operator replaces at run time (log rotation), reads again what may change (filters);
   * resolves when that is done, and rejects when everything stays as it was.
   */
  reload?(): Promise<void>;
  /** Resolves, with the reason, when there is nothing left to do for it. */
  readonly ended?: Promise<string>;
  /** Finishes what was accepted, then frees everything. */
  stop(): Promise<void>;
}

/** The services in the order in which they start; the position is the offset of the health port. */
export const serviceNames = ['store', 'correlator', 'sentinel', 'detector', 'dashboard'] as const;
export type ServiceName = (typeof serviceNames)[number];
