import { describe, expect, it } from 'vitest';
import { clients } from '../clients/clients.ts';
import { randomFrom } from '../random.ts';
import { firstContact } from './first-contact.ts';

const { plan } = firstContact(randomFrom(1));
const labelled = (label: string) => plan.filter((planned) => clients[planned.client].label === label);

describe('the scenario first-contact', () => {
  it('is the same for the same seed and another for another', () => {
    expect(firstContact(randomFrom(1)).plan).toEqual(plan);
    expect(firstContact(randomFrom(2)).plan).not.toEqual(plan);
  });

  it('has a hundred people, at least twenty of them on Firefox', () => {
    expect(labelled('person').length).toBeGreaterThanOrEqual(100);
    expect(plan.filter((planned) => planned.client === 'firefox').length).toBeGreaterThanOrEqual(20);
  });

  it('spreads one tool over at least 24 addresses of access networks', () => {
    const spread = plan.filter((planned) => planned.client === 'go-spread');
    expect(new Set(spread.map((planned) => planned.address)).size).toBeGreaterThanOrEqual(24);
    expect(spread.every((planned) => ['north', 'south', 'mobile'].includes(planned.network))).toBe(true);
  });

  it('lets no network tell people from bots', () => {
    const networksOf = (label: string) => new Set(labelled(label).map((planned) => planned.network));
    expect(networksOf('person')).toContain('hosting');
    expect(networksOf('person')).toContain('vpn');
    expect(
      [...networksOf('bot')].filter((network) => networksOf('person').has(network)).length,
    ).toBeGreaterThanOrEqual(4);
  });
});
