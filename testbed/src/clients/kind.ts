import type { PersonaName } from '../browser/personas.ts';
import type { Client } from '../network.ts';

/** What a client needs to know about the run it is part of. */
export interface Surroundings {
  /** Scratch folder of the run: profiles, built programs. */
  readonly folder: string;
  /** PEM of the authority that clients should trust. */
  readonly authority: string;
  /** 2 plays everything with half the pauses. */
  readonly speed: number;
  readonly chromiumVersion: string;
}

/** One appearance of a client: where from, how long, with what luck. */
export interface Appearance {
  readonly host: Client;
  readonly seed: number;
  /** Roughly how much it does; what a unit is depends on the client. */
  readonly amount: number;
  readonly persona?: PersonaName;
  /** Name of a browser profile that outlives the visit, for visitors who come back. */
  readonly profile?: string;
  readonly language?: string;
}

/** A kind of client: how it is labelled and what it does in its namespace. */
export interface ClientKind {
  readonly label: 'person' | 'robot' | 'bot';
  /** Its command line (run inside the client's namespace). */
  command(appearance: Appearance, surroundings: Surroundings): Promise<readonly string[]>;
}
