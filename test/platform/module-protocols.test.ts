/** mod_reqin_log in real Apaches of every MPM, spoken to in every protocol they take. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Apache, type ApacheOptions, apacheNeeds } from '../setup/apache.ts';
import { EventReceiver, receiverNeeds } from '../setup/event-receiver.ts';
import { itNeeds, program } from '../setup/needs.ts';
import { exchange, http2Get, http2Session, request, statusCodes } from '../setup/raw-http.ts';

const needs = [...apacheNeeds, ...receiverNeeds, program('curl')];
const it = itNeeds(...needs);
const itWithNghttp = itNeeds(...needs, program('nghttp', 'nghttp2-client'));
const canRun = needs.every((need) => need.present());

describe.each(['event', 'worker', 'prefork'] as const)('mod_reqin_log under the %s MPM', (mpm) => {
  let apache: Apache;
  let receiver: EventReceiver;

  beforeAll(async () => {
    if (!canRun) return;
    const folder = Apache.newFolder();
    receiver = await EventReceiver.open(join(folder, 'http.socket'));
    const options: ApacheOptions = {
      mpm,
      configuration: `JsonSockLogEnabled On
JsonSockLogSocket ${folder}/http.socket
JsonSockLogServerId under-test
JsonSockLogHeaders User-Agent Accept`,
    };
    apache = await Apache.start(folder, options);
  });
  afterAll(async () => {
    await receiver?.stop();
    await apache?.stop();
  });

  const get = (target: string, ...lines: string[]) => request(target, ['Host: localhost', ...lines]);
  const curl = (...args: string[]) =>
    spawnSync('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_version} ', ...args], { encoding: 'utf8' })
      .stdout;
  const plain = (path: string) => `http://127.0.0.1:${apache.plainPort}${path}`;
  const tls = (path: string) => `https://127.0.0.1:${apache.tlsPort}${path}`;

  it('reports an HTTP/1.0 request', async () => {
    const [event] = await receiver.during(() =>
      exchange(apache.plainPort, ['GET /small.txt?a=%20b HTTP/1.0\r\nUser-Agent: old\r\n\r\n']),
    );
    expect(event).toMatchObject({
      source: 'apache',
      server_id: 'under-test',
      src_ip: '127.0.0.1',
      dst_ip: '127.0.0.1',
      dst_port: apache.plainPort,
      keepalives: 0,
      scheme: 'http',
      method: 'GET',
      path: '/small.txt',
      query: 'a=%20b',
      http_version: 'HTTP/1.0',
      status_code: 200,
      client_headers: 'User-Agent',
      client_headers_order: 'wire',
      'header_User-Agent': 'old',
    });
    expect(event).not.toHaveProperty('h2_fingerprint');
    expect(event).not.toHaveProperty('client_ip');
    expect(event).not.toHaveProperty('truncated');
    expect(Math.abs(Number(event?.timestamp) / 1e6 - Date.now())).toBeLessThan(10_000);
    expect(Number(event?.response_size)).toBeGreaterThanOrEqual(1024);
    expect(Number(event?.duration_ms)).toBeGreaterThan(0);
  });

  it('numbers the requests of a connection that is kept alive', async () => {
    const parts = [get('/small.txt'), get('/index.html'), get('/none', 'Connection: close')];
    const events = await receiver.during(async () => {
      expect(statusCodes(await exchange(apache.plainPort, parts))).toEqual([200, 200, 404]);
    }, 3);
    expect(events.map(({ keepalives, path }) => [keepalives, path])).toEqual([
      [0, '/small.txt'],
      [1, '/index.html'],
      [2, '/none'],
    ]);
    expect(new Set(events.map((event) => event.conn_id)).size).toBe(1);
    expect(events.map((event) => event.http_version)).toEqual(Array(3).fill('HTTP/1.1'));
  });

  it('reports every request of a pipeline with its own headers', async () => {
    const count = 20;
    const last = (i: number) => (i === count - 1 ? ['Connection: close'] : []);
    const pipeline = Array.from({ length: count }, (_, i) =>
      get(`/small.txt?${i}`, `X-${i}: a`, 'Accept: */*', ...last(i)),
    ).join('');
    const events = await receiver.during(async () => {
      expect(statusCodes(await exchange(apache.plainPort, [pipeline]))).toEqual(Array(count).fill(200));
    }, count);
    expect(events.map((event) => [event.keepalives, event.query, event.client_headers])).toEqual(
      Array.from({ length: count }, (_, i) => [
        i,
        String(i),
        ['Host', `X-${i}`, 'Accept', ...last(i).map(() => 'Connection')].join(','),
      ]),
    );
  });

  it('reports a request over TLS as https', async () => {
    const [event] = await receiver.during(async () =>
      expect(curl('--http1.1', '-A', 'tester', tls('/'))).toBe('1.1 '),
    );
    expect(event).toMatchObject({ scheme: 'https', http_version: 'HTTP/1.1', dst_port: apache.tlsPort });
    expect(event).toMatchObject({ client_headers: 'Host,User-Agent,Accept', 'header_User-Agent': 'tester' });
  });

  it('reports a request that Apache refused while reading it', async () => {
    const events = await receiver.during(async () => {
      expect(statusCodes(await exchange(apache.plainPort, ['NOT A REQUEST\r\n\r\n']))).toEqual([400]);
    });
    expect(events.map((event) => event.status_code)).toEqual([400]);
  });

  it('names connections unlike each other and numbers events without a gap', async () => {
    const events = await receiver.during(
      () =>
        Promise.all(
          Array.from({ length: 8 }, () => exchange(apache.plainPort, [get('/', 'Connection: close')])),
        ),
      8,
    );
    expect(new Set(events.map((event) => event.conn_id)).size).toBe(8);
    const numbers = receiver.events.map((event) => Number(event.seq)).toSorted((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(new Set(receiver.events.map((event) => event.dropped_total))).toEqual(new Set([0]));
  });

  // mod_http2 leaves HTTP/2 out under prefork.
  if (mpm === 'prefork') return;

  it('reports HTTP/2 over TLS with the client’s preface on every request', async () => {
    const events = await receiver.during(async () => {
      expect(curl('--http2', tls('/'), '-o', '/dev/null', tls('/small.txt'))).toBe('2 2 ');
    }, 2);
    expect(events.map((event) => [event.path, event.keepalives])).toEqual(bothPages);
    expect(new Set(events.map((event) => event.conn_id)).size).toBe(1);
    for (const event of events) {
      expect(event).toMatchObject({ scheme: 'https', http_version: 'HTTP/2' });
      expect(event).toMatchObject({ client_headers: 'user-agent,accept', client_headers_order: 'wire' });
      expect(event).toMatchObject({ h2_pseudo_order: 'm,p,s,a', h2_enable_push: 0, h2_has_priority: 0 });
      expect(event.h2_fingerprint).toMatch(/^3:100;4:\d+;2:0\|\d+\|0\|m,p,s,a$/);
      expect(event.h2_settings_fp).toBe(String(event.h2_fingerprint).split('|')[0]);
      expect(event).not.toHaveProperty('h2_max_frame_size');
    }
  });

  const bothPages = [
    ['/', 0],
    ['/small.txt', 1],
  ];
  const priorities = '3:0:0:201,5:0:0:101,7:0:0:1,9:0:7:1,11:0:3:1';
  const nghttp = (...args: string[]) => spawnSync('nghttp', ['-n', ...args]).status;

  itWithNghttp('reports HTTP/2 with prior knowledge the same way', async () => {
    const events = await receiver.during(async () => {
      expect(nghttp(plain('/'), plain('/small.txt'))).toBe(0);
    }, 2);
    expect(events.map((event) => event.path).toSorted()).toEqual(['/', '/small.txt']);
    expect(events.map((event) => event.keepalives).toSorted()).toEqual([0, 1]);
    expect(new Set(events.map((event) => event.conn_id)).size).toBe(1);
    for (const event of events) {
      expect(event).toMatchObject({ scheme: 'http', http_version: 'HTTP/2', h2_has_priority: 1 });
      expect(event.client_headers).toBe('accept,accept-encoding,user-agent');
      expect(event.h2_fingerprint).toBe(`3:100;4:65535|00|${priorities}|m,p,s,a`);
      expect(event).not.toHaveProperty('h2_window_update');
    }
  });

  itWithNghttp('reports the request that upgrades to HTTP/2 once, and those after it', async () => {
    // Once it has answered the first, mod_http2 may close before the client's preface is there: then again.
    for (let attempt = 1; ; attempt++) {
      const before = receiver.texts.length;
      const { stdout } = spawnSync('nghttp', ['-nuv', plain('/'), plain('/small.txt')], { encoding: 'utf8' });
      const answers = stdout.match(/:status: 200/g)?.length ?? 0;
      await receiver.count(before + answers);
      const events = receiver.events.slice(before);
      expect(events.length).toBe(answers);
      if (answers < 2 && attempt < 50) continue;
      const byIndex = events.toSorted((a, b) => Number(a.keepalives) - Number(b.keepalives));
      expect(byIndex.map((event) => [event.path, event.keepalives])).toEqual(bothPages);
      expect(byIndex[1]?.conn_id).toBe(byIndex[0]?.conn_id);
      expect(byIndex.map((event) => [event.client_headers, event.client_headers_order])).toEqual([
        ['host,connection,upgrade,http2-settings,accept,user-agent', 'wire'],
        ['accept,accept-encoding,user-agent', 'wire'],
      ]);
      expect(byIndex[1]).toMatchObject({
        http_version: 'HTTP/2',
        h2_fingerprint: `3:100;4:65535|00|${priorities},1:0:11:16|m,p,s,a`,
      });
      return;
    }
  });

  it('numbers concurrent streams of one connection', async () => {
    const count = 50;
    const session = await http2Session(apache.tlsPort, 'tls');
    const events = await receiver.during(async () => {
      const paths = Array.from({ length: count }, (_, i) => `/small.txt?${i}`);
      const codes = await Promise.all(paths.map((path) => http2Get(session, path, [])));
      expect(codes).toEqual(Array(count).fill(200));
    }, count);
    session.close();
    const inOrder = (values: unknown[]) => values.map(Number).toSorted((a, b) => a - b);
    expect(inOrder(events.map((event) => event.keepalives))).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    expect(inOrder(events.map((event) => event.query))).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(new Set(events.map((event) => event.conn_id)).size).toBe(1);
  });
});
