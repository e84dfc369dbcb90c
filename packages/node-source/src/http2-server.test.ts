import { writeFileSync } from 'node:fs';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from 'node:http2';
import { get } from 'node:https';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { parseHttpEvent } from '@ja4/correlator';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificate } from '../../../test/setup/http2-listener.ts';
import { type Ja4Source, type Ja4SourceOptions, ja4Source } from './index.ts';
import { Receiver, until } from './receiver.test-support.ts';

let receiver: Receiver;
let source: Ja4Source;
let server: Http2SecureServer | Http2Server;
let keys: { key: string; cert: string };
const open: (Socket | ClientHttp2Session)[] = [];

beforeAll(() => {
  keys = certificate();
});
beforeEach(async () => {
  receiver = await Receiver.open();
});
afterEach(async () => {
  for (const one of open.splice(0)) one.destroy();
  await new Promise((resolve) => server.close(resolve));
  await source.close();
  expect(source.counters().failures).toBe(0);
  for (const line of receiver.lines) expect(parseHttpEvent(line), line).toMatchObject({ ok: true });
  await receiver.remove();
});

async function listen(
  make: () => Http2SecureServer | Http2Server,
  options: Ja4SourceOptions = {},
): Promise<number> {
  source = ja4Source({ socket: receiver.path, log: () => {}, ...options });
  server = source.attach(make());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}

const answer = (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200 });
  stream.end('hello\n');
};
const secure = (options: SecureServerOptions = {}) =>
  createSecureServer({ ...keys, ...options }).on('stream', answer);

/** Asks with Node's own client; the whole body. */
function ask(session: ClientHttp2Session, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const stream = session.request(headers);
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
    stream.on('error', reject);
    stream.on('end', () => resolve(text));
    stream.end();
  });
}

function nodeClient(url: string): ClientHttp2Session {
  const session = connect(url, { rejectUnauthorized: false, settings: { initialWindowSize: 70_000 } });
  session.on('error', () => {});
  open.push(session);
  return session;
}

