/** Whose address an event gives: behind mod_remoteip, PROXY headers and in virtual hosts. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Apache, apacheNeeds } from '../setup/apache.ts';
import { EventReceiver, receiverNeeds } from '../setup/event-receiver.ts';
import { itNeeds } from '../setup/needs.ts';
import { freePorts } from '../setup/platform.ts';
import {
  exchange,
  frame,
  headerBlock,
  http2Preface,
  request,
  sendUntil,
  settingsFrame,
  statusCodes,
} from '../setup/raw-http.ts';

const needs = [...apacheNeeds, ...receiverNeeds];
const it = itNeeds(...needs);
const canRun = needs.every((need) => need.present());

let apache: Apache;
let receiver: EventReceiver;
let other: EventReceiver;

beforeAll(async () => {
  if (!canRun) return;
  const folder = Apache.newFolder();
  receiver = await EventReceiver.open(join(folder, 'http.socket'));
  other = await EventReceiver.open(join(folder, 'other.socket'));
  apache = await Apache.start(folder, {
    modules: ['remoteip', 'rewrite', 'alias'],
    configuration: `JsonSockLogEnabled On
JsonSockLogSocket ${folder}/http.socket
JsonSockLogHeaders User-Agent X-Forwarded-For
JsonSockLogMaxHeaderValueLen 20`,
    hosts: {
      plain: `RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
RewriteEngine On
RewriteRule ^/rewritten$ /small.txt
ErrorDocument 404 /index.html`,
      extra: 'RemoteIPProxyProtocol On',
    },
    named: {
      'off.example': 'JsonSockLogEnabled Off',
      'other.example': `JsonSockLogSocket ${folder}/other.socket
JsonSockLogHeaders Accept
JsonSockLogMaxHeaderValueLen 5`,
      'read.example': `JsonSockLogSocket ${folder}/other.socket
JsonSockLogPhase read
RewriteEngine On
RewriteRule ^/rewritten$ /small.txt`,
    },
  });
});
afterAll(async () => {
  await receiver?.stop();
  await other?.stop();
  await apache?.stop();
});

const get = (target: string, ...lines: string[]) => request(target, ['Host: localhost', ...lines]);
const last = (target: string, ...lines: string[]) => get(target, ...lines, 'Connection: close');

describe('the addresses of an event', () => {
  it('are the TCP peer’s when nobody reports another', async () => {
    const [port] = await freePorts(1);
    const [event] = await receiver.during(() => exchange(apache.plainPort, [last('/')], port));
    expect(event).toMatchObject({ src_ip: '127.0.0.1', src_port: port, dst_port: apache.plainPort });
    expect(event).not.toHaveProperty('client_ip');
  });

  it('are the peer’s and the client’s behind a proxy that mod_remoteip trusts, per request', async () => {
    const [port] = await freePorts(1);
    const parts = [
      get('/?a', 'X-Forwarded-For: 203.0.113.7'),
      get('/?b', 'X-Forwarded-For: 2001:db8::7, 203.0.113.8'),
      last('/?c'),
    ];
    const events = await receiver.during(() => exchange(apache.plainPort, parts, port), 3);
    expect(events.map((event) => [event.src_ip, event.src_port])).toEqual(Array(3).fill(['127.0.0.1', port]));
    expect(events.map((event) => event.client_ip)).toEqual(['203.0.113.7', '203.0.113.8', undefined]);
    // mod_remoteip takes the header away: what came in is told all the same.
    expect(events[0]?.client_headers).toBe('Host,X-Forwarded-For');
    expect(events[0]?.['header_X-Forwarded-For']).toBe('203.0.113.7');
  });
});

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** A PROXY header of version 2 (the PROXY protocol, 2.2). */
function proxyV2(command: 'LOCAL' | 'PROXY', family: 0 | 0x11 | 0x21, addresses: readonly number[]): Buffer {
  const bytes = Buffer.from([command === 'PROXY' ? 0x21 : 0x20, family, 0, addresses.length, ...addresses]);
  return Buffer.concat([signature, bytes]);
}

const ports = [0xdc, 0x04, 0x01, 0xbb];
const six = [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 7];

