import type { Random } from '../random.ts';
import { mixture } from './mixture.ts';
import type { Kinds, Scenario } from './plan.ts';

/** A little of everything that a machine for tests has, in less than five minutes. */
export function ci(random: Random, kinds: Kinds): Scenario {
  return mixture(
    {
      ...{ name: 'ci', hours: 1, lengthS: 100, limitS: 200, patienceS: 60, speed: 5 },
      places: { seats: 4, browsers: 2, tools: 10 },
      ...{ people: 14, visits: 18, perBot: 1, perFleet: 2, perRobot: 1, amounts: 0 },
    },
    random,
    kinds,
  );
}