/** A connection on which frames are written by hand. */
async function rawClient(port: number, tls = true): Promise<{ socket: Socket; received(): number }> {
  const socket = tls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] })
    : connectTcp(port, '127.0.0.1');
  let received = 0;
  socket.on('data', (bytes) => {
    received += bytes.length;
  });
  socket.on('error', () => socket.destroy());
  socket.setNoDelay(true);
  open.push(socket);
  await new Promise<void>((resolve) => socket.once(tls ? 'secureConnect' : 'connect', () => resolve()));
  return { socket, received: () => received };
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** SETTINGS 3:100, 2:0 */
const settings = hex('00000c 04 00 00000000  0003 00000064 0002 00000000');
const windowUpdate = hex('000004 08 00 00000000 00ef0001');
/** Stream 3 depends on 0, weight 201. */
const priority = hex('000005 02 00 00000003 00000000 c8');
/** :method GET, :path /, :scheme https, :authority x, accept y, user-agent empty */
const headers = hex('00000b 01 05 00000001 82 84 87 410178 530179 7a00');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('an HTTP/2 server with the source attached', () => {
  it('gives every stream of a connection its index and what the client says of itself', async () => {
    const port = await listen(secure);
    const session = nodeClient(`https://127.0.0.1:${port}`);
    expect(await ask(session, { ':path': '/a?b=c', 'x-first': '1', accept: '*/*' })).toBe('hello\n');
    expect(await ask(session, { ':path': '/b' })).toBe('hello\n');
    const [first, second] = await receiver.take(2);
    expect(first).toMatchObject({
      src_ip: '127.0.0.1',
      dst_port: port,
      keepalives: 0,
      scheme: 'https',
      method: 'GET',
      host: `127.0.0.1:${port}`,
      path: '/a',
      query: 'b=c',
      http_version: 'HTTP/2',
      status_code: 200,
      response_size: 6,
      client_headers: 'x-first,accept',
      client_headers_order: 'wire',
      header_Accept: '*/*',
      h2_settings_fp: expect.stringContaining('4:70000'),
      h2_initial_window_size: 70_000,
    });
    const { conn_id, h2_fingerprint } = first ?? {};
    expect(second).toMatchObject({ keepalives: 1, path: '/b', conn_id, h2_fingerprint });
  });

  /** Sends bytes in portions, slowly, on a connection of their own. */
  async function inPortions(port: number, bytes: Buffer, cuts: readonly number[]): Promise<void> {
    const client = await rawClient(port);
    let start = 0;
    for (const end of [...cuts, bytes.length]) {
      client.socket.write(bytes.subarray(start, end));
      start = end;
      await pause(6);
    }
    await until('an answer', () => client.received() > 40);
  }

  it('knows all that comes up to the first request, wherever the settings are cut', async () => {
    const port = await listen(secure);
    const bytes = Buffer.concat([preface, settings, windowUpdate, priority, headers]);
    const cuts = [[], [1], [23], [24], [30], [33], [40], [44], [10, 24, 33, 39]];
    for (const cut of cuts) await inPortions(port, bytes, cut);
    const events = await receiver.take(cuts.length);
    expect(events.map((event) => event.h2_fingerprint)).toEqual(
      cuts.map(() => '3:100;2:0|15663105|3:0:0:201|m,p,s,a'),
    );
    expect(events[0]).toMatchObject({
      h2_window_update: 15_663_105,
      h2_has_priority: 1,
      h2_max_concurrent_streams: 100,
      h2_enable_push: 0,
      client_headers: 'accept,user-agent',
      host: 'x',
    });
    expect(events[0]).not.toHaveProperty('h2_initial_window_size');
  });

  it('fills in what comes later than it waits, wherever that is cut', async () => {
    const port = await listen(secure);
    const bytes = Buffer.concat([preface, settings, windowUpdate, headers]);
    const cuts = [[45], [48], [58], [60], [70], [24, 33, 45, 58]];
    for (const cut of cuts) await inPortions(port, bytes, cut);
    const events = await receiver.take(cuts.length);
    expect(events.map((event) => event.h2_fingerprint)).toEqual(
      cuts.map(() => '3:100;2:0|15663105|0|m,p,s,a'),
    );
  });

  it('does not wait for a request before it answers: a client may wait for the settings of the server', async () => {
    const port = await listen(secure);
    const client = await rawClient(port);
    client.socket.write(Buffer.concat([preface, settings]));
    await until('the settings of the server', () => client.received() > 0);
    client.socket.write(Buffer.concat([windowUpdate, headers]));
    const [event] = await receiver.take(1);
    expect(event).toMatchObject({ h2_fingerprint: '3:100;2:0|15663105|0|m,p,s,a', h2_has_priority: 0 });
  });

  it('lets a client that sends nothing, or something else, have its server all the same', async () => {
    const port = await listen(secure);
    const silent = await rawClient(port);
    const wrong = await rawClient(port);
    wrong.socket.write('GET / HTTP/1.1\r\n\r\n');
    await until('settings for the silent one', () => silent.received() > 0);
    await until('the end of the wrong one', () => wrong.socket.destroyed);
    silent.socket.write(Buffer.concat([preface, settings, windowUpdate, headers]));
    const [event] = await receiver.take(1);
    // Nobody saw these first bytes: no order of settings, and only what is certain.
    expect(event).not.toHaveProperty('h2_fingerprint');
    expect(event).toMatchObject({
      h2_pseudo_order: 'm,p,s,a',
      h2_window_update: 15_663_105,
      h2_max_concurrent_streams: 100,
      h2_enable_push: 0,
    });
    expect(event).not.toHaveProperty('h2_header_table_size');
  });

  it('survives clients that go away at any moment', async () => {
    const port = await listen(secure);
    const bytes = Buffer.concat([preface, settings, windowUpdate, headers]);
    for (const length of [0, 10, 24, 40, 45, 58, 70, bytes.length]) {
      for (const end of ['destroy', 'resetAndDestroy', 'end'] as const) {
        const client = await rawClient(port);
        client.socket.write(bytes.subarray(0, length));
        if (length % 20 === 0) await pause(3);
        // A TLS socket has no reset of its own.
        if (end === 'resetAndDestroy') client.socket.destroy();
        else client.socket[end]();
      }
    }
    const session = nodeClient(`https://127.0.0.1:${port}`);
    expect(await ask(session, { ':path': '/still-here' })).toBe('hello\n');
  });

  it('reports streams that the client resets', async () => {
    let streams = 0;
    const port = await listen(() =>
      createSecureServer(keys).on('stream', (stream) => {
        stream.on('error', () => {});
        streams++;
      }),
    );
    const session = nodeClient(`https://127.0.0.1:${port}`);
    const stream = session.request({ ':path': '/slow' });
    stream.on('error', () => {});
    stream.end();
    await until('the stream', () => streams === 1);
    stream.close(constants.NGHTTP2_CANCEL);
    const [event] = await receiver.take(1);
    expect(event).toMatchObject({ path: '/slow' });
    expect(event).not.toHaveProperty('status_code');
  });

  it('counts bytes of files that Node sends by itself', async () => {
    const file = join(receiver.folder, 'file.txt');
    writeFileSync(file, 'f'.repeat(5_000));
    const port = await listen(() =>
      createSecureServer(keys).on('stream', (stream) => {
        stream.on('error', () => {});
        stream.respondWithFile(file);
      }),
    );
    const session = nodeClient(`https://127.0.0.1:${port}`);
    expect(await ask(session, { ':path': '/file' })).toHaveLength(5_000);
    expect(await receiver.take(1)).toMatchObject([{ path: '/file', response_size: 5_000 }]);
  });

  it('adds no listener that would change what the server does', async () => {
    await listen(secure);
    expect(server.listenerCount('request')).toBe(0);
    expect(server.listenerCount('stream')).toBe(1);
    expect(server.listenerCount('session')).toBe(0);
  });

  it('serves HTTP/1.1 beside, and classic request listeners', async () => {
    const port = await listen(() =>
      createSecureServer({ ...keys, allowHTTP1: true }, (request, response) => {
        response.setHeader('x-version', request.httpVersion);
        response.write('he');
        response.end('llo\n');
      }),
    );
    await new Promise<void>((resolve, reject) => {
      const one = { port, host: '127.0.0.1', path: '/one', rejectUnauthorized: false, agent: false as const };
      get(one, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
    expect(await ask(nodeClient(`https://127.0.0.1:${port}`), { ':path': '/two' })).toBe('hello\n');
    const events = await receiver.take(2);
    expect(
      events.map(({ path, http_version, scheme, status_code }) => [path, http_version, scheme, status_code]),
    ).toEqual([
      ['/one', 'HTTP/1.1', 'https', 200],
      ['/two', 'HTTP/2', 'https', 200],
    ]);
    expect(events[1]).toMatchObject({ response_size: 6 });
  });

  it('works without TLS, for clients that know', async () => {
    const port = await listen(() => createServer().on('stream', answer));
    const client = await rawClient(port, false);
    client.socket.write(Buffer.concat([preface, settings, headers]));
    const [event] = await receiver.take(1);
    expect(event).toMatchObject({ scheme: 'http', h2_fingerprint: '3:100;2:0|00|0|m,p,s,a' });
  });

  it('gives only what is certain when first bytes are not to be looked at', async () => {
    const port = await listen(secure, { http2Preface: false });
    const client = await rawClient(port);
    client.socket.write(Buffer.concat([preface, settings, windowUpdate, headers]));
    const [event] = await receiver.take(1);
    expect(
      Object.keys(event ?? {})
        .filter((key) => key.startsWith('h2_'))
        .sort(),
    ).toEqual(['h2_enable_push', 'h2_max_concurrent_streams', 'h2_pseudo_order', 'h2_window_update']);
  });
});
