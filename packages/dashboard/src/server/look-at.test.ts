import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, buildApp } from './app.ts';
import { claimOf, says } from './explain/user-agent.ts';
import {
  goStack,
  insertVerdicts,
  silent,
  startTestStore,
  type TestStore,
} from './sample-traffic.test-support.ts';

let engine: TestStore;
let served: App;
const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const spread = Array.from({ length: 12 }, (_, index) => `198.18.${index + 1}.7`);
const neighbours = Array.from({ length: 12 }, (_, index) => `198.19.7.${index + 1}`);

beforeAll(async () => {
  engine = await startTestStore();
  const now = Date.now();
  const agents = [
    chrome,
    chrome.replace('156', '155'),
    chrome.replace('X11; Linux x86_64', 'Windows NT 10.0'),
  ];
  for (const [index, userAgent] of agents.entries())
    await insertVerdicts(
      engine.store,
      now,
      spread.filter((_, at) => at % agents.length === index),
      { userAgent, level: 'CRITICAL', score: 0.93 + index / 100 },
    );
  await insertVerdicts(engine.store, now, ['198.19.0.5'], {
    userAgent: 'gobuster/3.5',
    level: 'CRITICAL',
    score: 0.99,
  });
  await insertVerdicts(engine.store, now, neighbours, { userAgent: chrome, level: 'HIGH', score: 0.85 });
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

interface Row {
  ip: string;
  level: string;
  visitors: string;
  says: string;
  stack: string;
}

describe('a tool on many addresses', () => {
  it('is one row of the list to look at, whatever User-Agents it turns through', async () => {
    const { lookAt } = (await get('/api/overview')).json() as { lookAt: Row[] };
    expect(lookAt.map(({ level, visitors, says }) => [level, visitors, says])).toEqual([
      ['CRITICAL', '12', 'browser'],
      ['CRITICAL', '1', 'program'],
      // Twelve addresses of one /24 are one network: too little to be told as many.
      ...Array.from({ length: 4 }, () => ['HIGH', '1', 'browser']),
    ]);
    expect(lookAt[0]).toMatchObject({ stack: goStack, visitors: '12' });
  });

  it('is said in the first sentence, with a link to exactly those', async () => {
    const { body } = await get('/');
    const sentence = /<h1>(.*?)<\/h1>/s.exec(body)?.[1] ?? '';
    expect(sentence.replace(/<[^>]+>/g, '')).toContain(
      '25 visitors need a look: 13 critical and 12 high, 12 of them with one client stack;',
    );
    const link = /href="([^"]+)">12 of them/.exec(sentence)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const { rows } = (await get(`/api${link}`)).json() as { rows: { src_ip: string }[] };
    expect(rows.map(({ src_ip }) => src_ip).sort()).toEqual([...spread].sort());
  });
});

describe('what clients say they are', () => {
  const agents = [
    '',
    '  ',
    chrome,
    'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/150.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Hydra)',
    'curl/8.5.0',
    'Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18',
    'ExampleMonitor/2.0 (uptime probe)',
    'Mozilla/5.0\nChrome/150',
  ];

  it('is read by the store as the pages read it', async () => {
    const addresses = agents.map((_, index) => `2001:db8:77::${index + 1}`);
    for (const [index, userAgent] of agents.entries())
      await insertVerdicts(engine.store, Date.now(), [addresses[index]!], {
        userAgent,
        level: 'LOW',
        score: 0.5,
        tls_stack: `s${index}`,
      });
    for (const wanted of ['browser', 'program', 'nothing'] as const) {
      const url = `/api/scores?ip=2001:db8:77::/64&says=${wanted}&limit=1000`;
      const { rows } = (await get(url)).json() as { rows: { first_ua: string }[] };
      expect(rows.map(({ first_ua }) => first_ua).sort(), wanted).toEqual(
        agents.filter((agent) => says(claimOf(agent)) === wanted).sort(),
      );
      const others = (await get(url.replace('says', 'not_says'))).json() as { rows: unknown[] };
      expect(others.rows).toHaveLength(agents.length - rows.length);
    }
  });
});
