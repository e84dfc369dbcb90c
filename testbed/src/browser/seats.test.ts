/** People's browsers in a testbed's shop: what the shop learns about them. */
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program, root } from '../../../test/setup/needs.ts';
import { ipv4Of, ipv6Of } from '../address-plan.ts';
import { startReceiver } from '../capture.ts';
import { people } from '../clients/people.ts';
import type { LabelledTime } from '../clients/run-client.ts';
import { addClient, runInside, server } from '../network.ts';
import type { Running } from '../run.ts';
import { openShop, type Shop } from '../shop.ts';
import { pause } from '../time.ts';
import type { PersonaName } from './personas.ts';
import { Seats } from './seats.ts';

const needs = [root, program('apache2'), program('apxs', 'apache2-dev'), program('ip', 'iproute2')];
const canRun = needs.every((need) => need.present());

type Event = Record<string, string | number>;
let shop: Shop;
let seats: Seats;
let receiver: Running;
let folder: string;
let host = 0;

beforeAll(async () => {
  if (!canRun) return;
  folder = await mkdtemp(join(tmpdir(), 'people-'));
  await chmod(folder, 0o755);
  const socketPath = join(folder, 'http.socket');
  shop = await openShop({
    socketPath,
    speed: 10,
    beforeServer: async (network) => {
      receiver = await startReceiver(network, socketPath, join(folder, 'events.jsonl'));
    },
  });
  seats = new Seats(shop.network, shop.surroundings, { places: 3 });
});

afterAll(async () => {
  await seats?.close();
  await shop?.close();
  await receiver?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function eventsFrom(address: string): Promise<Event[]> {
  const lines = (await readFile(join(folder, 'events.jsonl'), 'utf8').catch(() => '')).split('\n');
  const events = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Event);
  return events.filter((event) => event.src_ip === address);
}

const four = () => ipv4Of('north', ++host);
const six = () => ipv6Of('north', ++host);

async function visit(
  client: keyof typeof people,
  persona: PersonaName,
  { address = four(), profile }: { address?: string; profile?: string } = {},
): Promise<{ done: LabelledTime; events: Event[] }> {
  const order = { client, persona, address, ...(profile ? { profile } : {}) };
  const done = await seats.visit({ ...order, network: 'north', seed: host, amount: 1 });
  await pause(200);
  return { done, events: await eventsFrom(address) };
}

/** Ids of the main processes of a kind of browser in this shop's seats. */
async function browsersOf(kind: string): Promise<number[]> {
  const mark = `--user-data-dir=${join(shop.surroundings.folder, 'seats', kind)}`;
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(mark) && !command.includes('--type=')) found.push(Number(pid));
  }
  return found;
}

const needsOf = (client: keyof typeof people) =>
  itNeeds(
    ...needs,
    ...people[client].needs.map(({ what, install, present }) => ({ what, install, present })),
  );

const engines = ['chromium', 'firefox', 'webkitgtk', 'qtwebengine-5', 'qtwebengine-6'] as const;
/** All engines go at once, because most of a visit is waiting. */
const landed = new Map<string, ReturnType<typeof visit>>();
const reported = new Map<string, ReturnType<typeof visit>>();

/** What the shop's page saw of the browser at an address. */
async function reportFrom(address: string | undefined): Promise<Record<string, unknown> | undefined> {
  const probe = await addClient(shop.network, { address: ipv4Of('south', ++host) });
  const asked = `https://${server.name}/api/report`;
  const { authority } = shop.surroundings;
  const text = await runInside(probe.inside, 'curl', '-sS', '--cacert', authority, asked);
  const reports = JSON.parse(text) as { address: string; seen: Record<string, unknown> }[];
  return reports.find((report) => report.address === address)?.seen;
}

describe("people's browsers", () => {
  beforeAll(() => {
    for (const client of canRun ? engines : []) {
      if (!people[client].needs.every((need) => need.present())) continue;
      landed.set(client, visit(client, 'lander'));
      reported.set(client, visit(client, 'reporter'));
    }
  });

  for (const client of engines) {
    needsOf(client)(`${client} loads pages with all that belongs to them, as its User-Agent`, async () => {
      const visited = await landed.get(client);
      expect(visited?.done).toMatchObject({ exitCode: 0, stderr: '', label: 'person', client });
      const events = visited?.events ?? [];
      const paths = events.map((event) => String(event.path));
      for (const kind of [/\.css$/, /\.js$/, /\.png$/])
        expect(paths).toContainEqual(expect.stringMatching(kind));
      for (const event of events) expect(event['header_User-Agent']).toMatch(people[client].agent);
      expect(events[0]).toMatchObject({
        header_Referer: 'https://search.example/',
        'header_Sec-Fetch-Site': 'cross-site',
        'header_Sec-Fetch-Mode': 'navigate',
      });
    });

    needsOf(client)(`${client} shows a site no sign of automation`, async () => {
      // One visit in a hundred ends early on a busy machine, and without a report; two in a row would tell something.
      const first = await reportFrom((await reported.get(client))?.done.address);
      const seen = first ?? (await reportFrom((await visit(client, 'reporter')).done.address));
      expect(seen).toMatchObject({ automation: [], focus: true, visibility: 'visible' });
      // Chromium 87, in Qt 5, has the property only when it is true.
      expect(seen?.webdriver ?? false).toBe(false);
      expect(seen?.userAgent).toMatch(people[client].agent);
      expect(seen?.userAgent).not.toMatch(/headless/i);
    });
  }

  needsOf('firefox')('a guest who comes back brings cookies, a new one on the same seat none', async () => {
    await visit('firefox', 'glancer', { profile: 'ada' });
    const again = await visit('firefox', 'glancer', { profile: 'ada', address: six() });
    const other = await visit('firefox', 'glancer', { profile: 'grace' });
    expect(again.events[0]?.client_headers).toMatch(/cookie/i);
    expect(other.events[0]?.client_headers).not.toMatch(/cookie/i);
  });

  needsOf('chromium')('a browser that dies costs one visit, and its seat is filled again', async () => {
    const address = four();
    const victim = visit('chromium', 'idler', { address });
    while ((await eventsFrom(address)).length === 0) await pause(100);
    for (const pid of await browsersOf('chromium')) process.kill(pid, 'SIGKILL');
    expect((await victim).done).toMatchObject({ exitCode: 1 });
    // And one that dies while nobody uses it costs none.
    expect((await visit('chromium', 'glancer')).done).toMatchObject({ exitCode: 0 });
    for (const pid of await browsersOf('chromium')) process.kill(pid, 'SIGKILL');
    await pause(500);
    expect((await visit('chromium', 'glancer')).done).toMatchObject({ exitCode: 0 });
  });
});
