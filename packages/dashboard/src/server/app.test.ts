import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeApi } from './api/openapi.ts';
import { apiRoutes } from './api/routes.ts';
import { type App, buildApp } from './app.ts';
import {
  hostile,
  insertSampleTraffic,
  silent,
  startTestStore,
  type TestStore,
} from './sample-traffic.test-support.ts';

let engine: TestStore;
let served: App;
const host = '127.0.0.1:8000';
const get = (url: string, headers: Record<string, string> = {}) =>
  served.app.inject({ url, headers: { host, ...headers } });
const json = async (url: string) => {
  const response = await get(url);
  expect(response.statusCode, `${url}: ${response.body.slice(0, 300)}`).toBe(200);
  return response.json();
};
const hostileJa4 = encodeURIComponent(hostile);

beforeAll(async () => {
  engine = await startTestStore();
  await insertSampleTraffic(engine.store, Date.now());
  served = await buildApp({
    host: '127.0.0.1',
    port: 0,
    datasets: [
      { name: 'live', label: 'Live', store: engine.store },
      { name: 'empty', label: 'Empty', store: engine.emptyStore },
    ],
    dataDir: engine.dataDir,
    allowedHosts: ['analyst.example'],
    log: silent,
  });
});

afterAll(async () => {
  await served?.app.close();
  await engine?.close();
});

const pages = [
  '/',
  '/detections',
  '/scores',
  '/traffic',
  '/ip/198.19.0.9',
  '/ip/2001:db8:16::7',
  '/ip/198.18.200.200',
  `/ja4/${hostileJa4}`,
  '/ja4/t13d1516h2_8daaf6152771_02713d6af862',
  '/pipeline',
  '/help',
  `/scores?search=${hostileJa4}&host=${hostileJa4}&not_ja4=${hostileJa4}`,
  `/traffic?path=${hostileJa4}&method=${hostileJa4}`,
];

