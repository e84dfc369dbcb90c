/** Header names as the client sent them, request by request, in a real Apache. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Apache, apacheNeeds } from '../setup/apache.ts';
import { type EventFields, EventReceiver, receiverNeeds } from '../setup/event-receiver.ts';
import { itNeeds } from '../setup/needs.ts';
import {
  exchange,
  frame,
  headerBlock,
  http2Get,
  http2Preface,
  http2Session,
  request,
  sendUntil,
  settingsFrame,
} from '../setup/raw-http.ts';

const needs = [...apacheNeeds, ...receiverNeeds];
const it = itNeeds(...needs);
const canRun = needs.every((need) => need.present());

let apache: Apache;
let receiver: EventReceiver;

beforeAll(async () => {
  if (!canRun) return;
  const folder = Apache.newFolder();
  receiver = await EventReceiver.open(join(folder, 'http.socket'));
  const configuration = `JsonSockLogEnabled On
JsonSockLogSocket ${folder}/http.socket
JsonSockLogHeaders User-Agent X-Twice`;
  apache = await Apache.start(folder, { configuration });
});
afterAll(async () => {
  await receiver?.stop();
  await apache?.stop();
});

const names = ['user-agent', 'x-b', 'accept', 'x-a', 'accept-language', 'x-c', 'accept-encoding', 'x-d'];

/** Another order of the same names for every request. */
const rotated = (by: number) => [...names.slice(by % names.length), ...names.slice(0, by % names.length)];

const fieldsOf = (order: readonly string[], value = 'v') => order.map((name) => [name, value] as const);

/** An event must tell the sent order, whether it calls it the wire's or not. */
function expectWireOrder(event: EventFields | undefined, sent: readonly string[]): void {
  expect([event?.query, event?.client_headers, event?.client_headers_order]).toEqual([
    event?.query,
    sent.join(','),
    'wire',
  ]);
}

describe('header names under HTTP/1.1', () => {
  it('keep order, case and every repetition', async () => {
    const lines = [
      'x-ODD: 1',
      'Host: localhost',
      'ACCEPT: */*',
      'X-Twice: a',
      'accept-Language: en',
      'x-twice: b',
      'Connection: close',
    ];
    const [event] = await receiver.during(() => exchange(apache.plainPort, [request('/', lines)]));
    expect(event?.client_headers).toBe('x-ODD,Host,ACCEPT,X-Twice,accept-Language,x-twice,Connection');
    expect(event?.client_headers_order).toBe('wire');
    expect(event?.['header_X-Twice']).toBe('a, b');
  });

  it('belong to their own request on a connection that is kept alive', async () => {
    const parts = Array.from({ length: 10 }, (_, i) =>
      request(
        `/?${i}`,
        ['Host: localhost', ...rotated(i).map((name) => `${name}: v`)].concat(
          i === 9 ? ['Connection: close'] : [],
        ),
      ),
    );
    const events = await receiver.during(() => exchange(apache.plainPort, parts), 10);
    expect(events.length).toBe(10);
    for (const [i, event] of events.entries())
      expectWireOrder(event, ['Host', ...rotated(i), ...(i === 9 ? ['Connection'] : [])]);
  });
});

describe.each([
  ['over TLS', 'tls', undefined],
  ['with prior knowledge', 'h2c', undefined],
  ['over TLS in pieces of 7 bytes', 'tls', 7],
  ['with prior knowledge in pieces of 1 byte', 'h2c', 1],
] as const)('header names under HTTP/2 %s', (_how, kind, pieces) => {
  const port = () => (kind === 'tls' ? apache.tlsPort : apache.plainPort);

  it('are the wire’s on the first, second and tenth request', async () => {
    const session = await http2Session(port(), kind, pieces);
    const events = await receiver.during(async () => {
      for (let i = 0; i < 10; i++) {
        expect(await http2Get(session, `/small.txt?${i}`, fieldsOf(rotated(i)))).toBe(200);
      }
    }, 10);
    session.close();
    expect(events.length).toBe(10);
    for (const [i, event] of events.entries()) expectWireOrder(event, rotated(i));
  });

  it('are the wire’s on concurrent requests', async () => {
    const count = 24;
    const session = await http2Session(port(), kind, pieces);
    const events = await receiver.during(async () => {
      const gets = Array.from({ length: count }, (_, i) =>
        http2Get(session, `/small.txt?${i}`, fieldsOf(rotated(i), `v${i}`)),
      );
      expect(await Promise.all(gets)).toEqual(Array(count).fill(200));
    }, count);
    session.close();
    expect(new Set(events.map((event) => event.query)).size).toBe(count);
    for (const event of events) expectWireOrder(event, rotated(Number(event.query)));
  });

  it('are the wire’s after names and values that the compression table remembers and forgets', async () => {
    const session = await http2Session(port(), kind, pieces);
    const orders = Array.from({ length: 30 }, (_, i) => [
      `x-new-${i}`,
      ...rotated(i),
      `x-new-${i >> 1}-again`,
    ]);
    const events = await receiver.during(async () => {
      for (const [i, order] of orders.entries()) {
        expect(await http2Get(session, `/?${i}`, fieldsOf(order, 'v'.repeat(150 + i)))).toBe(200);
      }
    }, orders.length);
    session.close();
    expect(events.length).toBe(orders.length);
    for (const [i, event] of events.entries()) expectWireOrder(event, orders[i] ?? []);
  });
});

