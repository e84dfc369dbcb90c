import type { Random } from '../random.ts';
import { mixture } from './mixture.ts';
import type { Kinds, Scenario } from './plan.ts';

/** The recording that comes with the platform: three hours at a small shop, made in a quarter of an hour. */
export function firstContact(random: Random, kinds: Kinds): Scenario {
  return mixture(
    {
      ...{ name: 'first-contact', hours: 3, lengthS: 680, limitS: 1080, patienceS: 240, speed: 2 },
      places: { seats: 8, browsers: 2, tools: 16 },
      ...{ people: 200, visits: 245, perBot: 4, perFleet: 10, perRobot: 3, amounts: 0.4 },
    },
    random,
    kinds,
  );
}
