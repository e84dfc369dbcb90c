/** What mod_reqin_log says of headers, paths and secrets, whatever bytes a request holds. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Apache, apacheNeeds } from '../setup/apache.ts';
import { type EventFields, EventReceiver, receiverNeeds } from '../setup/event-receiver.ts';
import { itNeeds } from '../setup/needs.ts';
import { exchange, http2Get, http2Session, request, statusCodes } from '../setup/raw-http.ts';

const needs = [...apacheNeeds, ...receiverNeeds];
const it = itNeeds(...needs);
const canRun = needs.every((need) => need.present());

const largestDatagram = 65_536;
const manyNames = Array.from({ length: 60 }, (_, i) => `X-Large-${i}`);
let apache: Apache;
let receiver: EventReceiver;

beforeAll(async () => {
  if (!canRun) return;
  const folder = Apache.newFolder();
  receiver = await EventReceiver.open(join(folder, 'http.socket'));
  apache = await Apache.start(folder, {
    modules: ['headers'],
    configuration: `LimitRequestLine 200000
LimitRequestFieldSize 200000
LimitRequestFields 2000
HttpProtocolOptions Unsafe
Header set Set-Cookie "session=topsecret"
JsonSockLogEnabled On
JsonSockLogSocket ${folder}/http.socket
JsonSockLogHeaders User-Agent X-ToKeN Referer
JsonSockLogDenyHeaders x-tOKEn X-Session`,
    hosts: {
      tls: 'JsonSockLogHeaders User-Agent X-Session Referer',
      extra: `JsonSockLogHeaders User-Agent ${manyNames.join(' ')}
JsonSockLogMaxHeaderValueLen 8192
JsonSockLogMaxHeaders 1000`,
    },
  });
});
afterAll(async () => {
  await receiver?.stop();
  await apache?.stop();
});

async function get(port: number, target: string, ...lines: string[]): Promise<EventFields> {
  const all = ['Host: localhost', ...lines, 'Connection: close'];
  const [event] = await receiver.during(() => exchange(port, [request(target, all)]));
  if (event === undefined) throw new Error(`no event for ${target}`);
  return event;
}

/** The last datagram as it came. */
const lastText = () => receiver.texts.at(-1) ?? '';

describe('secrets', () => {
  const credentials = [
    'Cookie: session=topsecret',
    'cookie2: x',
    'AUTHORIZATION: Bearer topsecret',
    'Proxy-Authorization: Basic topsecret',
    'x-API-key: topsecret',
    'X-Token: topsecret',
    'x-session: topsecret',
    'Set-Cookie: topsecret',
  ];

  it('stay in the server under HTTP/1, whatever the case of their names; the names are told', async () => {
    const event = await get(apache.plainPort, '/', ...credentials, 'User-Agent: me');
    expect(event.client_headers).toBe(
      'Host,Cookie,cookie2,AUTHORIZATION,Proxy-Authorization,x-API-key,X-Token,x-session,Set-Cookie,User-Agent,Connection',
    );
    expect(event['header_User-Agent']).toBe('me');
    expect(lastText()).not.toContain('topsecret');
  });

  it('stay in the server under HTTP/2, and in virtual hosts with a list of their own', async () => {
    const session = await http2Session(apache.tlsPort, 'tls');
    const fields = credentials
      .map((line) => line.split(': '))
      .map(([name = '', value = '']) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !name.startsWith('proxy') && name !== 'set-cookie');
    const [event] = await receiver.during(() => http2Get(session, '/', [...fields, ['referer', 'here']]));
    session.close();
    expect(event?.client_headers).toBe('cookie,cookie2,authorization,x-api-key,x-token,x-session,referer');
    expect(event?.header_Referer).toBe('here');
    expect(lastText()).not.toContain('topsecret');
  });

  it('are named in the error log when the configuration asks for them', () => {
    expect(apache.errorLog()).toMatch(/mod_reqin_log.*X-ToKeN/i);
  });
});