describe('HTTP/2 frames that no library would send', () => {
  const hello = (...frames: Buffer[]) =>
    Buffer.concat([
      http2Preface,
      settingsFrame([
        [4, 65_535],
        [2, 0],
        [9, 1],
        [1, 4096],
      ]),
      ...frames,
    ]);
  const block = (order: readonly string[], path = '/') =>
    headerBlock([
      [':path', path],
      [':scheme', 'http'],
      [':method', 'GET'],
      [':authority', 'localhost'],
      ...fieldsOf(order),
    ]);

  /** Sends bytes, waits for as many events, closes. */
  async function speak(bytes: Buffer, expected: number, pieces = bytes.length): Promise<EventFields[]> {
    const all = receiver.texts.length + expected;
    // mod_http2 takes a connection for HTTP/1 unless the magic comes in one read.
    const parts: Buffer[] = [];
    for (let at = 0, end = Math.max(pieces, 24); at < bytes.length; at = end, end += pieces) {
      parts.push(bytes.subarray(at, end));
    }
    return await receiver.during(
      () => sendUntil(apache.plainPort, parts, () => receiver.count(all)),
      expected,
    );
  }

  it('are read to their end: CONTINUATION, padding and priority fields', async () => {
    const order = ['x-b', 'x-a', 'user-agent'];
    const bytes = block(order);
    const priority = [0, 0, 0, 0, 15];
    const first = Buffer.concat([
      Buffer.from([3, ...priority]),
      bytes.subarray(0, 20),
      Buffer.from([0, 0, 0]),
    ]);
    const frames = [
      frame(1, 0x01 | 0x08 | 0x20, 1, first),
      frame(9, 0, 1, bytes.subarray(20, 21)),
      frame(9, 0, 1, Buffer.alloc(0)),
      frame(9, 4, 1, bytes.subarray(21)),
      frame(1, 0x01 | 0x04, 3, block(['x-a', 'x-b'], '/small.txt')),
    ];
    const events = await speak(hello(...frames), 2);
    const byPath = (path: string) => events.find((event) => event.path === path);
    expectWireOrder(byPath('/'), order);
    expectWireOrder(byPath('/small.txt'), ['x-a', 'x-b']);
    for (const event of events) {
      expect(event.h2_fingerprint).toBe('4:65535;2:0;9:1;1:4096|00|0|p,s,m,a');
      expect(event).toMatchObject({
        h2_has_priority: 1,
        h2_no_rfc7540_priorities: 1,
        h2_header_table_size: 4096,
      });
    }
  });

  it('do not depend on how the bytes are portioned', async () => {
    const bytes = hello(frame(8, 0, 0, Buffer.from([0, 1, 0, 0])), frame(1, 0x05, 1, block(['x-b', 'x-a'])));
    for (const pieces of [1, 2, 5, 24, 33]) {
      const [event] = await speak(bytes, 1, pieces);
      expectWireOrder(event, ['x-b', 'x-a']);
      expect(event?.h2_fingerprint).toBe('4:65535;2:0;9:1;1:4096|65536|0|p,s,m,a');
    }
  });

  it('reports the crumbs of a cookie as one name', async () => {
    const [event] = await speak(
      hello(frame(1, 0x05, 1, block(['accept', 'cookie', 'cookie', 'cookie', 'user-agent']))),
      1,
    );
    expectWireOrder(event, ['accept', 'cookie', 'user-agent']);
  });
});
