import { parseHttpEvent } from '@ja4/correlator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection } from './connection.ts';
import { type EndedRequest, eventFields } from './event-line.ts';
import { defaultHeaders, HeaderSelection } from './header-selection.ts';

const connection: Connection = {
  peer: '192.0.2.1',
  fields: '"src_ip":"192.0.2.1","src_port":4711,"conn_id":"a-1","scheme":"https"',
  requests: 1,
  open: new Map(),
  bytesWritten: 0,
  http2: undefined,
  isTunnel: false,
};

const request: EndedRequest = {
  connection,
  began: 1_795_181_388_883_126,
  index: 0,
  method: 'GET',
  authority: undefined,
  path: '/',
  query: '',
  httpVersion: 'HTTP/1.1',
  rawHeaders: [],
  clientIp: undefined,
  status: 200,
  responseSize: 6,
  durationMs: 1.25,
};

const selection = new HeaderSelection(defaultHeaders);

function line(changes: Partial<EndedRequest>, headers = selection, maxValue = 256): string {
  const fields = eventFields({ ...request, ...changes }, headers, maxValue);
  return `{"source":"node","server_id":"h/1","seq":${Number.MAX_SAFE_INTEGER},"dropped_total":0,${fields}}\n`;
}

function event(changes: Partial<EndedRequest>, headers = selection, maxValue = 256): Record<string, unknown> {
  return JSON.parse(line(changes, headers, maxValue)) as Record<string, unknown>;
}

describe('an event', () => {
  it('has the names in wire order and case, repeated ones included, and values of configured headers', () => {
    const rawHeaders = [
      'hOST',
      'shop.example',
      'X-b',
      '1',
      'accept',
      'a',
      'X-a',
      '2',
      'ACCEPT',
      'b',
      'Cookie',
      's=1',
    ];
    expect(event({ rawHeaders })).toMatchObject({
      host: 'shop.example',
      client_headers: 'hOST,X-b,accept,X-a,ACCEPT,Cookie',
      client_headers_order: 'wire',
      header_Accept: 'a, b',
    });
    expect(line({ rawHeaders })).not.toContain('s=1');
  });

  it('leaves pseudo-headers out of the names', () => {
    const rawHeaders = [':method', 'GET', ':path', '/', 'user-agent', 'x'];
    expect(event({ rawHeaders, authority: 'a.example' })).toMatchObject({
      client_headers: 'user-agent',
      host: 'a.example',
    });
  });

  it('says which values were cut', () => {
    const rawHeaders = ['User-Agent', 'x'.repeat(300), 'Accept', 'é'.repeat(200)];
    const cut = event({ rawHeaders, path: `/${'p'.repeat(3_000)}`, query: 'q'.repeat(2_048) });
    expect(cut.truncated).toBe('path,header_User-Agent,header_Accept');
    expect(cut.path).toHaveLength(2_048);
    expect(cut.query).toHaveLength(2_048);
    expect(cut.header_Accept).toBe('é'.repeat(128));
    expect(event({})).not.toHaveProperty('truncated');
  });

  it('says which values were not UTF-8', () => {
    const rawHeaders = ['User-Agent', 'caf\xe9', 'Accept', Buffer.from('café').toString('latin1')];
    expect(event({ rawHeaders })).toMatchObject({
      'header_User-Agent': 'café',
      header_Accept: 'café',
      invalid_utf8: 'header_User-Agent',
    });
  });

  it('leaves out what is not known', () => {
    const unknown = event({ status: undefined, responseSize: undefined, durationMs: undefined });
    for (const key of ['status_code', 'response_size', 'duration_ms', 'client_ip', 'h2_fingerprint']) {
      expect(unknown).not.toHaveProperty(key);
    }
  });

  it('stays within 64 KiB by leaving values out, and says which', () => {
    const names = Array.from({ length: 64 }, (_, i) => `X-${'h'.repeat(100)}-${i}`);
    const rawHeaders = names.flatMap((name) => [name, '\u0001'.repeat(16_000)]);
    const many = line({ rawHeaders, path: '\u0001'.repeat(4_000) }, new HeaderSelection(names), 16_384);
    expect(Buffer.byteLength(many)).toBeLessThanOrEqual(65_536);
    expect(String(JSON.parse(many).truncated).split(',')).toContain('header_'.concat(names[63] ?? ''));
    expect(parseHttpEvent(many)).toMatchObject({ ok: true });
  });

  it('is one bounded line that the correlator takes, whatever the client sent', () => {
    const bytes = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    });
    const any = fc.oneof(
      bytes,
      fc.string({ unit: 'binary' }),
      fc.nat(9_000).map((n) => '\xff"'.repeat(n)),
    );
    const name = fc.oneof(fc.constantFrom(...defaultHeaders, 'Host', ':path', 'cookie', '__proto__'), any);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, any), { maxLength: 60 }),
        fc.record({ method: any, path: any, query: any, authority: fc.option(any, { nil: undefined }) }),
        fc.integer({ min: 1, max: 16_384 }),
        (headers, changes, maxValue) => {
          const text = line({ ...changes, rawHeaders: headers.flat() }, selection, maxValue);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
          expect(text.indexOf('\n')).toBe(text.length - 1);
          const parsed = parseHttpEvent(text);
          if (!parsed.ok) throw new Error(parsed.reason);
          for (const key of ['cookie', 'authorization'])
            expect(parsed.value.headers.others).not.toHaveProperty(key);
        },
      ),
    );
  });
});
