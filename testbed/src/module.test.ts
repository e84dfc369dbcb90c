/** mod_reqin_log in the shop's Apache, visited from other hosts; all else it does: test/platform/module-*.test.ts. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program, root } from '../../test/setup/needs.ts';
import { ipv4Of, ipv6Of } from './address-plan.ts';
import { startReceiver } from './capture.ts';
import { addClient, type Client, runInside, server } from './network.ts';
import type { Running } from './run.ts';
import { openShop, type Shop } from './shop.ts';
import { pause } from './time.ts';

const needs = [
  root,
  program('apache2'),
  program('apxs', 'apache2-dev'),
  program('make'),
  program('ip', 'iproute2'),
];
const it = itNeeds(...needs, program('curl'), program('openssl'));
const canRun = needs.every((need) => need.present());

type Event = Record<string, string | number>;
let shop: Shop;
let receiver: Running;
let folder: string;
let four: Client;
let six: Client;
const file = () => join(folder, 'events.jsonl');

beforeAll(async () => {
  if (!canRun) return;
  folder = await mkdtemp(join(tmpdir(), 'ja4tb-'));
  await chmod(folder, 0o755);
  const socketPath = join(folder, 'http.socket');
  shop = await openShop({
    socketPath,
    serverId: 'under-test',
    beforeServer: async (network) => {
      receiver = await startReceiver(network, socketPath, file());
    },
  });
  four = await addClient(shop.network, { address: ipv4Of('north', 1) });
  six = await addClient(shop.network, { address: ipv6Of('north', 1) });
});

afterAll(async () => {
  await shop?.close();
  await receiver?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Runs curl at a client; returns the events it caused, oldest request first. */
async function curl(client: Client, ...args: string[]): Promise<Event[]> {
  const before = (await readFile(file(), 'utf8')).length;
  await runInside(
    client.inside,
    'curl',
    '-s',
    '--cacert',
    shop.surroundings.authority,
    '-o',
    '/dev/null',
    ...args,
  );
  await pause(500);
  const lines = (await readFile(file(), 'utf8')).slice(before).trim().split('\n').filter(Boolean);
  return lines
    .map((line) => JSON.parse(line) as Event)
    .sort((a, b) => Number(a.keepalives) - Number(b.keepalives));
}

const site = `https://${server.name}`;

describe('mod_reqin_log in Apache', () => {
  it('reports an HTTP/1.1 request with the header order of the wire', async () => {
    const [event] = await curl(
      four,
      '--http1.1',
      '-H',
      'X-Odd: 1',
      '-A',
      'tester',
      `${site}/about.html?a=%20b`,
    );
    expect(event).toMatchObject({
      source: 'apache',
      server_id: 'under-test',
      src_ip: four.address,
      dst_ip: server.ipv4,
      dst_port: 443,
      keepalives: 0,
      scheme: 'https',
      method: 'GET',
      host: server.name,
      path: '/about.html',
      query: 'a=%20b',
      http_version: 'HTTP/1.1',
      status_code: 200,
      client_headers: 'Host,User-Agent,Accept,X-Odd',
      'header_User-Agent': 'tester',
    });
    expect(event).not.toHaveProperty('h2_fingerprint');
    expect(event).not.toHaveProperty('client_ip');
    expect(Math.abs(Number(event?.timestamp) / 1e6 - Date.now())).toBeLessThan(10_000);
  });

  it('reports what the HTTP/2 preface says on every request of the connection', async () => {
    const events = await curl(six, '--http2', `${site}/`, '-o', '/dev/null', `${site}/terms.html`);
    expect(events.map((event) => event.path)).toEqual(['/', '/terms.html']);
    expect(events.map((event) => event.keepalives)).toEqual([0, 1]);
    expect(new Set(events.map((event) => event.conn_id)).size).toBe(1);
    for (const event of events) {
      expect(event.src_ip).toBe(six.address);
      expect(event.http_version).toBe('HTTP/2');
      expect(event.h2_fingerprint).toMatch(/^3:100;4:\d+;2:0\|\d+\|0\|m,p,s,a$/);
      expect(event.client_headers).toBe('user-agent,accept');
      expect(event.h2_enable_push).toBe(0);
      expect(event).not.toHaveProperty('h2_max_frame_size');
    }
  });

  it('reports a request that the shop’s program answers once, without its credentials', async () => {
    const secrets = ['-H', 'Cookie: session=topsecret', '-H', 'Authorization: Bearer topsecret'];
    const events = await curl(four, ...secrets, '-H', 'X-Api-Key: topsecret', `${site}/account`);
    expect(events.map((event) => [event.path, event.src_ip])).toEqual([['/account', four.address]]);
    expect(events[0]?.client_headers).toContain('cookie');
    expect(JSON.stringify(events)).not.toContain('topsecret');
  });
});
