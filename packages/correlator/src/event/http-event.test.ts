import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpEvent } from './dialect.ts';
import { maxEventLength } from './event-text.ts';
import { httpParseOptions, normaliseH2Fingerprint, normaliseHost } from './http-event.ts';

const request = {
  timestamp: 1_767_225_600_123_456_000,
  source: 'apache',
  server_id: 'web1',
  seq: 17,
  dropped_total: 2,
  src_ip: '198.18.16.5',
  src_port: 40_000,
  dst_ip: '198.18.0.10',
  dst_port: 443,
  conn_id: 'c1',
  keepalives: 3,
  scheme: 'https',
  method: 'GET',
  host: 'shop.example',
  path: '/cart',
  query: 'id=7',
  http_version: 'HTTP/2',
  status_code: 200,
  response_size: 5120,
  duration_ms: 1.25,
  client_headers: 'user-agent,accept,cookie',
  client_headers_order: 'wire',
  truncated: 'query',
  'header_User-Agent': 'Mozilla/5.0',
  header_DNT: '1',
  h2_fingerprint: '1:65536;4:6291456|15663105|0|m,a,s,p',
  h2_window_update: 15_663_105,
  h2_has_priority: 0,
  h2_header_table_size: 65_536,
};

const parse = (changes: object) => parseHttpEvent(JSON.stringify({ ...request, ...changes }));
const value = (changes: object = {}) => {
  const result = parse(changes);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

describe('an HTTP event', () => {
  it('keeps every field of the contract', () => {
    const { 'header_User-Agent': userAgent, header_DNT: dnt, ...fields } = request;
    const event = value();
    expect(event).toMatchObject({ ...fields, transport: 'tcp', h2_has_priority: false });
    expect(event.headers.columns.header_user_agent).toBe(userAgent);
    expect({ ...event.headers.others }).toEqual({ dnt });
  });

  it('leaves what was not reported absent, never zero', () => {
    const { timestamp, src_ip, src_port, method, path } = request;
    const result = parseHttpEvent(JSON.stringify({ timestamp, src_ip, src_port, method, path, seq: null }));
    expect(result).toMatchObject({
      ok: true,
      value: {
        seq: undefined,
        dst_ip: undefined,
        status_code: undefined,
        h2_enable_push: undefined,
        host: '',
      },
    });
  });

  it.each([
    ['not_json', '{"timestamp": '],
    ['not_json', ''],
    ['not_an_object', '[]'],
    ['not_an_object', 'null'],
    ['not_an_object', '"text"'],
    ['too_large', JSON.stringify({ path: 'x'.repeat(maxEventLength) })],
    ['missing_timestamp', JSON.stringify({ ...request, timestamp: undefined })],
    ['missing_src_ip', JSON.stringify({ ...request, src_ip: undefined })],
    ['missing_src_port', JSON.stringify({ ...request, src_port: null })],
    ['missing_method', JSON.stringify({ ...request, method: undefined })],
    ['missing_path', JSON.stringify({ ...request, path: undefined })],
    ['wrong_type_timestamp', JSON.stringify({ ...request, timestamp: '2026-01-01T00:00:00Z' })],
    ['wrong_type_src_ip', JSON.stringify({ ...request, src_ip: 3323068421 })],
    ['wrong_type_src_port', JSON.stringify({ ...request, src_port: '40000' })],
    ['wrong_type_status_code', JSON.stringify({ ...request, status_code: 200.5 })],
    ['wrong_type_header', JSON.stringify({ ...request, header_Accept: ['a', 'b'] })],
    ['wrong_type_h2_has_priority', JSON.stringify({ ...request, h2_has_priority: 2 })],
    ['out_of_range_status_code', JSON.stringify({ ...request, status_code: -1 })],
    ['out_of_range_keepalives', JSON.stringify({ ...request, keepalives: 2 ** 32 })],
    ['out_of_range_seq', JSON.stringify({ ...request, seq: 1e300 })],
    ['bad_address', JSON.stringify({ ...request, src_ip: 'shop.example' })],
    ['bad_address', JSON.stringify({ ...request, client_ip: '198.18.16.5:80' })],
    ['bad_port', JSON.stringify({ ...request, src_port: 65_536 })],
    ['bad_port', JSON.stringify({ ...request, dst_port: 0 })],
    ['bad_timestamp', JSON.stringify({ ...request, timestamp: 1_767_225_600 })],
    ['bad_timestamp', JSON.stringify({ ...request, timestamp: 1_767_225_600_123 })],
    ['bad_timestamp', '{"timestamp":1e999,"src_ip":"198.18.0.1","src_port":1,"method":"GET","path":"/"}'],
    ['bad_timestamp', JSON.stringify({ ...request, timestamp: -5 })],
  ])('is refused as %s', (reason, text) => {
    expect(parseHttpEvent(text)).toEqual({ ok: false, reason });
  });

  it('ignores keys that it does not know', () => {
    expect(value({ someday: { new: ['key'] } })).toEqual(value());
  });

  it('compares header names case-insensitively as whole names', () => {
    const { columns, others } = value({
      'header_user-agent': undefined,
      'header_USER-AGENT': 'a',
      header_sec_ch_ua: 'b',
      'header_X-User-Agent': 'c',
      'header_Accept-': 'd',
    }).headers;
    expect(columns).toMatchObject({ header_user_agent: 'a', header_sec_ch_ua: 'b', header_accept: '' });
    expect({ ...others }).toEqual({ dnt: '1', 'x-user-agent': 'c', 'accept-': 'd' });
  });

  it('drops the values of secret headers and counts them, even if a sender sends them', () => {
    const secret = 'secret-value';
    const { headers } = value({
      header_Cookie: secret,
      'header_Set-Cookie': secret,
      header_authorization: secret,
      'header_PROXY-AUTHORIZATION': secret,
      header_x_api_key: secret,
    });
    expect(headers.denied).toBe(5);
    expect(JSON.stringify(headers)).not.toContain(secret);
  });

  it('drops the values of headers that the operator denies too', () => {
    const options = httpParseOptions(['X-Session', 'user_agent']);
    const text = JSON.stringify({ ...request, 'header_x-session': 'secret', 'header_X-Session-Id': 'kept' });
    expect(parseHttpEvent(text, options)).toMatchObject({
      ok: true,
      value: {
        headers: { denied: 2, columns: { header_user_agent: '' }, others: { 'x-session-id': 'kept' } },
      },
    });
  });

  it('takes a header called __proto__ for what it is: a name', () => {
    const text = JSON.stringify(request).replace('"header_DNT"', '"header___proto__"');
    const result = parseHttpEvent(text);
    if (!result.ok) throw new Error(result.reason);
    expect(Object.entries(result.value.headers.others)).toEqual([['__proto__', '1']]);
    expect({}).not.toHaveProperty('1');
  });

  it('keeps at most 64 headers without a column, and only names that are tokens', () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`header_X-${i}`, 'v']));
    const { headers } = value({ ...many, 'header_no token': 'v', header_: 'v' });
    expect(Object.keys(headers.others)).toHaveLength(64);
    expect(headers.dropped).toBe(70 + 1 + 2 - 64);
  });

  it.each([
    ['HTTP/1.0', 'HTTP/1.0'],
    ['HTTP/1.1', 'HTTP/1.1'],
    ['HTTP/2.0', 'HTTP/2'],
    ['HTTP/2', 'HTTP/2'],
    ['HTTP/3.0', 'HTTP/3'],
    ['HTTP/9.9', ''],
  ])('writes the version %s as %j', (given, stored) => {
    expect(value({ http_version: given }).http_version).toBe(stored);
  });

  it('says whose order the header names have only in words that it knows', () => {
    expect(value({ client_headers_order: 'server' }).client_headers_order).toBe('server');
    expect(value({ client_headers_order: 'WIRE' }).client_headers_order).toBe('');
    expect(value({ client_headers_order: undefined }).client_headers_order).toBe('');
    expect(parse({ client_headers_order: 1 })).toHaveProperty('reason', 'wrong_type_client_headers_order');
  });

  it('came over UDP when it is HTTP/3', () => {
    expect(value({ http_version: 'HTTP/3' }).transport).toBe('udp');
  });

  it.each([
    ['Shop.EXAMPLE', 'shop.example'],
    ['shop.example:8443', 'shop.example'],
    ['shop.example.', 'shop.example'],
    ['[2001:DB8::1]:443', '[2001:db8::1]'],
    ['[2001:db8::1]', '[2001:db8::1]'],
    ['', ''],
  ])('writes the host %j as %j', (given, stored) => {
    expect(normaliseHost(given)).toBe(stored);
  });

  it('normalises a comma inside SETTINGS, and only there', () => {
    expect(normaliseH2Fingerprint('1:65536,4:131072|12517377|0|m,p,a,s')).toBe(
      '1:65536;4:131072|12517377|0|m,p,a,s',
    );
    expect(normaliseH2Fingerprint('1:2;3:4|5|0|m,p,a,s')).toBe('1:2;3:4|5|0|m,p,a,s');
    expect(normaliseH2Fingerprint('')).toBe('');
  });

  it('makes lone surrogates well-formed, because the store takes only text', () => {
    const text = JSON.stringify(request)
      .replace('/cart', String.raw`/\ud800x`)
      .replace('Mozilla', String.raw`\uDC00`);
    const result = parseHttpEvent(text);
    expect(result).toMatchObject({
      ok: true,
      value: { path: '/\ufffdx', headers: { columns: { header_user_agent: '\ufffd/5.0' } } },
    });
  });

  const reason =
    /^(too_large|not_json|not_an_object|bad_(timestamp|address|port|syslog_prefix)|(missing|wrong_type|out_of_range)_[a-z0-9_]+)$/;
  const reasons = new Set<string>();

  it('never throws, and refuses only for reasons of a closed set', () => {
    const keys = [
      ...Object.keys(request),
      'client_ip',
      'header_Cookie',
      'header_x',
      'h2_settings_fp',
      '__proto__',
      'constructor',
    ];
    const anything = fc.dictionary(
      fc.oneof(fc.constantFrom(...keys), fc.string()),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(anything, fc.boolean(), (fields, onTop) => {
        const result = parseHttpEvent(JSON.stringify(onTop ? { ...request, ...fields } : fields));
        if (result.ok) return;
        expect(result.reason).toMatch(reason);
        reasons.add(result.reason);
      }),
      { numRuns: 1_000 },
    );
    for (const found of reasons) {
      const key = /^(?:missing|wrong_type|out_of_range)_(.*)$/.exec(found)?.[1];
      if (key !== undefined) expect([...keys, 'header']).toContain(key);
    }
  });

  it('never throws for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(parseHttpEvent(text)).toHaveProperty('ok');
      }),
    );
    expect(parseHttpEvent('['.repeat(60_000))).toEqual({ ok: false, reason: 'not_json' });
    expect(parseHttpEvent(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)).toHaveProperty('ok', false);
  });

  it('comes back the same when it is written again', () => {
    const texts = { method: fc.string(), path: fc.string(), query: fc.string(), client_headers: fc.string() };
    const numbers = {
      seq: fc.maxSafeNat(),
      status_code: fc.nat(65_535),
      response_size: fc.maxSafeNat(),
      duration_ms: fc.double({ min: 0, max: 1e9, noNaN: true }),
    };
    fc.assert(
      fc.property(
        fc.record({ ...texts, ...numbers, src_port: fc.integer({ min: 1, max: 65_535 }) }),
        (fields) => {
          const event = value(fields);
          expect(event).toMatchObject(JSON.parse(JSON.stringify(fields)));
          const { headers, transport, ...again } = event;
          expect(value(again)).toEqual({ ...event, headers: value(again).headers });
        },
      ),
    );
  });
});
