import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, buildApp } from './app.ts';
import {
  goStack,
  insertSharedAddress,
  silent,
  startTestStore,
  type TestStore,
} from './sample-traffic.test-support.ts';

let engine: TestStore;
let served: App;
const ip = '198.18.48.42';

beforeAll(async () => {
  engine = await startTestStore();
  await insertSharedAddress(engine.store, Date.now(), ip);
  served = await buildApp({
    host: '127.0.0.1',
    port: 0,
    datasets: [{ name: 'live', label: 'Live', store: engine.store }],
    dataDir: engine.dataDir,
    log: silent,
  });
});

afterAll(async () => {
  await served?.app.close();
  await engine?.close();
});

const get = async (url: string) => {
  const response = await served.app.inject({ url, headers: { host: '127.0.0.1:8000' } });
  expect(response.statusCode, url).toBe(200);
  return response;
};
const heading = (body: string) => /<h1>(.*?)<\/h1>/s.exec(body)?.[1]?.replace(/<[^>]+>/g, '');

interface Answer {
  headline: string;
  present: { tls_stack: string };
  sessions: { id: string; verdict: { tls_stack: string; threat_level: string } }[];
  identity: { requests: string; tls_stacks: string[] };
  requests: { path: string }[];
  paths: { path: string }[];
}

describe('an address that a person and a program share', () => {
  it('is shown as its most urgent session, with nothing of the other in it', async () => {
    const answer = (await get(`/api/ip/${ip}`)).json() as Answer;
    expect(answer.present.tls_stack).toBe(goStack);
    expect(answer.headline).toContain('its HTTP/2 like Go or Java');
    expect(answer.headline).toContain('asked 5 paths with 5 requests');
    expect(answer.identity).toMatchObject({ requests: '5', tls_stacks: [goStack] });
    expect(answer.requests).toHaveLength(5);
    for (const { path } of [...answer.requests, ...answer.paths]) expect(path).toMatch(/^\/steal\//);
  });

  it('leads to each of its sessions, and says that they share it', async () => {
    const { body } = await get(`/ip/${ip}`);
    expect(body).toContain('2 client stacks share this address');
    expect(body).toContain('Whatever is done to the address is done to all of them.');
    const links = [...body.matchAll(/href="(\/ip\/[^"]*session=[0-9a-f]{12})"/g)].map(([, link]) => link!);
    expect(links).toHaveLength(2);
    const headings = await Promise.all(links.map(async (link) => heading((await get(link)).body)));
    expect(headings[0]).toContain('CRITICAL 0.94');
    expect(headings[1]).toContain(
      'LEGITIMATE 0.30 — says Chrome 150 on Windows, and its TCP fits; asked 40 paths with 40 requests',
    );
    const person = (await get(links[1]!)).body;
    expect(person).not.toContain('/steal/');
    // "All requests" are those of the session, too.
    expect(person).toMatch(
      /\/traffic\?ip=198\.18\.48\.42&amp;tls_stack=t13x1512xx[^"&]*&amp;host=shop\.example/,
    );
  });

  it('falls back to the most urgent session when the one asked for is gone', async () => {
    const answer = (await get(`/api/ip/${ip}?session=000000000000`)).json() as Answer;
    expect(answer.present.tls_stack).toBe(goStack);
    expect(answer.sessions.map(({ verdict }) => verdict.threat_level)).toEqual([
      'CRITICAL',
      'LEGITIMATE_BROWSER',
    ]);
  });

  it('says of a time without it that it was seen at another, and claims nothing else', async () => {
    const { body } = await get(`/ip/${ip}?from=2020-01-01&to=2020-01-02`);
    expect(heading(body)).toBe('Nothing was seen of this address between 1 Jan 00:00 and 2 Jan 00:00 UTC.');
    expect(body).toContain('outside this range');
    expect(body).not.toContain('Not scored');
    const around = /href="([^"]+)">Look at the time around it/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    expect(heading((await get(around ?? '')).body)).toContain('CRITICAL 0.94');
  });
});
