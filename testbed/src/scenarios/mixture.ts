import type { ClientName } from '../clients/clients.ts';
import { type ClientKind, isProgram } from '../clients/kind.ts';
import type { Random } from '../random.ts';
import { Neighbourhood, type Place } from './neighbourhood.ts';
import type { Kinds, Places, Planned, Scenario } from './plan.ts';

/** How much of everything a mixed scenario has. */
export interface Recipe {
  readonly name: string;
  readonly hours: number;
  /** Real seconds over which appearances begin, if places are free. */
  readonly lengthS: number;
  readonly limitS: number;
  readonly patienceS: number;
  readonly speed: number;
  readonly places: Places;
  readonly people: number;
  /** Of all people together, at least one each. */
  readonly visits: number;
  /** Appearances of each bot from one address or another, and of bots that rotate or come as a fleet. */
  readonly perBot: number;
  readonly perFleet: number;
  readonly perRobot: number;
  /** 1: any amount that a kind calls sensible; 0.5: the lower half. */
  readonly amounts: number;
}

const languages = ['en-US,en', 'en-US,en', 'de-DE,de,en', 'fr-FR,fr', 'en-GB,en', 'es-ES,es'] as const;

/** Nobody is back sooner, in the recording's time. */
const absenceS = 900;
/** How often a person who comes back does so from another place. */
const elsewhere = 0.15;

type Named = readonly [ClientName, ClientKind];

function labelled(kinds: Kinds, label: ClientKind['label']): Named[] {
  return [...kinds].filter(([, kind]) => kind.label === label);
}

function byShare(random: Random, kinds: readonly Named[]): Named {
  const shareOf = ([, kind]: Named) => kind.share ?? 1;
  let left = random.next() * kinds.reduce((sum, one) => sum + shareOf(one), 0);
  for (const one of kinds) {
    left -= shareOf(one);
    if (left < 0) return one;
  }
  return random.pick(kinds);
}

/** Times in the recording, in order, at least an absence apart. */
function times(random: Random, count: number, spanS: number): number[] {
  const room = Math.max(0, spanS - absenceS * (count - 1));
  const drawn = Array.from({ length: count }, () => random.between(0, room));
  return drawn.sort((a, b) => a - b).map((time, i) => time + i * absenceS);
}

type Timeless = Omit<Planned, 'at'>;

function peopleOf(recipe: Recipe, random: Random, kinds: Kinds, around: Neighbourhood): Timeless[] {
  const browsers = labelled(kinds, 'person');
  if (browsers.length === 0) return [];
  // Every kind of browser has somebody, however rare it is.
  const people = Math.max(recipe.people, browsers.length);
  const visits = Array.from({ length: people }, () => 1);
  for (let more = recipe.visits - people; more > 0; more--) {
    const person = random.integer(0, visits.length - 1);
    visits[person] = (visits[person] ?? 0) + 1;
  }
  return visits.flatMap((count, person): Timeless[] => {
    const [client, kind] = browsers[person] ?? byShare(random, browsers);
    const home = around.forPerson();
    const language = random.pick(languages);
    return times(random, count, recipe.hours * 3600).map((when, visit) => ({
      ...(visit > 0 && random.chance(elsewhere) ? around.forPerson() : home),
      ...{ client, when, language, profile: `p${person}`, seed: random.integer(1, 1e9) },
      amount: amountOf(recipe, random, kind),
    }));
  });
}

function amountOf({ amounts }: Recipe, random: Random, kind: ClientKind): number {
  if (!isProgram(kind)) return 1;
  const [least, most] = kind.amounts;
  return random.integer(least, Math.round(least + (most - least) * amounts));
}

/** Where and when the appearances of a program happen. */
function appearances(
  recipe: Recipe,
  random: Random,
  origin: 'address' | 'rotating' | 'fleet',
  newPlace: () => Place,
  count: number,
): { place: Place; when: number }[] {
  const spanS = recipe.hours * 3600;
  if (origin === 'address') {
    const places = Array.from({ length: Math.ceil(count / 3) }, newPlace);
    return Array.from({ length: count }, (_, i) => ({
      place: places[i % places.length] ?? newPlace(),
      when: random.between(0, spanS),
    }));
  }
  const windowS = origin === 'fleet' ? spanS / 4 : Math.min(spanS, count * 150);
  const begin = random.between(0, spanS - windowS);
  return Array.from({ length: count }, (_, i) => ({
    place: newPlace(),
    when:
      begin + (origin === 'fleet' ? random.next() * windowS : ((i + random.next() / 2) * windowS) / count),
  }));
}

function programsOf(
  recipe: Recipe,
  random: Random,
  kinds: readonly Named[],
  placeFor: (kind: ClientKind) => Place,
  countOf: (origin: 'address' | 'rotating' | 'fleet') => number,
): Timeless[] {
  return kinds.flatMap(([client, kind]): Timeless[] => {
    const origin = isProgram(kind) ? kind.origin : 'address';
    return appearances(recipe, random, origin, () => placeFor(kind), countOf(origin)).map(
      ({ place, when }) => ({
        ...{ ...place, client, when, seed: random.integer(1, 1e9) },
        amount: amountOf(recipe, random, kind),
      }),
    );
  });
}

/** People, robots and bots of all available kinds, mixed in time and in networks. */
export function mixture(recipe: Recipe, random: Random, kinds: Kinds): Scenario {
  const around = new Neighbourhood(random);
  const ipv4Only = (kind: ClientKind) => ({ ipv4Only: kind.ipv4Only ?? false });
  const timeless = [
    ...peopleOf(recipe, random, kinds, around),
    ...programsOf(
      recipe,
      random,
      labelled(kinds, 'bot'),
      (kind) => around.forBot(ipv4Only(kind)),
      (origin) => (origin === 'address' ? recipe.perBot : recipe.perFleet),
    ),
    ...programsOf(
      recipe,
      random,
      labelled(kinds, 'robot'),
      (kind) => around.forRobot(ipv4Only(kind)),
      () => recipe.perRobot,
    ),
  ];
  // Real time runs through the same order in less time, so that whoever comes back comes later in both.
  const pace = recipe.lengthS / (recipe.hours * 3600);
  const plan = timeless.map((one) => ({ ...one, at: one.when * pace })).sort((a, b) => a.at - b.at);
  const { name, hours, speed, places, limitS, patienceS } = recipe;
  return { name, hours, speed, places, limitS, patienceS, plan };
}
