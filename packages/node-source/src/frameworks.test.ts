import { createServer, get, type Server } from 'node:http';
import { connect } from 'node:http2';
import { createServer as createHttpsServer, get as getSecure } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { parseHttpEvent } from '@ja4/correlator';
import express from 'express';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificate } from '../../../test/setup/http2-listener.ts';
import { type Ja4Source, ja4Source } from './index.ts';
import { Receiver, until } from './receiver.test-support.ts';

let receiver: Receiver;
let source: Ja4Source;
let close: () => Promise<unknown>;

beforeEach(async () => {
  receiver = await Receiver.open();
  source = ja4Source({ socket: receiver.path, log: () => {} });
});
afterEach(async () => {
  await close();
  await source.close();
  expect(source.counters().failures).toBe(0);
  for (const line of receiver.lines) expect(parseHttpEvent(line), line).toMatchObject({ ok: true });
  await receiver.remove();
});

async function listen(server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => new Promise((resolve) => server.close(resolve));
  return (server.address() as AddressInfo).port;
}

/** Status of the answer. */
function fetchOnce(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { agent: false as const, rejectUnauthorized: false };
    const ask = url.startsWith('https:') ? getSecure : get;
    ask(url, options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
}

function shop() {
  const app = express();
  const area = express.Router();
  area.get('/list', (_, response) => {
    response.json([1, 2, 3]);
  });
  app.use('/area', area);
  app.get('/', (_, response) => {
    response.send('hello');
  });
  return app;
}

describe('Express', () => {
  it('is watched through its server: every request, with the path as it came', async () => {
    const port = await listen(source.attach(createServer(shop())));
    await fetchOnce(`http://127.0.0.1:${port}/`);
    await fetchOnce(`http://127.0.0.1:${port}/area/list?page=2`);
    await fetchOnce(`http://127.0.0.1:${port}/nothing`);
    const events = await receiver.take(3);
    expect(events.map(({ path, query, status_code }) => [path, query, status_code])).toEqual([
      ['/', '', 200],
      ['/area/list', 'page=2', 200],
      ['/nothing', '', 404],
    ]);
  });

  it('is watched by middleware from where that stands, with the path as it came', async () => {
    const app = express();
    app.get('/before', (_, response) => {
      response.send('unseen');
    });
    app.use('/area', source.express());
    app.use(shop());
    const port = await listen(createServer(app));
    for (const path of ['/before', '/area/list', '/']) await fetchOnce(`http://127.0.0.1:${port}${path}`);
    await until('an event', () => source.counters().events === 1);
    expect(await receiver.take(1)).toMatchObject([{ path: '/area/list', status_code: 200, scheme: 'http' }]);
  });

  it('is watched once when both are used, also over TLS', async () => {
    const app = express();
    app.use(source.express());
    app.use(shop());
    const port = await listen(source.attach(createHttpsServer(certificate(), app)));
    await fetchOnce(`https://127.0.0.1:${port}/`);
    await fetchOnce(`https://127.0.0.1:${port}/area/list`);
    const events = await receiver.take(2);
    expect(events.map(({ path, scheme }) => [path, scheme])).toEqual([
      ['/', 'https'],
      ['/area/list', 'https'],
    ]);
    expect(source.counters().events).toBe(2);
  });
});

describe('Fastify', () => {
  it('is watched by a plugin, requests that it refuses included', async () => {
    const app = fastify();
    app.register(source.fastify);
    app.get('/', () => 'hello');
    await app.listen({ host: '127.0.0.1', port: 0 });
    close = () => app.close();
    const { port } = app.server.address() as AddressInfo;
    for (const path of ['/', '/nothing', '/%']) await fetchOnce(`http://127.0.0.1:${port}${path}`);
    const events = await receiver.take(3);
    expect(events.map(({ path, status_code }) => [path, status_code])).toEqual([
      ['/', 200],
      ['/nothing', 404],
      ['/%', 400],
    ]);
  });

  it('is left alone where requests come over no network', async () => {
    const app = fastify();
    app.register(source.fastify);
    app.get('/', () => 'hello');
    close = () => app.close();
    expect((await app.inject('/')).body).toBe('hello');
    expect(source.counters()).toMatchObject({ events: 0, failures: 0, without_peer: 0 });
  });

  it('is watched at all addresses of localhost', async () => {
    const app = fastify();
    app.register(source.fastify);
    app.get('/', () => 'hello');
    await app.listen({ host: 'localhost', port: 0 });
    close = () => app.close();
    const addresses = app.addresses().filter((address) => typeof address !== 'string');
    for (const { address, port, family } of addresses) {
      const host = family === 'IPv6' ? `[${address}]` : address;
      for (let i = 0; i < 2; i++) await fetchOnce(`http://${host}:${port}/`);
    }
    const events = await receiver.take(2 * addresses.length);
    expect(new Set(events.map((event) => event.dst_ip))).toEqual(
      new Set(addresses.map(({ address }) => address)),
    );
  });

  it('is watched over HTTP/2, with the settings of the client', async () => {
    const app = fastify({ http2: true, https: { allowHTTP1: true, ...certificate() } });
    app.register(source.fastify);
    app.get('/', () => 'hello');
    await app.listen({ host: '127.0.0.1', port: 0 });
    close = () => app.close();
    const session = connect(`https://127.0.0.1:${(app.server.address() as AddressInfo).port}`, {
      rejectUnauthorized: false,
    });
    const stream = session.request({ ':path': '/' });
    await new Promise((resolve) => stream.resume().on('end', resolve));
    session.destroy();
    const [event] = await receiver.take(1);
    expect(event).toMatchObject({ http_version: 'HTTP/2', status_code: 200, response_size: 5 });
    expect(event?.h2_fingerprint).toMatch(/^[\d:;]*\|\d+\|0\|/);
  });
});
