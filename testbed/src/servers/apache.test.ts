/** Apache before the shop: the same pages as the shop's own program gives, under every multi-processing module. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program, root } from '../../../test/setup/needs.ts';
import { type Certificates, makeCertificates } from '../certificates.ts';
import { buildNetwork, type Network, runInside, server, tearDown } from '../network.ts';
import { makeSite } from '../site/make-site.ts';
import { type Backend, startBackend } from '../site/start-backend.ts';
import { type Mpm, startApache } from './apache.ts';

const needs = [
  ...[root, program('apache2'), program('apxs', 'apache2-dev'), program('make'), program('gcc')],
  ...[program('ip', 'iproute2'), program('curl'), program('openssl')],
];
const it = itNeeds(...needs);
const canRun = needs.every((need) => need.present());
const origin = `https://${server.name}`;
const crawler = join(import.meta.dirname, '../site/crawl.ts');

let folder: string;
let network: Network;
let certificates: Certificates;
let site: string;
let backend: Backend;

beforeAll(async () => {
  if (!canRun) return;
  folder = await mkdtemp(join(tmpdir(), 'ja4-apache-'));
  await chmod(folder, 0o755);
  network = await buildNetwork();
  certificates = await makeCertificates(join(folder, 'tls'));
  site = await makeSite(join(folder, 'site'));
  backend = await startBackend({ network, site });
});

afterAll(async () => {
  await backend?.stop();
  if (network) await tearDown();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function withApache(mpm: Mpm, visit: () => Promise<void>): Promise<void> {
  const apache = await startApache({
    ...{ network, certificates, site, backendPort: backend.port, mpm },
    ...{ folder: join(folder, mpm), socketPath: join(folder, 'nobody-listens.socket') },
  });
  await visit().finally(() => apache.stop());
}

const inside = (...command: string[]) => runInside(network.inside, ...command);

async function crawlFrom(base: string): Promise<{ statuses: Record<string, number>; problems: string[] }> {
  const trust = `NODE_EXTRA_CA_CERTS=${certificates.authority}`;
  const said = await inside('env', trust, process.execPath, crawler, base);
  return JSON.parse(said) as { statuses: Record<string, number>; problems: string[] };
}

/** Status, HTTP version and some response headers, as curl sees them. */
async function seen(path: string, ...options: string[]): Promise<Record<string, string>> {
  const names = ['cache-control', 'etag', 'location', 'content-encoding', 'content-type'];
  const format = [
    'status=%{http_code}',
    'version=%{http_version}',
    ...names.map((name) => `${name}=%header{${name}}`),
  ];
  const lines = await inside(
    ...['curl', '-s', '--path-as-is', '--cacert', certificates.authority, '-o', '/dev/null'],
    ...['-w', format.join('\n'), ...options, origin + path],
  );
  return Object.fromEntries(
    lines.split('\n').map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
  );
}

describe('Apache before the shop', () => {
  it('serves every page and file that the shop has', () =>
    withApache('event', async () => {
      const { statuses, problems } = await crawlFrom(origin);
      expect(problems).toEqual([]);
      expect(Object.keys(statuses).length).toBeGreaterThan(500);
    }));

  it('answers conditionally and compressed, and keeps what the shop says about caching', () =>
    withApache('event', async () => {
      for (const path of ['/', '/product/101.html', '/feed.xml']) {
        const first = await seen(path, '--compressed');
        expect(first).toMatchObject({ status: '200', version: '2', 'content-encoding': 'gzip' });
        const again = await seen(path, '--compressed', '-H', `If-None-Match: ${first.etag}`);
        expect([path, again.status]).toEqual([path, '304']);
      }
      expect(await seen('/images/logo.png')).toMatchObject({ 'cache-control': 'public, max-age=86400' });
      expect(await seen('/api/stock?id=101')).toMatchObject({ 'cache-control': 'no-store' });
      expect(await seen('/no/such/page')).toMatchObject({
        status: '404',
        'content-type': 'text/html; charset=utf-8',
      });
    }));

  it('refuses to lead outside the site', () =>
    withApache('event', async () => {
      for (const path of [
        '/../../etc/passwd',
        '/category/..%2f..%2fetc/passwd',
        '/api/%2e%2e/%2e%2e/etc/passwd',
      ]) {
        expect((await seen(path)).status, path).toMatch(/^40[034]$/);
      }
    }));

  it('runs with threads or processes only', async () => {
    for (const mpm of ['worker', 'prefork'] as const) {
      await withApache(mpm, async () => {
        const { status, version } = await seen('/search?q=oak');
        // mod_http2 does not work with processes only.
        expect([mpm, status, version]).toEqual([mpm, '200', mpm === 'prefork' ? '1.1' : '2']);
      });
    }
  });
});
