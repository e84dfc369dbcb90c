import type { Random } from '../random.ts';
import { mixture } from './mixture.ts';
import type { Kinds, Scenario } from './plan.ts';

/** Six hours with a thousand visits of people and every bot twenty times, made in less than 40 minutes. */
export function full(random: Random, kinds: Kinds): Scenario {
  return mixture(
    {
      ...{ name: 'full', hours: 6, lengthS: 1440, limitS: 2270, patienceS: 240, speed: 4 },
      places: { seats: 10, browsers: 3, tools: 20 },
      ...{ people: 930, visits: 1055, perBot: 20, perFleet: 22, perRobot: 7, amounts: 0.12 },
    },
    random,
    kinds,
  );
}
