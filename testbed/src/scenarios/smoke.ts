import { ipv4Of } from '../address-plan.ts';
import type { Scenario } from './plan.ts';

/** Three clients in less than half a minute: a person, a script and a tool. */
export function smoke(): Scenario {
  return {
    browsersAtOnce: 1,
    plan: [
      {
        at: 0,
        client: 'chromium',
        network: 'north',
        address: ipv4Of('north', 7),
        seed: 7,
        amount: 1,
        persona: 'lander',
      },
      { at: 0, client: 'curl-loop', network: 'hosting', address: ipv4Of('hosting', 3), seed: 3, amount: 5 },
      {
        at: 1,
        client: 'requests-scraper',
        network: 'cloud',
        address: ipv4Of('cloud', 5),
        seed: 5,
        amount: 6,
      },
    ],
  };
}
