import { ipv4Of, ipv6Of, type NetworkName } from '../address-plan.ts';
import { type PersonaName, personas } from '../browser/personas.ts';
import { type ClientName, clients } from '../clients/clients.ts';
import type { Planned, Scenario } from './plan.ts';

const networkNames: readonly NetworkName[] = ['north', 'south', 'mobile', 'hosting', 'cloud', 'vpn'];

/** Every client once and every persona with each browser: a few minutes to see whether all of them still work. */
export function rollCall(): Scenario {
  const people = (Object.keys(personas) as PersonaName[]).flatMap((persona, i): Planned[] => [
    {
      at: i * 2,
      client: 'chromium',
      network: 'north',
      address: ipv6Of('north', 10 + i),
      seed: 10 + i,
      amount: 1,
      persona,
    },
    {
      at: i * 2,
      client: 'firefox',
      network: 'south',
      address: ipv4Of('south', 10 + i),
      seed: 30 + i,
      amount: 1,
      persona,
    },
  ]);
  const others = (Object.keys(clients) as ClientName[])
    .filter((client) => clients[client].label !== 'person')
    .map((client, i): Planned => {
      const network = client === 'crawler' ? 'crawler' : (networkNames[i % networkNames.length] ?? 'cloud');
      return { at: i, client, network, address: ipv4Of(network, 1000 + i), seed: 50 + i, amount: 3 };
    });
  return { browsersAtOnce: 4, plan: [...people, ...others] };
}