describe('pages', () => {
  it.each(pages)('%s stands, for both datasets', async (url) => {
    for (const data of ['', 'data=empty']) {
      const response = await get(data === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${data}`);
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(response.headers['cache-control']).toBe('no-store');
    }
  });

  it.each(pages)('%s lets no markup from outside through', async (url) => {
    const { body } = await get(url);
    const outsideQuotes = body.replace(/="[^"]*"/g, '=""');
    expect(body).not.toContain('<script>alert');
    expect(body).not.toContain('<img src=x');
    // All scripts come from files, there is no handler and no style in the markup: what the policy demands.
    expect(body.match(/<script(?![^>]* src="\/static\/)/g)).toBeNull();
    expect(outsideQuotes.match(/<[^>]*\s(?:on[a-z]+|style)=/g)).toBeNull();
  });

  it('show what an attacker sent as the text it is', async () => {
    const { body } = await get('/ip/2001:db8:16::7');
    expect(body.split('&lt;script&gt;alert(1)').length).toBeGreaterThan(10);
  });

  it('link only to pages that exist', async () => {
    const seen = new Set<string>();
    const links = async (url: string) => {
      const { body } = await get(url);
      return [...body.matchAll(/href="([^"]+)"/g)].map(([, link]) =>
        link!.replaceAll('&amp;', '&').replaceAll('&#39;', "'"),
      );
    };
    for (const url of pages) for (const link of await links(url)) seen.add(link.split('#')[0]!);
    const sample = [...seen].filter((link) => link.startsWith('/')).sort();
    expect(sample.length).toBeGreaterThan(100);
    for (const link of sample.filter((_, index) => index % 5 === 0)) {
      expect((await get(link)).statusCode, link).toBe(200);
    }
  }, 60_000);

  it('begin with the figures', async () => {
    const { body } = await get('/');
    const sentence = /<h1>(.*?)<\/h1>/s.exec(body)?.[1]?.replace(/<[^>]+>/g, '');
    expect(sentence).toBe(
      '3 visitors need a look: 2 critical and 1 high; 3 losses on the way in the last 24 h.',
    );
    expect((await get('/?data=empty')).body).toContain('No request has arrived yet.');
    const detections = (await get('/detections')).body;
    expect(detections).toContain('<strong>4 detections</strong>');
  });

  it('say of a visitor in plain words what it claims, what it is and what it does', async () => {
    const { body } = await get('/ip/198.19.0.9');
    const sentence = /<h1>(.*?)<\/h1>/s.exec(body)?.[1]?.replace(/<[^>]+>/g, '');
    expect(sentence).toContain('CRITICAL 0.97');
    expect(sentence).toContain(
      'says Chrome 150 on Windows, but its TCP looks like Linux or Android and its HTTP/2 like Go or Java',
    );
    expect(sentence).toContain('loads no images, styles or scripts');
    expect(sentence).toMatch(/asked 80 paths with 80 requests in 4 min, 66 % of them 404/);
  });

  it('keep dataset and range in their links', async () => {
    const { body } = await get('/detections?from=now-6h&data=live');
    expect(body).toContain('href="/scores?from=now-6h"');
    expect(body).toContain('href="/detections?from=now-6h&amp;data=empty"');
  });

  it('are found by what people type', async () => {
    const goesTo = async (q: string) => (await get(`/search?q=${encodeURIComponent(q)}`)).headers.location;
    expect(await goesTo(' 198.18.16.1 ')).toBe('/ip/198.18.16.1');
    expect(await goesTo('2001:DB8::1')).toBe('/ip/2001:db8::1');
    expect(await goesTo('t13d1516h2_8daaf6152771_02713d6af862')).toBe(
      '/ja4/t13d1516h2_8daaf6152771_02713d6af862',
    );
    expect(await goesTo('AS64510')).toBe('/scores?asn=64510');
    expect(await goesTo('198.18.0.0/20')).toBe('/scores?ip=198.18.0.0%2F20');
    expect(await goesTo('/login')).toBe('/traffic?search=%2Flogin');
    expect(await goesTo('//evil.example')).toBe('/traffic?search=%2F%2Fevil.example');
    expect(await goesTo('gobuster')).toBe('/scores?search=gobuster');
  });
});

describe('the API', () => {
  it('answers as its description says', async () => {
    const urls: Record<string, string> = {
      '/ip/:ip': '/ip/198.19.0.9',
      '/ja4/:fingerprint': '/ja4/t13d1516h2_8daaf6152771_02713d6af862',
    };
    for (const route of apiRoutes) {
      for (const url of [
        urls[route.path] ?? route.path,
        ...(urls[route.path] ? [] : [`${route.path}?data=empty`]),
      ]) {
        const answer = await json(`/api${url}`);
        const strict = route.response instanceof z.ZodObject ? route.response.strict() : route.response;
        expect(strict.safeParse(answer), url).toMatchObject({ success: true });
      }
    }
  });

  it('describes every route and parameter it has, and only those', async () => {
    const description = await json('/api/openapi.json');
    expect(description).toEqual(JSON.parse(JSON.stringify(describeApi())));
    expect(Object.keys(description.paths)).toEqual(
      apiRoutes.map(({ path }) => path.replace(/:(\w+)/, '{$1}')),
    );
    const detections = description.paths['/detections'].get.parameters as {
      name: string;
      schema: { enum?: string[]; items?: { enum?: string[] } };
    }[];
    expect(detections.find(({ name }) => name === 'sort')?.schema.enum).toContain('anomaly_score');
    expect(detections.find(({ name }) => name === 'level')?.schema.items?.enum).toContain('CRITICAL');
  });

  it('gives 64-bit integers as text and times in UTC', async () => {
    const { rows } = await json('/api/scores?ip=198.19.0.9');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ hits: '80', threat_level: 'CRITICAL', src_ip: '198.19.0.9' });
    expect(rows[0].detected_at).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
  });

  it('filters by every field, by short and by column name, to it and away from it', async () => {
    const ips = async (query: string) =>
      ((await json(`/api/scores?limit=1000&${query}`)).rows as { src_ip: string }[])
        .map(({ src_ip }) => src_ip)
        .sort();
    expect(await ips('level=HIGH')).toEqual(['198.19.0.10']);
    expect(await ips('threat_level=CRITICAL&level=HIGH')).toEqual([
      '198.19.0.10',
      '198.19.0.9',
      '2001:db8:16::7',
    ]);
    expect(await ips('ip=198.19.0.0/24')).toEqual(['198.19.0.10', '198.19.0.9']);
    expect(await ips('ip=2001:db8::/32')).toEqual(['2001:db8:16::7']);
    expect(await ips('asn=AS64510')).toEqual(['198.19.0.9']);
    expect(await ips('model_name=Applicatif')).toEqual(['198.19.0.10']);
    expect(await ips('bot=Testbed%20Crawler')).toEqual(['198.19.48.1']);
    expect(await ips('search=python-REQUESTS')).toEqual(['198.19.0.10']);
    expect(await ips('not_ip=198.18.0.0/16&not_level=CRITICAL&not_level=HIGH')).toEqual(['198.19.48.1']);
    expect(await ips("search='%20OR%201=1%20--")).toEqual([]);
    expect(await ips('host=shop.example')).toHaveLength(33);
  });

  it('pages through any order without losing or repeating a row', async () => {
    const sorts =
      (
        describeApi().paths['/scores'] as {
          get: { parameters: { name: string; schema: { enum?: string[] } }[] };
        }
      ).get.parameters.find(({ name }) => name === 'sort')?.schema.enum ?? [];
    expect(sorts.length).toBeGreaterThan(15);
    for (const sort of sorts) {
      for (const order of ['asc', 'desc']) {
        const found: string[] = [];
        let next: string | null = '';
        while (next !== null) {
          const page: { rows: { src_ip: string }[]; next: string | null } = await json(
            `/api/scores?sort=${sort}&order=${order}&limit=13${next && `&cursor=${next}`}`,
          );
          found.push(...page.rows.map(({ src_ip }) => src_ip));
          next = page.next;
        }
        expect(new Set(found).size, `${sort} ${order}`).toBe(34);
        expect(found).toHaveLength(34);
      }
    }
  }, 60_000);

  it('pages through requests whose texts are long, foreign or no text at all', async () => {
    const all = 30 * 2 + 80 + 1 + 1 + 3;
    for (const [sort, limit, expected, filter] of [
      ...['path', 'header_user_agent', 'time', 'method'].map((name) => [name, 37, all, ''] as const),
      // Every row is a page's last one once, that with NUL in its path too.
      ['path', 1, 3, '&ip=198.18.17.0/24'],
      ['header_user_agent', 1, 3, '&ip=198.18.17.0/24'],
    ] as const) {
      const found: string[] = [];
      let next: string | null = '';
      while (next !== null) {
        const page: { rows: { path: string; ip: string }[]; next: string | null } = await json(
          `/api/traffic?sort=${sort}&limit=${limit}${filter}${next && `&cursor=${next}`}`,
        );
        found.push(...page.rows.map(({ path, ip }) => `${ip} ${path}`));
        next = page.next;
      }
      expect(found, sort).toHaveLength(expected);
      expect(new Set(found).size).toBe(found.length);
    }
  });

  it('sorts by the column that is named', async () => {
    const scores = (
      (await json('/api/scores?sort=anomaly_score&order=asc&limit=1000')).rows as { anomaly_score: number }[]
    ).map(({ anomaly_score }) => anomaly_score);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    const paths = ((await json('/api/traffic?sort=path&limit=1000')).rows as { path: string }[]).map(
      ({ path }) => path,
    );
    expect(paths).toEqual([...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const levels = ((await json('/api/detections')).rows as { threat_level: string }[]).map(
      ({ threat_level }) => threat_level,
    );
    expect(levels).toEqual(['CRITICAL', 'CRITICAL', 'HIGH', 'KNOWN_BOT']);
  });

  it.each([
    ['/api/scores?levle=HIGH', 'levle', /did you mean "level"/],
    ['/api/scores?level=HIHG', 'level', /did you mean "HIGH"/],
    ['/api/scores?sort=anomaly_scor', 'sort', /did you mean "anomaly_score"/],
    ['/api/scores?sort=hits;drop%20table', 'sort', /allowed are/],
    ['/api/scores?limit=0', 'limit', /from 1 to 1000/],
    ['/api/scores?limit=1&limit=2', 'limit', /once/],
    ['/api/scores?cursor=AAAA', 'cursor', /start again/],
    ['/api/scores?ip=1.2.3', 'ip', /198\.18\.0\.0\/20/],
    ['/api/scores?asn=x', 'asn', /64501/],
    ['/api/scores?from=yesterday', 'from', /now-6h/],
    ['/api/scores?from=now&to=now-1h', 'from', /before/],
    ['/api/scores?data=nothere', 'data', /allowed are live, empty/],
    ['/api/traffic?status=abc', 'status', /404/],
    [`/api/scores?search=${'x'.repeat(600)}`, 'search', /longer than 512/],
    ['/api/scores?host=a%00b', 'host', /NUL/],
    ['/api/scores?from=2026-02-30', 'from', /not a time/],
    ['/api/scores?from=now-401d', 'from', /longer than 400 days/],
    ['/api/scores?says=robot', 'says', /allowed are browser, program, nothing/],
    ['/api/scores?constructor=1', 'constructor', /no parameter "constructor"/],
    [
      `/api/scores?cursor=${Buffer.from('[0,"a\\u0000b","y"]').toString('base64url')}`,
      'cursor',
      /start again/,
    ],
  ])('refuses %s and says what would be right', async (url, parameter, message) => {
    const response = await get(url);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({
      error: {
        code: 'bad-parameter',
        parameter,
        message: expect.stringMatching(message),
        advice: expect.any(String),
      },
    });
    const page = await get(url.replace('/api', ''));
    expect(page.statusCode).toBe(400);
    expect(page.headers['content-type']).toContain('text/html');
  });

  it('says 404 for what it does not know, as JSON', async () => {
    for (const url of [
      '/api/nothing',
      '/api/ip/999.1.1.1',
      '/api/ip/198.18.250.250',
      '/api/ja4/none',
      '/api/ip/%ff',
    ]) {
      const response = await get(url);
      expect([400, 404]).toContain(response.statusCode);
      expect(response.json().error.message).toBeTypeOf('string');
    }
  });
});

describe('the door', () => {
  it('is closed to names that are not the dashboard’s', async () => {
    for (const name of ['rebind.example', '198.18.0.1:8000', 'localhost.rebind.example']) {
      const response = await get('/api/overview', { host: name });
      expect(response.statusCode).toBe(403);
    }
    expect((await get('/health', { host: 'analyst.example' })).statusCode).toBe(200);
  });

  it('is closed to everything but reading', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
      const response = await served.app.inject({ method, url: '/detections', headers: { host } });
      expect(response.statusCode).toBe(405);
      expect(response.headers.allow).toBe('GET, HEAD');
    }
    expect((await served.app.inject({ method: 'HEAD', url: '/', headers: { host } })).statusCode).toBe(200);
  });

  it('allows nothing inline and nothing from elsewhere', async () => {
    const { headers } = await get('/');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'self';script-src 'self';img-src 'self' data:;form-action 'self';frame-ancestors 'none';base-uri 'none'",
    );
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect((await get('/api/overview')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('gives out its own files and nothing beside them', async () => {
    const { body } = await get('/');
    const files = [...body.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const response = await get(file);
      expect(response.statusCode).toBe(200);
      expect(response.headers['cache-control']).toContain('immutable');
    }
    for (const file of [
      '/static/../server/app.ts',
      '/static/%2e%2e/server/app.ts',
      '/static/',
      '/static/.hidden',
    ]) {
      expect((await get(file)).statusCode).toBeGreaterThanOrEqual(400);
    }
  });

  it('counts what it does', async () => {
    expect(served.counters()).toMatchObject({
      refused_host: expect.any(Number),
      bad_parameters: expect.any(Number),
    });
    expect(served.counters().requests).toBeGreaterThan(50);
  });
});
