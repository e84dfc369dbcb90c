import type { Random } from '../random.ts';
import { mixture } from './mixture.ts';
import type { Kinds, Scenario } from './plan.ts';

/** Six hours with a thousand visits of people and every bot twenty times, made in half an hour. */
export function full(random: Random, kinds: Kinds): Scenario {
  return mixture(
    {
      ...{ name: 'full', hours: 6, lengthS: 1740, limitS: 2220, speed: 3 },
      places: { seats: 10, browsers: 3, tools: 20 },
      ...{ people: 680, visits: 1100, perBot: 20, perFleet: 24, perRobot: 8, amounts: 0.5 },
    },
    random,
    kinds,
  );
}
