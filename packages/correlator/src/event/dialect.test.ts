import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpEvent } from './dialect.ts';

const value = (text: string) => {
  const result = parseHttpEvent(text);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

/** As docs/sources/haproxy.cfg writes it. */
const haproxy = {
  ...{ dialect: 'haproxy', source: 'haproxy', server_id: 'web1', accepted_ms: '1795181163803' },
  ...{ timestamp: '1795181163808228', duration_us: '1250', src_ip: '198.18.16.5', src_port: '50896' },
  ...{ client_ip: '198.18.16.5', dst_ip: '198.18.0.10', dst_port: '443', scheme: 'https' },
  ...{ conn_id: '1795181163808228-50896', keepalives: '0', http_version: 'HTTP/2.0', method: 'GET' },
  ...{ host: 'shop.example', path: '/cart', query: 'id=7', status_code: '200', response_size: '5120' },
  ...{ client_headers: 'host,user-agent,accept', 'header_User-Agent': 'curl/7.88.1', header_DNT: '' },
};
const fromHaproxy = (changes: object = {}) => value(JSON.stringify({ ...haproxy, ...changes }));

/** As docs/sources/nginx.conf writes it, behind its syslog prefix. */
const nginx = {
  ...{
    dialect: 'nginx',
    source: 'nginx',
    server_id: 'web1',
    timestamp: '1795181248.645',
    duration_s: '0.012',
  },
  ...{ src_ip: '198.18.16.5', src_port: '38370', client_ip: '198.18.16.5', dst_ip: '198.18.0.10' },
  ...{ dst_port: '443', scheme: 'https', conn_id: '10253-1', nth_request: '3', http_version: 'HTTP/1.1' },
  ...{ method: 'GET', host: 'shop.example', path: '/cart', query: '', status_code: '200' },
  ...{ response_size: '6', 'header_User-Agent': 'curl/7.88.1', header_DNT: '' },
};
const prefix = '<190>Nov  2 13:27:28 ja4: ';
const fromNginx = (changes: object = {}) => value(prefix + JSON.stringify({ ...nginx, ...changes }));

describe('an event behind a syslog prefix', () => {
  const native = { timestamp: 1.7e18, src_ip: '198.18.0.1', src_port: 7, method: 'GET', path: '/' };

  it.each([
    prefix,
    '<13>Feb 29 00:00:00 web1.example nginx: ',
    '<190>Nov 20 13:27:28 2001:db8::1 ja4[4711]: ',
  ])('is read as if %j were not there', (before) => {
    expect(value(before + JSON.stringify(native))).toEqual(value(JSON.stringify(native)));
  });

  it.each([
    '<',
    '<190>',
    '<190>Nov 20 13:27:28 ja4 {}',
    '<1900>Nov 20 13:27:28 ja4: {}',
    `<1>${'x'.repeat(60_000)}`,
  ])('is refused when the prefix is none: %.30s', (text) => {
    expect(parseHttpEvent(text)).toEqual({ ok: false, reason: 'bad_syslog_prefix' });
  });

  it('is refused for what follows, when the line was cut off', () => {
    expect(parseHttpEvent(`${prefix}{"path":"/ab`)).toEqual({ ok: false, reason: 'not_json' });
    expect(parseHttpEvent(prefix)).toEqual({ ok: false, reason: 'not_json' });
  });
});

it.each(['', 'caddy', 7, null, {}, '__proto__'])('a dialect that nobody speaks is refused: %j', (dialect) => {
  const text = JSON.stringify({ ...haproxy, dialect });
  expect(parseHttpEvent(text)).toEqual({ ok: false, reason: 'unknown_dialect' });
});

describe('an event of HAProxy', () => {
  it('gives the fields of the contract', () => {
    expect(fromHaproxy()).toMatchObject({
      ...{ timestamp: 1_795_181_163_808_228_000, source: 'haproxy', server_id: 'web1', duration_ms: 1.25 },
      ...{ src_port: 50_896, client_ip: undefined, dst_port: 443, keepalives: 0, http_version: 'HTTP/2' },
      ...{
        method: 'GET',
        path: '/cart',
        query: 'id=7',
        status_code: 200,
        response_size: 5120,
        truncated: '',
      },
      headers: { columns: { header_user_agent: 'curl/7.88.1' }, others: {} },
    });
  });

  it('has the order of the wire under HTTP/2, without the name that stands for :authority', () => {
    expect(fromHaproxy()).toMatchObject({
      client_headers: 'user-agent,accept',
      client_headers_order: 'wire',
    });
    expect(fromHaproxy({ client_headers: 'host' })).toMatchObject({ client_headers: '' });
    expect(fromHaproxy({ client_headers: '' })).toMatchObject({ client_headers_order: '' });
    expect(fromHaproxy({ client_headers: 'user-agent,x-host' })).toMatchObject({
      client_headers: 'user-agent,x-host',
    });
  });

  it('does not have it when cookies were gathered at the end, or when HTTP/1 names lost their case', () => {
    expect(fromHaproxy({ client_headers: 'host,accept,cookie' })).toMatchObject({
      client_headers: 'accept,cookie',
      client_headers_order: 'server',
    });
    expect(fromHaproxy({ client_headers: 'accept,x-cookie' }).client_headers_order).toBe('wire');
    expect(fromHaproxy({ http_version: 'HTTP/1.1' })).toMatchObject({
      client_headers: 'host,user-agent,accept',
      client_headers_order: 'server',
    });
  });

  it('is kept when the request was refused before it had been read', () => {
    const nothing = Object.fromEntries(
      ['timestamp', 'duration_us', 'conn_id', 'keepalives', 'method', 'host', 'path', 'query'].map((key) => [
        key,
        '',
      ]),
    );
    const refused = { ...nothing, http_version: 'HTTP/-', status_code: '400', fc_err: '0' };
    expect(fromHaproxy(refused)).toMatchObject({
      ...{ timestamp: 1_795_181_163_803_000_000, duration_ms: undefined, keepalives: undefined },
      ...{ method: '', path: '', http_version: '', status_code: 400 },
    });
  });

  it('reports the visitor that a proxy reported', () => {
    expect(fromHaproxy({ client_ip: '192.0.2.7' }).client_ip).toBe('192.0.2.7');
  });

  it('reads bytes as UTF-8, or else as Latin-1, of any request', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (given) => {
        const bytes = Buffer.from(given);
        const { path, headers } = fromHaproxy({
          path: bytes.toString('latin1'),
          header_Accept: bytes.toString('latin1'),
        });
        expect(path).toBe(isUtf8(bytes) ? bytes.toString() : bytes.toString('latin1'));
        expect(headers.columns.header_accept.length).toBeLessThanOrEqual(256);
      }),
    );
  });

  it('cuts between characters, and says what was cut', () => {
    const long = Buffer.from(`a${'😀'.repeat(100)}`)
      .subarray(0, 257)
      .toString('latin1');
    const event = fromHaproxy({
      header_Accept: long,
      'header_X-Trace-Id': 'x'.repeat(256),
      path: `/${'ü'.repeat(2048)}`,
    });
    expect(event.headers.columns.header_accept).toBe(`a${'😀'.repeat(63)}`);
    expect(event.headers.columns.header_x_trace_id).toHaveLength(256);
    expect(event.truncated.split(',').sort()).toEqual(['header_Accept', 'path']);
  });

  it.each([
    ['bad_timestamp', { timestamp: 'x' }],
    ['bad_timestamp', { timestamp: {} }],
    ['bad_port', { src_port: '-' }],
    ['bad_address', { src_ip: '-' }],
    ['out_of_range_status_code', { status_code: '-1' }],
    ['missing_method', { method: null }],
    ['missing_src_ip', { src_ip: '' }],
  ])('is refused as %s', (reason, changes) => {
    expect(parseHttpEvent(JSON.stringify({ ...haproxy, ...changes }))).toEqual({ ok: false, reason });
  });
});

