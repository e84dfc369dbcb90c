import { request as ask, createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { parseHttpEvent } from '@ja4/correlator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ja4Source, type Ja4SourceOptions, ja4Source } from './index.ts';
import { Receiver, until } from './receiver.test-support.ts';

let receiver: Receiver;
let source: Ja4Source;
let server: Server;
const said: string[] = [];

beforeEach(async () => {
  said.length = 0;
  receiver = await Receiver.open();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await source.close();
  for (const line of receiver.lines) expect(parseHttpEvent(line), line).toMatchObject({ ok: true });
  await receiver.remove();
});

/** Starts a site; its port. */
async function serve(site: RequestListener, options: Ja4SourceOptions = {}): Promise<number> {
  source = ja4Source({ socket: receiver.path, log: (message) => said.push(message), ...options });
  server = source.attach(createServer(site));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A connection on which bytes are written; what came back is in `text`. */
async function open(port: number): Promise<{ socket: Socket; write(text: string): void; text(): string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return { socket, write: (bytes) => socket.write(bytes, 'latin1'), text: () => text };
}

const hello: RequestListener = (_, response) => {
  response.setHeader('content-type', 'text/plain');
  response.end('hello\n');
};

describe('an HTTP/1 server with the source attached', () => {
  it('gives every request of a connection its index, and the names as they were sent', async () => {
    const port = await serve(hello);
    const began = Date.now();
    const client = await open(port);
    for (const path of ['/a?x=1', '/b']) {
      client.write(
        `GET ${path} HTTP/1.1\r\nhost: Shop.example\r\nX-Two: b\r\naccept: */*\r\nX-Two: c\r\n\r\n`,
      );
      await until('the answer', () => client.text().split('hello\n').length === (path === '/b' ? 3 : 2));
    }
    const [first, second] = await receiver.take(2);
    expect(first).toMatchObject({
      source: 'node',
      seq: 0,
      src_ip: '127.0.0.1',
      src_port: client.socket.localPort,
      dst_ip: '127.0.0.1',
      dst_port: port,
      keepalives: 0,
      scheme: 'http',
      method: 'GET',
      host: 'Shop.example',
      path: '/a',
      query: 'x=1',
      http_version: 'HTTP/1.1',
      status_code: 200,
      response_size: 6,
      client_headers: 'host,X-Two,accept,X-Two',
      client_headers_order: 'wire',
      header_Accept: '*/*',
    });
    expect(second).toMatchObject({ seq: 1, keepalives: 1, path: '/b', conn_id: first?.conn_id });
    expect(Number(first?.timestamp) / 1e6).toBeGreaterThan(began - 10);
    expect(Number(first?.timestamp) / 1e6).toBeLessThan(Date.now() + 10);
    expect(first?.duration_ms).toBeGreaterThan(0);
    expect(first).not.toHaveProperty('h2_fingerprint');
  });

  it('tells pipelined requests and their sizes apart', async () => {
    const port = await serve((request, response) => {
      // The first one is the last to be ready.
      setTimeout(
        () => response.end('x'.repeat(Number(request.url?.slice(1)))),
        request.url === '/100' ? 50 : 0,
      );
    });
    const client = await open(port);
    client.write([100, 2_000, 30].map((size) => `GET /${size} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
    const events = await receiver.take(3);
    expect(events.map(({ path, keepalives, response_size }) => [path, keepalives, response_size])).toEqual([
      ['/100', 0, 100],
      ['/2000', 1, 2_000],
      ['/30', 2, 30],
    ]);
  });

  it('sends no body size for what has no body', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/304') response.writeHead(304);
      response.end();
    });
    const client = await open(port);
    client.write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /304 HTTP/1.0\r\n\r\n');
    const [head, unchanged] = await receiver.take(2);
    expect(head).toMatchObject({ method: 'HEAD', status_code: 200, response_size: 0 });
    expect(unchanged).toMatchObject({
      status_code: 304,
      response_size: 0,
      http_version: 'HTTP/1.0',
      host: '',
    });
  });

  it('reports a request whose client went away, without a status that nobody saw', async () => {
    let requests = 0;
    const port = await serve(() => {
      requests++;
    });
    const client = await open(port);
    client.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /behind HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('both requests', () => requests === 2);
    client.socket.resetAndDestroy();
    const events = await receiver.take(2);
    expect(events.map((event) => event.path)).toEqual(['/slow', '/behind']);
    for (const event of events) {
      expect(event).not.toHaveProperty('status_code');
      expect(event.duration_ms).toBeGreaterThan(0);
      expect(event.src_ip).toBe('127.0.0.1');
    }
  });

  it('reports a request whose body never came', async () => {
    let requests = 0;
    const port = await serve((request, response) => {
      requests++;
      request.on('end', () => response.end());
      request.resume();
    });
    const client = await open(port);
    client.write('POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc');
    await until('the request', () => requests === 1);
    client.socket.destroy();
    const [event] = await receiver.take(1);
    expect(event).toMatchObject({ method: 'POST', path: '/form' });
  });

  it('leaves an upgrade to the site, and reports it once, when it comes', async () => {
    const port = await serve(hello);
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    const client = await open(port);
    client.write('GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
    await until('the upgrade', () => client.text().includes('101'));
    client.write('said through the tunnel');
    await until('the echo', () => client.text().includes('said through the tunnel'));
    const events = await receiver.take(1);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ path: '/socket', client_headers: 'Host,Upgrade,Connection' });
    expect(events[0]).not.toHaveProperty('status_code');
    client.socket.destroy();
  });

  it('does not turn upgrades on for a site that has none', async () => {
    const port = await serve(hello);
    const client = await open(port);
    client.write('GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
    await until('the answer', () => client.text().includes('hello'));
    expect(await receiver.take(1)).toMatchObject([{ path: '/socket', status_code: 200 }]);
    for (const event of [
      'upgrade',
      'connect',
      'checkContinue',
      'checkExpectation',
      'clientError',
      'dropRequest',
    ]) {
      expect([event, server.listenerCount(event)]).toEqual([event, 0]);
    }
  });

  it('reports CONNECT with its authority', async () => {
    const port = await serve(hello);
    server.on('connect', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const client = await open(port);
    client.write('CONNECT other.example:443 HTTP/1.1\r\nHost: ignored\r\n\r\n');
    expect(await receiver.take(1)).toMatchObject([
      { method: 'CONNECT', host: 'other.example:443', path: '' },
    ]);
  });

  it('reports once what expects to be continued, whoever continues it', async () => {
    const port = await serve((request, response) => {
      request.resume();
      response.end('ok');
    });
    const post = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n`;
    const client = await open(port);
    client.write(post('/node'));
    await until('100', () => client.text().includes('100 Continue'));
    client.write('x');
    await receiver.take(1);
    server.on('checkContinue', (request, response) => {
      response.writeContinue();
      server.emit('request', request, response);
    });
    client.write(post('/site'));
    await until('100', () => client.text().split('100 Continue').length === 3);
    client.write('x');
    const events = await receiver.take(2);
    expect(events.map((event) => event.path)).toEqual(['/node', '/site']);
  });

  it('reports what Node refuses by itself', async () => {
    const port = await serve(hello);
    server.maxRequestsPerSocket = 1;
    const client = await open(port);
    client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    const events = await receiver.take(2);
    expect(events.map(({ path, status_code }) => [path, status_code]).sort()).toEqual([
      ['/1', 200],
      ['/2', 503],
    ]);
  });

  it('reports what Node cannot read without a path, and lets Node answer', async () => {
    const port = await serve(hello);
    for (const [bytes, status] of [
      ['\x16\x03\x01 no HTTP\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const client = await open(port);
      client.write(bytes);
      await until('the answer', () => client.text().startsWith(`HTTP/1.1 ${status}`));
    }
    const events = await receiver.take(2);
    expect(events.map(({ method, path, status_code }) => [method, path, status_code])).toEqual([
      ['', '', 400],
      ['', '', 431],
    ]);
  });

  it('does not take a broken body, or the end of a connection, for a request', async () => {
    const port = await serve((request, response) => {
      request.on('error', () => {});
      request.on('end', () => response.end());
      request.resume();
    });
    const broken = await open(port);
    broken.write('POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n');
    const half = await open(port);
    half.write('GET /half HTTP/1.1\r\nHost');
    half.socket.end();
    await until('the ends', () => broken.socket.destroyed && half.socket.destroyed);
    await until('the event', () => source.counters().sent === 1);
    expect(await receiver.take(1)).toMatchObject([{ path: '/body' }]);
  });

  it('keeps bytes of any kind', async () => {
    const port = await serve(hello);
    const client = await open(port);
    client.write('GET /?"<>{}| HTTP/1.1\r\nHost: a\r\nUser-Agent: "\\\xe6\xbc\xa2\x80\r\n\r\n');
    const [event] = await receiver.take(1);
    expect(event).toMatchObject({
      'header_User-Agent': '"\\\xe6\xbc\xa2\x80',
      invalid_utf8: expect.any(String),
    });
  });

  it('reports what it was asked for, not what a framework makes of it', async () => {
    const port = await serve((request, response) => {
      request.url = '/rewritten';
      request.method = 'PUT';
      response.end();
    });
    const client = await open(port);
    client.write('GET http://b.example/asked HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await receiver.take(1)).toMatchObject([{ method: 'GET', path: '/asked', host: 'b.example' }]);
  });

  it('takes the word of a trusted proxy only', async () => {
    const port = await serve(hello, { trustedProxies: ['127.0.0.1'] });
    const client = await open(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 198.51.100.9\r\n\r\n');
    expect(await receiver.take(1)).toMatchObject([{ client_ip: '198.51.100.9', src_ip: '127.0.0.1' }]);
  });

  it('survives an operator function that fails, and says so once', async () => {
    const port = await serve(hello, {
      clientIp: () => {
        throw new Error('no address today');
      },
    });
    const client = await open(port);
    client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('both answers', () => client.text().split('hello').length === 3);
    expect(source.counters()).toMatchObject({ failures: 2, events: 0 });
    expect(said).toEqual([expect.stringContaining('no address today')]);
  });

  it('counts requests that have no peer, as through a UNIX socket', async () => {
    await serve(hello);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const path = join(receiver.folder, 'site.socket');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await new Promise<void>((resolve) => {
      ask({ socketPath: path, path: '/' }, (response) => response.resume().on('end', resolve)).end();
    });
    await until('the count', () => source.counters().without_peer === 1);
    expect(source.counters()).toMatchObject({ events: 0, failures: 0 });
  });

  it('is attached once, however often it is asked to, and only to HTTP servers', async () => {
    const port = await serve(hello);
    source.attach(server);
    const client = await open(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('the answer', () => client.text().includes('hello'));
    await source.close();
    expect(source.counters().events).toBe(1);
    expect(() => source.attach(Object.assign(Object.create(null)))).toThrow('attach');
    client.write('GET /unseen HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('the answer', () => client.text().split('hello').length === 3);
    expect(source.counters().events).toBe(1);
  });
});
