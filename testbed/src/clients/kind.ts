import type { PersonaName } from '../browser/personas.ts';
import type { Seating } from '../browser/seating.ts';
import type { Client } from '../network.ts';
import type { Need } from './needs.ts';

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

/** What every kind of client says about itself. */
interface Kind {
  readonly label: 'person' | 'robot' | 'bot';
  /** Without all of these on the machine, a scenario leaves the kind out and says why. */
  readonly needs: readonly Need[];
  /** Matches the User-Agent of each of its requests, its own or the one it pretends to be. */
  readonly agent: RegExp;
  /** Of people: how common the kind is among them, 1 unless said otherwise. */
  readonly share?: number;
  /** True for programs that cannot visit from a host that has only IPv6. */
  readonly ipv4Only?: boolean;
}

/** A program that is cheap to start: one process per appearance, in the namespace of its address. */
export interface ProgramKind extends Kind {
  /** Sensible smallest and largest `amount` of one appearance. */
  readonly amounts: readonly [least: number, most: number];
  /**
   * Where its appearances come from: `address` always the same few, `rotating` every appearance from another
   * address, one after the other, `fleet` many addresses at the same time that belong together.
   */
  readonly origin: 'address' | 'rotating' | 'fleet';
  /** True when it starts a browser of its own, which takes seconds of CPU: few at a time. */
  readonly browser?: boolean;
  /** Exit codes that mean it did its work; 0 alone unless said otherwise. */
  readonly exits?: readonly number[];
  /** Its command line (run inside the client's namespace). */
  command(appearance: Appearance, surroundings: Surroundings): Promise<readonly string[]>;
}

/** A person on a long-lived browser, visiting through a seat (`browser/seats.ts`). */
export interface SeatKind extends Kind {
  /** `bot` where a program sits at a person's browser. */
  readonly label: 'person' | 'bot';
  /** How common the kind is among people. */
  readonly share: number;
  readonly seat: Seating;
}

export type ClientKind = ProgramKind | SeatKind;

export function isProgram(kind: ClientKind): kind is ProgramKind {
  return 'command' in kind;
}
