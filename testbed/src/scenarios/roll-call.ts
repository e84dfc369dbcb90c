import { isProgram } from '../clients/kind.ts';
import type { Random } from '../random.ts';
import { Neighbourhood } from './neighbourhood.ts';
import type { Kinds, Scenario } from './plan.ts';

/** Every kind of client once: a few minutes to see whether all of them still work. */
export function rollCall(random: Random, kinds: Kinds): Scenario {
  const around = new Neighbourhood(random);
  const plan = [...kinds].map(([client, kind], i) => ({
    ...(kind.label === 'person' ? around.forPerson() : around.forRobot({ ipv4Only: kind.ipv4Only ?? false })),
    ...{ client, at: i, when: i * 20, seed: random.integer(1, 1e9) },
    amount: isProgram(kind) ? kind.amounts[0] : 1,
  }));
  return {
    ...{ name: 'roll-call', hours: 1, speed: 3, limitS: 600, patienceS: 150, plan },
    places: { seats: 4, browsers: 2, tools: 10 },
  };
}
