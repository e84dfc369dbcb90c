import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect } from 'vitest';
import { listenForHttp2, recordedFingerprints } from '../../../../test/setup/http2-listener.ts';
import { itNeeds, type Need, program } from '../../../../test/setup/needs.ts';
import { Http2ClientReader } from './client-reader.ts';
import { h2Fields, h2Fingerprint } from './http2-fingerprint.ts';

const openssl = program('openssl');
const curl = program('curl');
const python = '/usr/bin/python3';
const optional = (command: string): Need => ({ ...program(command, 'nghttp2-client'), optional: true });
const httpx: Need = {
  what: 'httpx with HTTP/2',
  install: 'apt-get install python3-httpx python3-h2',
  present: () => spawnSync(python, ['-c', 'import httpx, h2']).status === 0,
  optional: true,
};

/** What a client says that `command` makes visit the listener. */
async function heard(tls: 'tls' | 'plain', command: (port: number) => readonly [string, readonly string[]]) {
  const listener = await listenForHttp2(tls);
  const [name, options] = command(listener.port);
  const process = spawn(name, options, { stdio: 'ignore' });
  try {
    return await listener.client;
  } finally {
    listener.close();
    if (process.exitCode === null) process.kill();
  }
}

const form = /^(\d+:\d+;?)*\|(00|[1-9]\d*)\|(0|[\d:,]+)\|[masp](,[masp])*$/;

/** In the form of a fingerprint and, for versions that are in the sample, what Apache's module saw of them. */
function expectRecorded(fingerprint: string, userAgent: string): void {
  expect(fingerprint).toMatch(form);
  expect(fingerprint).toBe(recordedFingerprints().get(userAgent) ?? fingerprint);
}

const outputOf = (name: string, ...options: string[]) =>
  spawnSync(name, options, { encoding: 'utf8' }).stdout;

describe('real clients', () => {
  itNeeds(openssl, curl)('curl over TLS is what the web server module says it is', async () => {
    const client = await heard('tls', (port) => ['curl', ['-sk', '--http2', `https://localhost:${port}/`]]);
    expectRecorded(h2Fingerprint(client), outputOf('curl', '--version').split(' ').slice(0, 2).join('/'));
    expect(client.headerNames).toEqual(['user-agent', 'accept']);
    expect(client.headersFailure).toBeUndefined();
  });

  itNeeds(openssl, curl)('curl is the same with prior knowledge as over TLS', async () => {
    const overTls = await heard('tls', (port) => ['curl', ['-sk', '--http2', `https://localhost:${port}/`]]);
    const url = (port: number) => `http://127.0.0.1:${port}/`;
    const bare = await heard('plain', (port) => ['curl', ['-s', '--http2-prior-knowledge', url(port)]]);
    expect(bare).toEqual(overTls);
  });

  itNeeds(curl)('curl has the same settings after Upgrade: h2c, though its request came before', async () => {
    const reader = new Http2ClientReader();
    const upgraded = Promise.withResolvers<void>();
    const server = createServer((socket) => {
      let request = '';
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes: Buffer) => {
        const end = '\r\n\r\n';
        if (request.endsWith(end)) {
          reader.push(bytes);
          if (reader.client.windowUpdate !== undefined) upgraded.resolve();
          return;
        }
        request += bytes.toString('latin1');
        if (request.endsWith(end)) {
          socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c${end}`);
        }
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const upgrading = spawn('curl', ['-s', '--http2', url], { stdio: 'ignore' });
    await upgraded.promise;
    upgrading.kill();
    server.close();
    const direct = await heard('plain', (port) => [
      'curl',
      ['-s', '--http2-prior-knowledge', `http://127.0.0.1:${port}/`],
    ]);
    expect(reader.client.settings).toEqual(direct.settings);
    expect(reader.client.windowUpdate).toBe(direct.windowUpdate);
  });

  itNeeds(openssl)('Node sends what its options say', async () => {
    const listener = await listenForHttp2('tls');
    const settings = { headerTableSize: 8192, enablePush: false, initialWindowSize: 1_000_000 };
    const session = connect(`https://localhost:${listener.port}`, { rejectUnauthorized: false, settings });
    session.on('error', () => {});
    const request = session.request({ ':path': '/', 'x-own': '1', cookie: 'a=b' });
    request.on('error', () => {});
    const client = await listener.client;
    session.destroy();
    listener.close();
    expect(h2Fields(client)).toMatchObject({
      h2_header_table_size: 8192,
      h2_enable_push: 0,
      h2_initial_window_size: 1_000_000,
    });
    expect(client.pseudoHeaders.toSorted()).toEqual([':authority', ':method', ':path', ':scheme']);
    expect(client.headerNames).toEqual(['x-own', 'cookie']);
  });

  itNeeds(openssl, httpx)('httpx is what the web server module says it is', async () => {
    const visit = (port: number) =>
      `import httpx; httpx.Client(http2=True, verify=False).get('https://localhost:${port}/')`;
    const client = await heard('tls', (port) => [python, ['-c', visit(port)]]);
    const version = outputOf(python, '-c', 'import httpx; print(httpx.__version__)').trim();
    expectRecorded(h2Fingerprint(client), `python-httpx/${version}`);
    expect(client.headerNames).toEqual(['accept', 'accept-encoding', 'user-agent']);
  });

  itNeeds(openssl, optional('nghttp'))('nghttp builds a tree of priorities first', async () => {
    const client = await heard('tls', (port) => ['nghttp', [`https://localhost:${port}/`]]);
    expect(h2Fingerprint(client)).toMatch(form);
    expect(client.priorities.map(({ stream }) => stream)).toEqual([3, 5, 7, 9, 11]);
    expect(client.requestPriority).toEqual({ stream: 13, exclusive: false, dependsOn: 11, weight: 16 });
    expect(h2Fields(client).h2_has_priority).toBe(true);
  });
});
