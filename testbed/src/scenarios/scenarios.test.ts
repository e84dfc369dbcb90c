import { describe, expect, it } from 'vitest';
import { type NetworkKind, networks } from '../address-plan.ts';
import { type ClientName, clients } from '../clients/clients.ts';
import type { ClientKind } from '../clients/kind.ts';
import { randomFrom } from '../random.ts';
import type { Kinds, Planned, Scenario } from './plan.ts';
import { scenarios } from './scenarios.ts';

/** As on a machine that lacks nothing. */
const kinds: Kinds = new Map(Object.entries(clients) as [ClientName, ClientKind][]);
const plans = (name: keyof typeof scenarios) => scenarios[name](randomFrom(1), kinds);
const labelOf = ({ client }: Planned) => kinds.get(client)?.label;
const of = (scenario: Scenario, label: ClientKind['label']) =>
  scenario.plan.filter((planned) => labelOf(planned) === label);
const networkKind = ({ network }: Planned): NetworkKind => networks[network].kind;
const share = (plan: readonly Planned[], kind: NetworkKind) =>
  plan.filter((planned) => networkKind(planned) === kind).length / plan.length;
const addresses = (plan: readonly Planned[]) => new Set(plan.map(({ address }) => address));
/** A session is an hour of an address with one client at one host. */
const sessions = (plan: readonly Planned[]) =>
  new Set(plan.map(({ when, address, client }) => `${Math.floor(when / 3600)} ${address} ${client}`)).size;

describe.each(Object.keys(scenarios) as (keyof typeof scenarios)[])('the scenario %s', (name) => {
  const scenario = plans(name);

  it('is the same for the same seed', () => {
    expect(plans(name)).toEqual(scenario);
  });

  it('keeps within its hours and its time', () => {
    const spanS = scenario.hours * 3600;
    for (const { at, when } of scenario.plan) {
      expect(when >= 0 && when <= spanS && at >= 0 && at < scenario.limitS).toBe(true);
    }
  });

  it('asks of every program an amount that its kind calls sensible', () => {
    for (const { client, amount } of scenario.plan) {
      const kind = kinds.get(client);
      if (kind && 'amounts' in kind && name !== 'smoke') {
        expect(amount).toBeGreaterThanOrEqual(kind.amounts[0]);
        expect(amount).toBeLessThanOrEqual(kind.amounts[1]);
      }
    }
  });

  it('does without the kinds that a machine lacks', () => {
    const some: Kinds = new Map([...kinds].filter((_, i) => i % 3 === 0));
    if (name === 'smoke') return;
    for (const { client } of scenarios[name](randomFrom(1), some).plan) expect(some.has(client)).toBe(true);
    expect(scenarios[name](randomFrom(1), new Map()).plan).toEqual([]);
  });
});

describe.each(['roll-call', 'ci', 'first-contact', 'full'] as const)('the scenario %s', (name) => {
  it('has every kind of client', () => {
    expect(new Set(plans(name).plan.map(({ client }) => client))).toEqual(new Set(kinds.keys()));
  });
});

describe.each(['first-contact', 'full'] as const)('in the scenario %s', (name) => {
  const scenario = plans(name);
  const people = of(scenario, 'person');
  const bots = of(scenario, 'bot');

  it('at least a third of the bots, by kind too, come from access networks', () => {
    expect(share(bots, 'access')).toBeGreaterThan(1 / 3);
    const kindsAtHome = new Set(
      bots.filter((bot) => networkKind(bot) === 'access').map(({ client }) => client),
    );
    expect(kindsAtHome.size).toBeGreaterThan(new Set(bots.map(({ client }) => client)).size / 2);
  });

  it('some people come through hosting, VPN and shared carrier addresses', () => {
    for (const kind of ['hosting', 'cloud', 'vpn', 'mobile'] as const) {
      expect(share(people, kind)).toBeGreaterThan(0.02);
    }
    const visitors = (address: string) =>
      new Set(people.filter((one) => one.address === address).map(({ profile }) => profile)).size;
    const shared = [...addresses(people)].filter((address) => visitors(address) > 1);
    expect(shared.length).toBeGreaterThan(5);
  });

  it('some addresses carry both people and bots, in homes too', () => {
    const both = bots.filter(({ address }) => addresses(people).has(address));
    expect(addresses(both).size).toBeGreaterThan(10);
    expect(both.some((bot) => networkKind(bot) === 'access')).toBe(true);
    expect(both.some((bot) => networkKind(bot) === 'mobile')).toBe(true);
  });

  it('people and bots use IPv4 and IPv6 alike in access networks', () => {
    const six = (plan: readonly Planned[]) => {
      const atHome = plan.filter((planned) => networkKind(planned) === 'access');
      return atHome.filter(({ address }) => address.includes(':')).length / atHome.length;
    };
    expect(six(people)).toBeGreaterThan(0.25);
    expect(six(bots)).toBeGreaterThan(0.15);
  });

  it('people and bots are there at the same hours', () => {
    for (let hour = 0; hour < scenario.hours; hour++) {
      const within = ({ when }: Planned) => Math.floor(when / 3600) === hour;
      for (const plan of [people, bots]) {
        expect(plan.filter(within).length).toBeGreaterThan(plan.length / scenario.hours / 3);
      }
    }
  });

  it('a person who comes back does so later, in the playing as in the recording', () => {
    for (const visits of Map.groupBy(people, ({ profile }) => profile).values()) {
      for (const [i, visit] of visits.entries()) {
        if (i === 0) continue;
        expect(visit.when - (visits[i - 1]?.when ?? 0)).toBeGreaterThanOrEqual(900);
        expect(visit.at).toBeGreaterThan(visits[i - 1]?.at ?? 0);
      }
    }
  });

  it('a fleet comes from many addresses and networks', () => {
    const ofFleets = [...kinds].filter(([, kind]) => 'origin' in kind && kind.origin === 'fleet');
    expect(ofFleets.length).toBeGreaterThan(0);
    for (const [client] of ofFleets) {
      const fleet = bots.filter((bot) => bot.client === client);
      expect(addresses(fleet).size).toBeGreaterThanOrEqual(8);
      expect(new Set(fleet.map(({ network }) => network)).size).toBeGreaterThanOrEqual(4);
    }
  });
});

describe('the scenario first-contact', () => {
  it('has at least 25 kinds of clients and 300 sessions, 180 of them people’s', () => {
    const scenario = plans('first-contact');
    expect(new Set(scenario.plan.map(({ client }) => client)).size).toBeGreaterThanOrEqual(25);
    expect(sessions(scenario.plan)).toBeGreaterThanOrEqual(300);
    expect(sessions(of(scenario, 'person'))).toBeGreaterThanOrEqual(180);
  });
});

describe('the scenario ci', () => {
  it('begins nothing after 200 seconds, so that it ends within five minutes', () => {
    expect(plans('ci').limitS).toBeLessThanOrEqual(200);
  });
});

describe('the scenario full', () => {
  const scenario = plans('full');

  it('has at least 1,000 sessions of people from at least 300 addresses', () => {
    expect(sessions(of(scenario, 'person'))).toBeGreaterThanOrEqual(1000);
    expect(addresses(of(scenario, 'person')).size).toBeGreaterThanOrEqual(300);
  });

  it('has every kind of bot at least 20 times', () => {
    for (const times of Map.groupBy(of(scenario, 'bot'), ({ client }) => client).values()) {
      expect(times.length).toBeGreaterThanOrEqual(20);
    }
  });

  it('begins nothing after 38 minutes', () => {
    expect(scenario.limitS).toBeLessThanOrEqual(38 * 60);
  });
});
