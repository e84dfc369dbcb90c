/** The same shop, whatever server is before it. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, type Need, program } from '../../../test/setup/needs.ts';
import { type ServerName, servers } from './servers.ts';
import { Stage, stageNeeds } from './stage.test-support.ts';

const njs = '/usr/lib/nginx/modules/ngx_http_js_module.so';
const needs: Record<ServerName, readonly Need[]> = {
  apache: [program('apache2'), program('apxs', 'apache2-dev'), program('make')],
  haproxy: [program('haproxy')],
  nginx: [program('nginx')],
  'nginx-njs': [program('nginx'), program(njs, 'libnginx-mod-http-js')],
  node: [],
};
const names = Object.keys(servers) as ServerName[];

let stage: Stage | undefined;

beforeAll(async () => {
  if (stageNeeds.every((need) => need.present())) stage = await Stage.build();
});

afterAll(() => stage?.remove());

describe.each(names)('%s before the shop', (name) => {
  const it = itNeeds(...stageNeeds, ...needs[name]);
  const serving = (visit: (on: Stage) => Promise<void>) => async () => {
    const on = stage;
    if (on === undefined) throw new Error('The stage is missing');
    await on.serve(name, servers[name], () => visit(on));
  };

  it(
    'serves every page and file',
    serving(async (on) => {
      const { statuses, problems } = await on.crawl();
      expect(problems).toEqual([]);
      expect(Object.keys(statuses).length).toBeGreaterThan(500);
      expect((await on.seen('/', '--http1.1')).version).toBe('1.1');
      expect((await on.seen('/', '--http2')).version).toBe('2');
    }),
  );

  it(
    'answers conditionally, and keeps what the shop says about caching',
    serving(async (on) => {
      for (const path of ['/', '/product/101.html', '/feed.xml']) {
        const first = await on.seen(path, '--compressed');
        expect(first.status).toBe('200');
        const again = await on.seen(path, '--compressed', '-H', `If-None-Match: ${first.etag}`);
        expect([path, first.etag, again.status]).toEqual([path, first.etag, '304']);
      }
      expect(await on.seen('/images/logo.png')).toMatchObject({ 'cache-control': 'public, max-age=86400' });
      expect(await on.seen('/api/stock?id=101')).toMatchObject({ 'cache-control': 'no-store' });
      expect(await on.seen('/no/such/page')).toMatchObject({ status: '404' });
    }),
  );

  it(
    'leads nowhere outside the site',
    serving(async (on) => {
      for (const path of [
        '/../../etc/passwd',
        '/category/..%2f..%2fetc/passwd',
        '/api/%2e%2e/%2e%2e/etc/passwd',
      ]) {
        expect((await on.seen(path)).status, path).toMatch(/^40[034]$/);
      }
    }),
  );
});
