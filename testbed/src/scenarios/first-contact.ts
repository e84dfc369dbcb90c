import { ipv4Of, ipv6Of, type NetworkName } from '../address-plan.ts';
import type { PersonaName } from '../browser/personas.ts';
import type { ClientName } from '../clients/clients.ts';
import type { Random } from '../random.ts';
import type { Planned, Scenario } from './plan.ts';

const minutes = 60;
/** Appearances begin within this long; the last ones end a little later. */
const length = 16 * minutes;

const languages = ['en-US,en', 'en-US,en', 'de-DE,de,en', 'fr-FR,fr', 'en-GB,en', 'es-ES,es'] as const;
const habits: readonly PersonaName[] = [
  ...(['stroller', 'stroller', 'stroller', 'searcher', 'searcher', 'buyer', 'buyer'] as const),
  ...(['lander', 'lander', 'comparer', 'asker', 'idler', 'idler'] as const),
];

/** Most people are at home or on a phone, some behind a VPN or on a machine in a data centre. */
const peoplesNetworks: readonly NetworkName[] = [
  ...(['north', 'north', 'north', 'north', 'north', 'south', 'south', 'south', 'mobile', 'mobile'] as const),
  ...(['vpn', 'hosting'] as const),
];

interface Place {
  readonly network: NetworkName;
  readonly address: string;
}

/** An address for a person; on the mobile network eight addresses are shared by all its people. */
function homeOf(person: number, random: Random): Place {
  const network = random.pick(peoplesNetworks);
  if (network === 'mobile') return { network, address: ipv4Of(network, 40 + random.integer(0, 7)) };
  if (network === 'north' && random.chance(0.35)) return { network, address: ipv6Of('north', person) };
  return { network, address: ipv4Of(network, 200 + person * 9 + random.integer(0, 8)) };
}

function people(random: Random, count: { chromium: number; firefox: number }): Planned[] {
  const total = count.chromium + count.firefox;
  const browsers = Array.from({ length: total }, (_, i) => (i < count.firefox ? 'firefox' : 'chromium'));
  return browsers.flatMap((browser, person): Planned[] => {
    const at = random.between(0, length);
    const visit = {
      ...homeOf(person, random),
      client: browser as ClientName,
      profile: `p${person}`,
      language: random.pick(languages),
      amount: 1,
    };
    const first: Planned = { ...visit, at, seed: random.integer(1, 1e9), persona: random.pick(habits) };
    // One in eight comes again with the same profile: cookies and cache, but a new TLS session.
    const again = random.chance(0.125)
      ? [
          {
            ...visit,
            at: at + random.between(90, 300),
            seed: random.integer(1, 1e9),
            persona: random.pick(habits),
          },
        ]
      : [];
    return [first, ...again];
  });
}

function several(
  random: Random,
  client: ClientName,
  places: readonly Place[],
  amount: () => number,
): Planned[] {
  return places.map((place) => ({
    ...place,
    client,
    at: random.between(10, length * 0.8),
    seed: random.integer(1, 1e9),
    amount: amount(),
  }));
}

const in4 = (network: NetworkName, ...hosts: number[]): Place[] =>
  hosts.map((host) => ({ network, address: ipv4Of(network, host) }));

function bots(random: Random): Planned[] {
  const some = (low: number, high: number) => () => random.integer(low, high);
  const spread = [
    ...in4('north', ...Array.from({ length: 13 }, (_, i) => 1500 + i * 131)),
    ...in4('south', ...Array.from({ length: 10 }, (_, i) => 1300 + i * 173)),
    // One home behind each of some shared mobile addresses runs it too.
    ...in4('mobile', 41, 44, 900, 1700, 2400),
  ];
  return [
    ...several(random, 'curl-loop', in4('hosting', 11, 1200), some(25, 60)),
    ...several(random, 'wget-mirror', in4('cloud', 21), some(2, 2)),
    ...several(random, 'requests-scraper', [...in4('hosting', 31, 2031), ...in4('vpn', 33)], some(25, 48)),
    ...several(random, 'httpx-scraper', [...in4('cloud', 41), ...in4('south', 3041)], some(30, 55)),
    ...several(random, 'go-scraper', in4('hosting', 51, 2551), some(40, 90)),
    ...several(random, 'java-scraper', in4('cloud', 61, 1061), some(30, 60)),
    ...several(random, 'gobuster', in4('hosting', 71), some(1, 1)),
    ...several(random, 'dirb', in4('vpn', 73), some(1, 1)),
    ...several(random, 'hydra', [...in4('cloud', 81), ...in4('south', 3081)], some(1, 1)),
    ...several(
      random,
      'chromium-scraper',
      [...in4('hosting', 91), ...in4('north', 3091), ...in4('cloud', 93)],
      some(1, 1),
    ),
    ...several(random, 'go-spread', spread, some(3, 6)),
  ];
}

function robots(random: Random): Planned[] {
  return [
    ...several(random, 'crawler', in4('crawler', 1, 2), () => 50),
    { ...in4('north', 3500)[0]!, client: 'feed-reader', at: 5, seed: 1, amount: 20, patienceMs: 1_200_000 },
    { ...in4('cloud', 3600)[0]!, client: 'probe', at: 3, seed: 1, amount: 30, patienceMs: 1_200_000 },
  ];
}

/**
 * A quarter of an hour at a small shop: about a hundred people with two browser families, eleven kinds of
 * bots, three declared robots, all mixed in time and, on purpose, in networks.
 */
export function firstContact(random: Random): Scenario {
  const plan = [...people(random, { chromium: 80, firefox: 24 }), ...bots(random), ...robots(random)];
  return { browsersAtOnce: 5, plan: plan.sort((a, b) => a.at - b.at) };
}
