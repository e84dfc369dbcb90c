/** Every program of the zoo, once, against a real shop: is it served, and is it what it says it is? */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program, root } from '../../../test/setup/needs.ts';
import { ipv4Of, ipv6Of } from '../address-plan.ts';
import { startReceiver } from '../capture.ts';
import type { Running } from '../run.ts';
import { openShop, type Shop } from '../shop.ts';
import { pause } from '../time.ts';
import { type ClientName, clients } from './clients.ts';
import { type ClientKind, isProgram, type ProgramKind } from './kind.ts';
import { missing } from './needs.ts';
import { type ClientRun, type LabelledTime, runClient } from './run-client.ts';

const needs = [
  ...[root, program('apache2'), program('apxs', 'apache2-dev'), program('make'), program('gcc')],
  ...[program('ip', 'iproute2'), program('openssl')],
];
const canRun = needs.every((need) => need.present());

const programs = Object.entries(clients).flatMap(([name, kind]: [string, ClientKind]) =>
  isProgram(kind) && kind.label !== 'person' ? [{ name: name as ClientName, kind }] : [],
);

interface Program {
  readonly name: ClientName;
  readonly kind: ProgramKind;
}

/** Addresses of both families take turns, each name its own. */
function orderOf({ name, kind }: Program, i: number): ClientRun {
  const network = kind.label === 'robot' ? 'crawler' : 'hosting';
  const address = i % 2 === 0 || kind.ipv4Only ? ipv4Of(network, 10 + i) : ipv6Of(network, 10 + i);
  return { client: name, network, address, seed: 1000 + i, amount: kind.amounts[0], patienceMs: 120_000 };
}

/** Runs orders, so many at a time, and keeps what came of each. */
async function runAll({ network, surroundings }: Shop, orders: readonly ClientRun[], atOnce: number) {
  const waiting = [...orders];
  const next = async (): Promise<void> => {
    const order = waiting.shift();
    if (!order) return;
    appearances.set(order.client, await runClient(network, surroundings, order));
    await next();
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

interface Event {
  readonly src_ip: string;
  readonly 'header_User-Agent'?: string;
}

let shop: Shop | undefined;
let receiver: Running | undefined;
let folder = '';
const events = new Map<string, Event[]>();
const appearances = new Map<string, LabelledTime>();

beforeAll(async () => {
  if (!canRun) return;
  folder = await mkdtemp(join(tmpdir(), 'ja4tb-'));
  await chmod(folder, 0o755);
  const socketPath = join(folder, 'http.socket');
  const file = join(folder, 'events.jsonl');
  shop = await openShop({
    socketPath,
    speed: 40,
    beforeServer: async (network) => {
      receiver = await startReceiver(network, socketPath, file);
    },
  });
  const able = programs.filter(({ kind }) => missing(kind.needs) === undefined);
  const orders = able.map((one, i) => ({ order: orderOf(one, i), browser: one.kind.browser ?? false }));
  const some = (browser: boolean) =>
    orders.filter((one) => one.browser === browser).map(({ order }) => order);
  await Promise.all([runAll(shop, some(false), 5), runAll(shop, some(true), 2)]);
  await readEvents(file);
  // What fails beside others may have been crowded out; what fails alone, too, is broken.
  const failed = able.flatMap((one, i) => (hasFailed(one) ? [orderOf(one, i)] : []));
  if (failed.length === 0) return;
  await runAll(shop, failed, 1);
  await readEvents(file);
});

/** All that the receiver has written, by address. */
async function readEvents(file: string): Promise<void> {
  await pause(500);
  const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  const all = lines.map((line) => JSON.parse(line) as Event);
  for (const [address, own] of Map.groupBy(all, ({ src_ip }) => src_ip)) events.set(address, own);
}

function hasFailed({ name, kind }: Program): boolean {
  const appearance = appearances.get(name);
  if (!appearance || !events.has(appearance.address)) return true;
  const expected: readonly (number | null)[] = kind.exits ?? [0];
  return !expected.includes(appearance.exitCode);
}

afterAll(async () => {
  await shop?.close();
  await receiver?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

describe('every program of the testbed', () => {
  for (const { name, kind } of programs) {
    itNeeds(...needs, ...kind.needs)(`${name} does its work, is served, and sends the name it should`, () => {
      const appearance = appearances.get(name);
      expect(appearance, 'it did not have its turn').toBeDefined();
      expect(kind.exits ?? [0], appearance?.stderr).toContain(appearance?.exitCode);
      const mine = events.get(appearance?.address ?? '') ?? [];
      expect(mine.length, `no request; it said: ${appearance?.stderr}`).toBeGreaterThan(0);
      const agents = new Set(mine.map((event) => event['header_User-Agent'] ?? ''));
      for (const agent of agents) expect(agent).toMatch(kind.agent);
    });
  }
});
