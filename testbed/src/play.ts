import { Seats } from './browser/seats.ts';
import { clients } from './clients/clients.ts';
import { type ClientKind, isProgram, type Surroundings } from './clients/kind.ts';
import { type LabelledTime, runClient } from './clients/run-client.ts';
import type { Network } from './network.ts';
import type { Places, Planned, Scenario } from './scenarios/plan.ts';
import { pause, within } from './time.ts';

/** Lets at most `places` work at a time; the others wait in line. */
class Turns {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
  }

  give(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#free++;
  }
}

/** An appearance that happened, also when its client failed on the way. */
export interface Appeared extends LabelledTime {
  readonly planned: Planned;
  /** Why it counts as failed, if it does. */
  readonly failure?: string;
}

export interface Played {
  readonly appeared: readonly Appeared[];
  /** Planned appearances whose turn did not come before the time was up. */
  readonly notReached: readonly Planned[];
}

/** Longest visit of a person, ms. */
const longestVisitMs = 180_000;
/** What has begun in time may go on for so long after the scenario's limit, ms. */
const overtimeMs = 60_000;

type Cost = keyof Places;

function costOf(kind: ClientKind): Cost {
  if (!isProgram(kind)) return 'seats';
  return kind.browser ? 'browsers' : 'tools';
}

function failureOf(kind: ClientKind, { exitCode, stderr }: LabelledTime): string | undefined {
  const expected: readonly (number | null)[] = (isProgram(kind) && kind.exits) || [0];
  if (expected.includes(exitCode)) return undefined;
  return `${exitCode === null ? 'killed' : `exit ${exitCode}`}: ${stderr.slice(-300)}`;
}

/**
 * Plays a scenario to its end and returns who was where and when. A client that fails is reported, not fatal; an
 * address is used by one client at a time.
 */
export async function play(
  network: Network,
  around: Surroundings,
  scenario: Scenario,
  report: (line: string) => void,
): Promise<Played> {
  const seats = new Seats(network, around, { places: scenario.places.seats, report });
  const began = Date.now();
  const clock = () => Math.round((Date.now() - began) / 1000);
  const turns: Record<Cost, Turns> = {
    seats: new Turns(scenario.places.seats),
    browsers: new Turns(scenario.places.browsers),
    tools: new Turns(scenario.places.tools),
  };
  const alone = new Map<string, Turns>();
  const appeared: Appeared[] = [];
  const notReached: Planned[] = [];

  const visit = async (planned: Planned, kind: ClientKind): Promise<Appeared> => {
    const from = new Date();
    try {
      const leftMs = scenario.limitS * 1000 + overtimeMs - (Date.now() - began);
      const longestMs = isProgram(kind) ? scenario.patienceS * 1000 : longestVisitMs;
      const order = { ...planned, patienceMs: Math.min(planned.patienceMs ?? longestMs, longestMs, leftMs) };
      const running = isProgram(kind) ? runClient(network, around, order) : seats.visit(order);
      // A browser may have to be started first, and ended after.
      const label = await within(order.patienceMs + 60_000, planned.client, running);
      const ended = label.exitCode !== null || Date.now() - from.getTime() < order.patienceMs;
      const failure = ended ? failureOf(kind, label) : undefined;
      return { ...label, planned, ...(failure === undefined ? {} : { failure }) };
    } catch (error) {
      // What it sent before it failed is in the capture and needs a label too.
      const { address, client } = planned;
      const failure = error instanceof Error ? error.message : String(error);
      const { label } = kind;
      return { address, client, label, from, to: new Date(), exitCode: null, stderr: '', planned, failure };
    }
  };

  const appear = async (planned: Planned) => {
    await pause(planned.at * 1000);
    const kind: ClientKind = clients[planned.client];
    const turn = turns[costOf(kind)];
    // One client at an address and one visit of a person at a time, before a place is asked for.
    const own = [planned.address, ...(planned.profile ? [`profile ${planned.profile}`] : [])].map((name) => {
      const known = alone.get(name) ?? new Turns(1);
      alone.set(name, known);
      return known;
    });
    for (const one of own) await one.take();
    await turn.take();
    try {
      if (clock() > scenario.limitS) {
        notReached.push(planned);
        return;
      }
      const one = await visit(planned, kind);
      appeared.push(one);
      const seconds = ((one.to.getTime() - one.from.getTime()) / 1000).toFixed(1);
      const cut = one.exitCode === null ? ', ended by us' : '';
      const trouble = one.failure === undefined ? cut : ` FAILED ${one.failure}`;
      report(`${clock()} s  ${planned.client} from ${planned.address}, ${seconds} s${trouble}`);
    } finally {
      turn.give();
      for (const one of own) one.give();
    }
  };
  await Promise.all(scenario.plan.map(appear)).finally(() => seats.close());
  return { appeared: appeared.sort((a, b) => a.from.getTime() - b.from.getTime()), notReached };
}
