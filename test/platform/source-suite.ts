import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { ServerName } from '../../testbed/src/index.ts';
import { server } from '../../testbed/src/network.ts';
import { itNeeds, type Need } from '../setup/needs.ts';
import { sourceNeeds, WatchedShop } from './source-shop.ts';

/** The names that one request has, as the wire has them, as a source reports them. */
interface Names {
  readonly names: string;
  readonly order: '' | 'wire' | 'server';
}

/** What a source says of itself in docs/sources/README.md, where sources differ. */
interface SourceClaims {
  readonly server: ServerName;
  readonly source: string;
  readonly needs: readonly Need[];
  /** Of `Host, User-Agent, Accept, X-Odd` over HTTP/1.1. */
  readonly http1: Names;
  /** Of `user-agent, accept, x-odd` over HTTP/2. */
  readonly http2: Names;
  /** Of the same with a `cookie` before `x-odd`. */
  readonly http2Cookie: Names;
  /** Resolution of times, in milliseconds. */
  readonly resolutionMs: number;
  /** Status of a request line that is none. */
  readonly malformed: number;
  /** It refuses header values with control characters (RFC 9110 section 5.5 lets it). */
  readonly refusesControls?: boolean;
}

/** The tests that every source of HTTP events passes, with a real server, real clients and a real platform. */
export function describeSource(claims: SourceClaims): void {
  const needs = [...sourceNeeds, ...claims.needs];
  const it = itNeeds(...needs);
  const ready = needs.every((need) => need.present());

  describe(`HTTP events from ${claims.server}`, () => {
    let shop: WatchedShop;
    beforeAll(async () => {
      if (ready) shop = await WatchedShop.open(claims.server);
    });
    afterAll(() => shop?.close());

    it('every request arrives and joins with the handshake of its connection', async () => {
      await shop.curl(shop.four, ['--http1.1', '-A', 'all-1'], '/about.html', '/search?q=lamp', '/nope');
      await shop.curl(shop.six, ['--http2', '-A', 'all-2'], '/about.html', '/search?q=lamp', '/nope');
      await shop.python(
        shop.four,
        `import requests, sys
session = requests.Session()
session.trust_env, session.verify = False, sys.argv[1]
session.headers['User-Agent'] = 'all-3'
for path in ['/about.html', '/search?q=lamp', '/nope']:
    session.get('https://${server.name}' + path)`,
      );
      const rows = await shop.requests("header_user_agent LIKE 'all-%'", 9);
      expect(rows).toHaveLength(9);
      for (const row of rows)
        expect(row, `${row.header_user_agent} ${row.path}`).toMatchObject({ correlated: 1 });
      const clients = Map.groupBy(rows, (row) => row.header_user_agent);
      for (const [, requests] of clients) {
        expect(new Set(requests.map((row) => row.conn_id)).size).toBe(1);
        expect(requests.map((row) => row.keepalives)).toEqual([0, 1, 2]);
        expect(requests.map((row) => row.path)).toEqual(['/about.html', '/search', '/nope']);
        expect(requests.map((row) => row.status_code)).toEqual([200, 200, 404]);
        expect(new Set(requests.map((row) => row.ja4)).size).toBe(1);
      }
      expect(new Set(rows.map((row) => row.conn_id)).size).toBe(3);
      expect(new Set(rows.map((row) => row.ja4)).size).toBe(3);
    });

    it('a request has the fields of the table', async () => {
      const options = [
        '-A',
        'fields',
        '-H',
        'Referer: https://a.example/',
        '-H',
        'DNT: 1',
        '-H',
        'Priority: u=1',
      ];
      await shop.curl(shop.four, ['--http1.1', ...options], '/search?q=%20b&x=1');
      await shop.curl(shop.six, ['--http2', ...options], '/search?q=%20b&x=1');
      const [http1, http2] = await shop.requests("header_user_agent = 'fields'", 2);
      for (const row of [http1, http2]) {
        expect(row).toMatchObject({
          ...{
            source: claims.source,
            server_id: 'under-test',
            dst_port: 443,
            keepalives: 0,
            scheme: 'https',
          },
          ...{ method: 'GET', host: server.name, path: '/search', query: 'q=%20b&x=1', status_code: 200 },
          ...{ header_accept: '*/*', header_referer: 'https://a.example/' },
          headers: { dnt: '1', priority: 'u=1' },
        });
        expect(Number(row?.response_size)).toBeGreaterThan(1000);
        expect(row?.duration_ms).toBeGreaterThanOrEqual(0);
        expect(row?.duration_ms).toBeLessThan(10_000);
        expect(Number(row?.age_ms)).toBeGreaterThan(-claims.resolutionMs);
        expect(Number(row?.age_ms)).toBeLessThan(300_000);
      }
      expect(http1).toMatchObject({
        http_version: 'HTTP/1.1',
        src_ip: shop.four.address,
        dst_ip: server.ipv4,
      });
      expect(http2).toMatchObject({ http_version: 'HTTP/2', src_ip: shop.six.address, dst_ip: server.ipv6 });
    });

    it('header names are in the order that it claims', async () => {
      const odd = ['-A', 'order', '-H', 'X-Odd: 1'];
      await shop.curl(shop.four, ['--http1.1', ...odd], '/terms.html');
      await shop.curl(shop.four, ['--http2', ...odd], '/terms.html');
      await shop.curl(
        shop.four,
        ['--http2', '-A', 'order', '-H', 'Cookie: a=b', '-H', 'X-Odd: 1'],
        '/terms.html',
      );
      const rows = await shop.requests("header_user_agent = 'order'", 3);
      expect(rows.map((row) => ({ names: row.client_headers, order: row.client_headers_order }))).toEqual([
        claims.http1,
        claims.http2,
        claims.http2Cookie,
      ]);
    });

    it('the value of a credential never leaves the server', async () => {
      const secrets = ['Cookie: id=topsecret', 'Authorization: Bearer topsecret', 'X-Api-Key: topsecret'];
      const more = ['Proxy-Authorization: Basic topsecret', 'Set-Cookie: id=topsecret'];
      const options = [...secrets, ...more].flatMap((header) => ['-H', header]);
      for (const version of ['--http1.1', '--http2']) {
        await shop.curl(shop.four, [version, '-A', 'credentials', ...options], '/account');
      }
      const rows = await shop.requests("header_user_agent = 'credentials'", 2);
      expect(JSON.stringify(rows)).not.toContain('topsecret');
      expect(
        shop.ask(
          "SELECT count() AS found FROM ja4_logs.http_logs WHERE position(toString(tuple(*)), 'topsecret') > 0",
        ),
      ).toEqual([{ found: '0' }]);
    });

    it('hostile values and paths give events all the same', async () => {
      const request = (path: Buffer, accept: Buffer, marker: string) =>
        Buffer.concat([
          Buffer.from('GET '),
          path,
          Buffer.from(` HTTP/1.1\r\nHost: ${server.name}\r\nUser-Agent: ${marker}\r\nAccept: `),
          accept,
          Buffer.from('\r\nConnection: close\r\n\r\n'),
        ]);
      const plain = Buffer.from('/about.html');
      const quotes = Buffer.from('"\\/{}[],:\'`\t%s$1$x');
      await shop.sendRaw(shop.four, request(Buffer.from('/about.html?"\\%00\'<x>&'), quotes, 'hostile-1'));
      await shop.sendRaw(shop.four, request(plain, Buffer.from([0x61, 1, 2, 0x1f, 0x7f, 0x62]), 'hostile-2'));
      await shop.sendRaw(shop.four, request(plain, Buffer.from('é€😀\u2028'), 'hostile-3'));
      await shop.sendRaw(shop.four, request(plain, Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x62]), 'hostile-4'));
      await shop.sendRaw(shop.four, request(plain, Buffer.alloc(5000, '"'), 'hostile-5'));
      await shop.sendRaw(
        shop.four,
        request(Buffer.from(`/${'x'.repeat(3000)}?${'"'.repeat(3000)}`), plain, 'hostile-6'),
      );
      const taken = claims.refusesControls ? [1, 3, 4, 5, 6] : [1, 2, 3, 4, 5, 6];
      const rows = await shop.requests("header_user_agent LIKE 'hostile-%'", taken.length);
      expect(rows.map((row) => row.header_user_agent)).toEqual(taken.map((n) => `hostile-${n}`));
      const [one, two, three, four, five, six] = [1, 2, 3, 4, 5, 6].map((n) => rows[taken.indexOf(n)]);
      expect(one?.header_accept).toBe(quotes.toString());
      if (two) expect(two.header_accept).toBe('a\u0001\u0002\u001f\u007fb');
      expect(three?.header_accept).toBe('é€😀\u2028');
      expect(four?.header_accept).toMatch(/^a[^a-z]{3}b$/);
      expect(five?.header_accept).toBe('"'.repeat(256));
      expect(six?.path).toBe(`/${'x'.repeat(2047)}`);
      expect(six?.query).toBe('"'.repeat(2048));
      for (const row of rows) expect(row.correlated).toBe(1);
    });

    it('a request that the server refuses unread is reported without a path', async () => {
      await shop.sendRaw(shop.six, Buffer.from(`NONSENSE\u0000\r\nHost: ${server.name}\r\n\r\n`));
      const [row] = await shop.requests(
        `status_code = ${claims.malformed} AND path = '' AND src_ip = toIPv6('${shop.six.address}')`,
        1,
      );
      expect(row).toMatchObject({ src_ip: shop.six.address, correlated: 1, method: '', client_headers: '' });
    });

    it('a connection without a request is no event', async () => {
      await shop.curl(shop.four, ['--tls-max', '1.1', '-A', 'none'], '/about.html').catch(() => {});
      await shop.curl(shop.four, ['-A', 'after-none'], '/about.html');
      await shop.requests("header_user_agent = 'after-none'", 1);
      expect(await shop.requests("status_code IN (0, 408, 499) OR header_user_agent = 'none'", 0)).toEqual(
        [],
      );
    });

    it('no event was lost, refused, or held what must not be sent; two had cut values', async () => {
      const counters = await shop.counters();
      expect(Object.keys(counters).filter((name) => name.startsWith('http_rejected_'))).toEqual([]);
      expect(counters).toMatchObject({ header_values_denied: 0, http_truncated: 2, seq_lost: 0 });
    });
  });
}
