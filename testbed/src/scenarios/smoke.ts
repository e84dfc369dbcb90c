import { ipv4Of } from '../address-plan.ts';
import type { Scenario } from './plan.ts';

/** Three clients in half a minute: a person, a script and a tool. */
export function smoke(): Scenario {
  const soon = { at: 0, when: 60 };
  return {
    ...{ name: 'smoke', hours: 1, speed: 3, limitS: 120, patienceS: 60 },
    places: { seats: 1, browsers: 1, tools: 2 },
    plan: [
      { ...soon, client: 'chromium', network: 'north', address: ipv4Of('north', 7), seed: 7, amount: 1 },
      { ...soon, client: 'curl-loop', network: 'hosting', address: ipv4Of('hosting', 3), seed: 3, amount: 5 },
      {
        ...{ ...soon, client: 'requests-scraper', network: 'cloud', address: ipv4Of('cloud', 5), seed: 5 },
        amount: 6,
      },
    ],
  };
}