describe('values that are too long', () => {
  it('are cut between characters and named', async () => {
    const event = await get(
      apache.plainPort,
      `/${'p'.repeat(5000)}?${'q'.repeat(5000)}`,
      `User-Agent: ${Buffer.from(`x${'ü'.repeat(400)}`).toString('latin1')}`,
      'Referer: short',
    );
    expect(event['header_User-Agent']).toBe(`x${'ü'.repeat(127)}`);
    expect(String(event.path)).toBe(`/${'p'.repeat(2047)}`);
    expect(String(event.query)).toBe('q'.repeat(2048));
    expect(String(event.truncated).split(',').toSorted()).toEqual(['header_User-Agent', 'path', 'query']);
  });

  it('are named when it is the list of names', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => `X-Name-Of-A-Header-${i}: v`);
    const event = await get(apache.plainPort, '/', ...lines);
    const names = String(event.client_headers).split(',');
    expect(names.length).toBeGreaterThan(50);
    expect(names.slice(1)).toEqual(lines.slice(0, names.length - 1).map((line) => line.split(':')[0]));
    expect(String(event.client_headers).length).toBeLessThanOrEqual(2048);
    expect(event.truncated).toBe('client_headers');
  });

  it('never make a datagram larger than 64 KiB, even when every byte must be escaped', async () => {
    const value = '\u0001'.repeat(8192);
    const lines = manyNames.map((name) => `${name}: x${value}`);
    const event = await get(
      apache.extraPort,
      `/${'"'.repeat(3000)}?${'\\'.repeat(3000)}`,
      'User-Agent: me',
      ...lines,
    );
    expect(Buffer.byteLength(lastText())).toBeLessThanOrEqual(largestDatagram);
    expect(event).toMatchObject({ status_code: 403, method: 'GET', 'header_User-Agent': 'me' });
    expect(String(event.truncated)).toContain('path');
    expect(String(event.truncated)).toContain('header_X-Large-');
    expect(receiver.counters.truncated).toBe(0);
  });

  it('are no reason to refuse 100 KiB of headers', async () => {
    const event = await get(
      apache.extraPort,
      '/',
      ...manyNames.map((name) => `${name}: ${'v'.repeat(1700)}`),
    );
    expect(event.status_code).toBe(200);
    expect(Buffer.byteLength(lastText())).toBeLessThanOrEqual(largestDatagram);
  });
});

describe('bytes that are no text', () => {
  it.each([
    ['Latin-1', 'caf\xe9', 'café'],
    ['a lone continuation byte', 'a\x80b', 'a\u0080b'],
    ['an overlong form', 'a\xc0\xafb', 'a\u00c0\u00afb'],
    ['a surrogate', 'a\xed\xa0\x80b', 'a\u00ed\u00a0\u0080b'],
    ['a sequence that breaks off', 'a\xe2\x82', 'a\u00e2\u0082'],
    ['a character beyond Unicode', 'a\xf4\x90\x80\x80', 'a\u00f4\u0090\u0080\u0080'],
  ])('are read as Latin-1 and marked: %s', async (_what, sent, told) => {
    const event = await get(apache.plainPort, '/', `User-Agent: ${sent}`);
    expect(event['header_User-Agent']).toBe(told);
    expect(event.invalid_utf8).toBe('header_User-Agent');
    expect(receiver.counters.invalid_utf8).toBe(0);
  });

  it('leaves UTF-8 as it is', async () => {
    const text = 'ünï €, 😀, 中';
    const event = await get(apache.plainPort, '/', `User-Agent: ${Buffer.from(text).toString('latin1')}`);
    expect(event['header_User-Agent']).toBe(text);
    expect(event).not.toHaveProperty('invalid_utf8');
  });

  it('keeps control bytes, quotes and backslashes as such', async () => {
    // All that Apache lets through.
    const controls = Array.from({ length: 31 }, (_, i) => i + 1).filter((code) => code < 10 || code > 13);
    const text = `a${String.fromCharCode(...controls)}\x7f"\\b`;
    const event = await get(apache.plainPort, '/', `User-Agent: ${text}`);
    expect([event['header_User-Agent'], event.status_code]).toEqual([text, 200]);
  });

  it('writes names that could not be told apart otherwise in a form that can', async () => {
    const event = await get(apache.plainPort, '/', 'a,b: 1', 'c"d: 2', 'e\xe9: 3');
    expect(event.client_headers).toBe('Host,a%2Cb,c%22d,e%E9,Connection');
  });

  it('makes an event of every request line, odd as it is', async () => {
    const lines = [
      'GET',
      'GET  ',
      '\x01\x02 / HTTP/1.1',
      'GET /\xff\xfe?\x80 HTTP/1.1',
      'GET http://[::1/ HTTP/1.1',
      'PRI * HTTP/2.0',
    ];
    for (const line of lines) {
      const events = await receiver.during(async () => {
        const answer = await exchange(apache.plainPort, [
          `${line}\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        ]);
        expect(statusCodes(answer).length).toBeLessThanOrEqual(1);
      });
      expect(events.length, line).toBeGreaterThanOrEqual(1);
      expect(Number(events[0]?.seq)).toBeGreaterThan(0);
    }
  });
});