describe('the addresses of an event behind a PROXY header', () => {
  it.each([
    ['version 1, IPv4', Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n'), '203.0.113.7'],
    ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n'), '2001:db8::7'],
    ['version 2, IPv4', proxyV2('PROXY', 0x11, [203, 0, 113, 9, 192, 0, 2, 1, ...ports]), '203.0.113.9'],
    ['version 2, IPv6', proxyV2('PROXY', 0x21, [...six, ...six, ...ports]), '2001:db8::7'],
    ['version 2, the proxy’s own', proxyV2('LOCAL', 0, []), undefined],
  ])('are the proxy’s and the client’s: %s', async (_what, header, client) => {
    const [port] = await freePorts(1);
    const parts = [Buffer.concat([header, Buffer.from(get('/'))]), last('/small.txt')];
    const events = await receiver.during(async () => {
      expect(statusCodes(await exchange(apache.extraPort, parts, port))).toEqual([200, 200]);
    }, 2);
    for (const event of events) {
      expect(event).toMatchObject({ src_ip: '127.0.0.1', src_port: port, dst_ip: '127.0.0.1' });
      expect([event.client_ip, event.dst_port]).toEqual([client, apache.extraPort]);
    }
    expect(events.map((event) => event.keepalives)).toEqual([0, 1]);
  });

  it('are told of HTTP/2 behind it, with the client’s preface', async () => {
    const block = headerBlock([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/small.txt'],
      [':authority', 'localhost'],
      ['x-b', '1'],
      ['x-a', '2'],
    ]);
    const parts = [
      Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n'),
      Buffer.concat([http2Preface, settingsFrame([[3, 100]]), frame(1, 5, 1, block)]),
    ];
    const all = receiver.texts.length + 1;
    const [event] = await receiver.during(() =>
      sendUntil(apache.extraPort, parts, () => receiver.count(all)),
    );
    expect(event).toMatchObject({ client_ip: '203.0.113.7', status_code: 200, http_version: 'HTTP/2' });
    expect(event).toMatchObject({ client_headers: 'x-b,x-a', client_headers_order: 'wire' });
    expect(event?.h2_fingerprint).toBe('3:100|00|0|m,s,p,a');
  });
});

describe('a virtual host', () => {
  const at = (host: string, target: string, ...lines: string[]) =>
    exchange(apache.plainPort, [request(target, [`Host: ${host}`, ...lines, 'Connection: close'])]);

  it('may send to another receiver, other headers of another length', async () => {
    const before = receiver.texts.length;
    const [event] = await other.during(() => at('other.example', '/', 'User-Agent: me', 'Accept: text/html'));
    expect(event).toMatchObject({
      host: 'other.example',
      header_Accept: 'text/',
      truncated: 'header_Accept',
    });
    expect(event).not.toHaveProperty('header_User-Agent');
    expect(receiver.texts.length).toBe(before);
  });

  it('may send nothing', async () => {
    const counts = () => [receiver.texts.length, other.texts.length];
    const before = counts();
    expect(statusCodes(await at('off.example', '/'))).toEqual([200]);
    await pause(100);
    expect(counts()).toEqual(before);
  });

  it('shares the numbers of all, so that no event can get lost between them', async () => {
    await receiver.during(() => at('localhost', '/'));
    await other.during(() => at('other.example', '/'));
    const numbers = [...receiver.events, ...other.events].map((event) => Number(event.seq));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i));
  });

  it('tells what was asked for, not where rewriting and error documents led', async () => {
    const [rewritten] = await receiver.during(() => at('localhost', '/rewritten?x=1'));
    expect(rewritten).toMatchObject({ path: '/rewritten', query: 'x=1', status_code: 200, keepalives: 0 });
    const [missing] = await receiver.during(() => at('localhost', '/no/such/page'));
    expect(missing).toMatchObject({ path: '/no/such/page', status_code: 404 });
  });

  it('may send when a request was read, before its answer is known', async () => {
    const events = await other.during(async () => {
      expect(statusCodes(await at('read.example', '/rewritten', 'User-Agent: me'))).toEqual([200]);
      expect(statusCodes(await at('read.example', '/none'))).toEqual([404]);
    }, 2);
    expect(events.map((event) => event.path)).toEqual(['/rewritten', '/none']);
    for (const event of events) {
      expect(event).toMatchObject({ host: 'read.example', method: 'GET', client_headers_order: 'wire' });
      for (const key of ['status_code', 'response_size', 'duration_ms'])
        expect(event).not.toHaveProperty(key);
    }
    expect(events[0]?.['header_User-Agent']).toBe('me');
  });
});
