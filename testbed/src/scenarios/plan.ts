import type { ClientRun } from '../clients/run-client.ts';

/** A client's appearance in a scenario, `at` seconds after its beginning (later when its turn is not free). */
export interface Planned extends ClientRun {
  readonly at: number;
}

export interface Scenario {
  /** Browsers at one time: each wants most of a core when it starts. */
  readonly browsersAtOnce: number;
  readonly plan: readonly Planned[];
}