it.each([
  'Proxy shop stopped (cumulated conns: FE: 5, BE: 0).\n',
  JSON.stringify({ ...haproxy, fc_err: '30' }),
])('what HAProxy says of itself is no request: %j', (text) => {
  expect(parseHttpEvent(text)).toEqual({ ok: false, reason: 'no_request' });
});

describe('an event of nginx', () => {
  it('gives the fields of the contract; the request began when its duration says', () => {
    expect(fromNginx()).toMatchObject({
      ...{ timestamp: 1_795_181_248_633_000_000, duration_ms: 12, keepalives: 2, src_port: 38_370 },
      ...{ client_ip: undefined, http_version: 'HTTP/1.1', path: '/cart', status_code: 200 },
      ...{ client_headers: '', client_headers_order: '', truncated: '' },
      headers: { columns: { header_user_agent: 'curl/7.88.1' }, others: {} },
    });
  });

  it('is kept when nginx refused the request before it had been read', () => {
    expect(fromNginx({ method: '', path: '', host: '', http_version: '', status_code: '400' })).toMatchObject(
      {
        ...{ method: '', path: '', http_version: '', status_code: 400 },
      },
    );
  });

  it('cuts what is longer than the limit, and says so', () => {
    const event = fromNginx({
      path: `/${'x'.repeat(2048)}`,
      query: 'q'.repeat(2048),
      header_Accept: '\ufffd'.repeat(90),
    });
    expect(event.path).toHaveLength(2048);
    expect(event.query).toHaveLength(2048);
    expect(event.headers.columns.header_accept).toHaveLength(85);
    expect(event.truncated.split(',').sort()).toEqual(['header_Accept', 'path']);
  });

  it('is refused when its times are none', () => {
    const text = JSON.stringify({ ...nginx, timestamp: 'soon' });
    expect(parseHttpEvent(text)).toEqual({ ok: false, reason: 'bad_timestamp' });
  });
});

describe('any dialect', () => {
  const reason =
    /^(too_large|not_json|not_an_object|unknown_dialect|no_request|bad_(timestamp|address|port|syslog_prefix)|(missing|wrong_type|out_of_range)_[a-z0-9_]+)$/;
  const keys = [...new Set([...Object.keys(haproxy), ...Object.keys(nginx), '__proto__', 'truncated'])];

  it('never throws, keeps every value bounded, and refuses only for reasons of a closed set', () => {
    const changes = fc.dictionary(
      fc.oneof(fc.constantFrom(...keys), fc.string()),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.jsonValue({ maxDepth: 1 }),
        fc.constant('\u00ff'.repeat(5000)),
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(haproxy, nginx), changes, (event, changed) => {
        const result = parseHttpEvent(JSON.stringify({ ...event, ...changed, dialect: event.dialect }));
        if (!result.ok) {
          expect(result.reason).toMatch(reason);
          return;
        }
        expect(Buffer.byteLength(result.value.path)).toBeLessThanOrEqual(2 * 2048);
        expect(result.value.path.length).toBeLessThanOrEqual(2048);
        for (const text of Object.values(result.value.headers.columns)) {
          expect(text.length).toBeLessThanOrEqual(256);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
