/** What must not tell bots from people in a recording, because it would not on the Internet. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Random, randomFrom } from '../random.ts';
import { aucOfUnseen } from './auc.ts';
import { featureNames, hostFacts, labelledSessions } from './host-facts.ts';
import type { Row } from './tree.ts';

/** The bundled sample, or another recording to be looked at. */
const folder = process.env.TESTBED_RECORDING ?? join(import.meta.dirname, '../../../samples/first-contact');
const small = { depth: 3, leastRows: 10, repeats: 10 };
const aucOf = (rows: readonly Row[]) => aucOfUnseen(rows, randomFrom(1), small);

/** The same rows with a feature that the label has a say in. */
function planted(
  rows: readonly Row[],
  name: (typeof featureNames)[number],
  of: (row: Row, value: number) => number,
) {
  const at = featureNames.indexOf(name);
  return rows.map((row) => ({
    ...row,
    features: row.features.map((value, i) => (i === at ? of(row, value) : value)),
  }));
}

describe('a small tree', () => {
  const rowsWith = (random: Random, feature: (bot: boolean) => number): Row[] =>
    Array.from({ length: 400 }, (_, i) => {
      const bot = random.chance(0.4);
      const client = `${bot ? 'bot' : 'person'}-${random.integer(0, 9)}`;
      return { features: [feature(bot), random.next()], bot, client, address: `198.18.0.${i % 150}` };
    });

  it('guesses where nothing tells', () => {
    const random = randomFrom(5);
    const guesses = Array.from({ length: 10 }, () => aucOf(rowsWith(random, () => random.next())));
    expect(Math.abs(guesses.reduce((sum, auc) => sum + auc, 0) / guesses.length - 0.5)).toBeLessThan(0.02);
  });

  it('finds what tells, for kinds and addresses that it has not seen', () => {
    const random = randomFrom(6);
    expect(aucOf(rowsWith(random, (bot) => random.next() + (bot ? 0.5 : 0)))).toBeGreaterThan(0.8);
  });

  it('learns nothing from what only its own addresses say', () => {
    const random = randomFrom(7);
    const rows = rowsWith(random, () => 0).map((row) => ({
      ...row,
      features: [Number(row.address.split('.')[3]), 0],
    }));
    expect(Math.abs(aucOf(rows) - 0.5)).toBeLessThan(0.08);
  });
});

describe('the look of hosts in access networks', () => {
  let rows: Row[];

  beforeAll(async () => {
    rows = await hostFacts(folder, 'access');
  });

  it('is there for many people and bots', () => {
    expect(rows.filter(({ bot }) => bot).length).toBeGreaterThan(50);
    expect(rows.filter(({ bot }) => !bot).length).toBeGreaterThan(80);
  });

  it('does not tell a small tree who is a bot: address, port, TTL, MSS, window, SYN timing, hour', () => {
    const auc = aucOf(rows);
    process.stdout.write(
      `AUC of a small tree on ${rows.length} sessions of access networks: ${auc.toFixed(3)}\n`,
    );
    expect(auc).toBeGreaterThan(0.45);
    expect(auc).toBeLessThan(0.55);
  });

  it.each(['ttl', 'mss', 'port', 'hour'] as const)('would tell if the label had a say in the %s', (name) => {
    const at = featureNames.indexOf(name);
    const sorted = rows.map(({ features }) => features[at] ?? 0).sort((a, b) => a - b);
    const spread =
      (sorted[Math.floor(sorted.length * 0.9)] ?? 0) - (sorted[Math.floor(sorted.length * 0.1)] ?? 0);
    expect(aucOf(planted(rows, name, ({ bot }, value) => value + (bot ? spread / 2 : 0)))).toBeGreaterThan(
      0.6,
    );
  });

  it('would tell if bots had no way to go: SYN timing of a machine next door', () => {
    const next = planted(rows, 'synToHelloMs', ({ bot }, value) => (bot ? value / 20 : value));
    expect(aucOf(next)).toBeGreaterThan(0.8);
  });
});

describe('the recording', () => {
  const text = (name: string) => readFileSync(join(folder, name)).toString();
  const lines = (name: string) => text(name).trim().split('\n').slice(1);

  it('is small, and has at least 25 kinds and 300 sessions, 180 of them people’s', () => {
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(5 * 1024 * 1024);
    const sessions = labelledSessions(text('labels.csv'));
    expect(new Set(sessions.map(({ client }) => client)).size).toBeGreaterThanOrEqual(25);
    expect(sessions.length).toBeGreaterThanOrEqual(300);
    expect(sessions.filter(({ label }) => label === 'person').length).toBeGreaterThanOrEqual(180);
  });

  it('has people and bots at the same pages', () => {
    const labelOf = new Map(
      lines('labels.csv').map((line) => {
        const [address, port, , , label] = line.split(',');
        return [`${address} ${port}`, label];
      }),
    );
    const events = gunzipSync(readFileSync(join(folder, 'http.jsonl.gz')))
      .toString()
      .trim()
      .split('\n');
    const paths = Map.groupBy(
      events.map((line) => JSON.parse(line) as { src_ip: string; src_port: number; path: string }),
      ({ src_ip, src_port }) => labelOf.get(`${src_ip} ${src_port}`),
    );
    const ofPeople = new Set(paths.get('person')?.map(({ path }) => path));
    const ofBots = paths.get('bot') ?? [];
    expect(ofBots.filter(({ path }) => ofPeople.has(path)).length / ofBots.length).toBeGreaterThan(0.4);
  });
});
