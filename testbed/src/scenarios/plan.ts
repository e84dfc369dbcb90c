import type { ClientName } from '../clients/clients.ts';
import type { ClientKind } from '../clients/kind.ts';
import type { ClientRun } from '../clients/run-client.ts';

/** A client's appearance in a scenario. */
export interface Planned extends ClientRun {
  /** Seconds after the beginning at which it may start; later when its turn is not free. */
  readonly at: number;
  /** Seconds after the beginning of the recording's own time, in which sessions spread over hours. */
  readonly when: number;
}

/** What may run at one time on two cores, by what it costs. */
export interface Places {
  /** Long-lived browsers of people. */
  readonly seats: number;
  /** Bots that start a browser each. */
  readonly browsers: number;
  readonly tools: number;
}

export interface Scenario {
  readonly name: string;
  /** Hours that the recording spreads over. */
  readonly hours: number;
  /** Compresses think time unless somebody says otherwise. */
  readonly speed: number;
  readonly places: Places;
  /** Seconds after which a program that is still at work is ended: robots and slow crawlers wait for long. */
  readonly patienceS: number;
  /** Seconds after which nothing more begins. */
  readonly limitS: number;
  readonly plan: readonly Planned[];
}

/** The kinds that a scenario may use: those that the machine has everything for. */
export type Kinds = ReadonlyMap<ClientName, ClientKind>;
