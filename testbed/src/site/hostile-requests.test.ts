/** Requests that no browser sends: the shop's program answers or refuses each, and goes on. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditional } from './conditional.ts';
import { dynamicPaths, dynamicPattern, isDynamic } from './dynamic-paths.ts';
import { DynamicSite } from './dynamic-site.ts';
import { readRequest } from './read-request.ts';
import { shopServer } from './shop-server.ts';
import { StaticFiles } from './static-files.ts';

let folder: string;
let files: StaticFiles;
let server: Server;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ja4-hostile-'));
  await mkdir(join(folder, 'public/sub'), { recursive: true });
  await writeFile(join(folder, 'secret'), 'not for visitors');
  await writeFile(join(folder, 'public/here.txt'), 'here');
  await writeFile(join(folder, 'public/sub/index.html'), 'inside');
  files = await StaticFiles.load(join(folder, 'public'));
  server = shopServer(files).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});

afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Sends bytes as they are; returns what came back before the connection ended. */
function exchange(bytes: Buffer | string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
    socket.end(bytes);
  });
}

const ask = (target: string) => exchange(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);

const target = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webPath().map((path) => `/${path}`),
  fc
    .tuple(
      fc.constantFrom(...dynamicPaths.exact, ...dynamicPaths.prefixes),
      fc.string(),
      fc.webQueryParameters(),
    )
    .map(([path, more, query]) => `${path}${more}?${query}`),
  fc
    .array(fc.constantFrom('..', '.', '%2e%2e', '%2f', '\\', '%5c', '%00', 'secret', 'sub', '', '%c0%ae'))
    .map((parts) => `/${parts.join('/')}`),
);
const headers = fc.dictionary(
  fc.constantFrom('cookie', 'content-type', 'user-agent', 'x-forwarded-for', 'if-none-match'),
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'cart=101x2-9999x1',
      'session=ada.0',
    ),
  ),
);
const body = fc.oneof(
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc.webQueryParameters().map((text) => Buffer.from(text)),
  fc
    .constantFrom('id=101&quantity=NaN', 'id=101&do=remove', '{"id":101,"quantity":1e308}')
    .map((s) => Buffer.from(s)),
);
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'TRACE');

describe('the shop', () => {
  it('has an answer to every request, whatever it holds', () => {
    const site = new DynamicSite();
    fc.assert(
      fc.property(method, target, headers, body, (verb, asked, given, sent) => {
        const reading = readRequest({ method: verb, target: asked, headers: given, body: sent, peer: '::1' });
        if (!reading.ok) return;
        const answer = isDynamic(reading.request.path)
          ? site.answer(reading.request)
          : (files.answer(reading.request.path) ?? files.missing);
        const noneMatch = given['if-none-match'];
        const { status, headers: names } = conditional(answer, {
          method: verb,
          ...(noneMatch ? { noneMatch } : {}),
        });
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(500);
        // Nothing that was sent can end a header line and begin another.
        for (const [, value] of names) expect(value).toMatch(/^[\x20-\x7e]*$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('survives bytes that are no HTTP', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), target, async (bytes, asked) => {
        await exchange(Buffer.from(bytes));
        await exchange(`POST ${asked} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nCookie: \xff\r\n\r\nab`);
      }),
      { numRuns: 150 },
    );
    expect(await ask('/here.txt')).toMatch(/^HTTP\/1.1 200[\s\S]*here$/);
  });

  it('leads nowhere outside its folder', async () => {
    for (const path of [
      '/../secret',
      '/sub/../../secret',
      '/%2e%2e/secret',
      '/..%2fsecret',
      '/sub/..%5c..%5csecret',
      '/....//secret',
      '//secret',
      '/sub/%2e%2e/%2e%2e/secret',
      'file:///etc/passwd',
      '/%c0%ae%c0%ae/secret',
      '/here.txt%00.html',
    ]) {
      const answer = await ask(path);
      expect(answer, path).toMatch(/^HTTP\/1.1 40[034] /);
      expect(answer, path).not.toContain('not for visitors');
    }
    expect(await ask('/sub')).toContain('location: /sub/');
    expect(await ask('/sub/')).toContain('inside');
  });

  it('refuses long bodies without keeping them', async () => {
    const long = (length: number) =>
      exchange(
        Buffer.concat([
          Buffer.from(`POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`),
          Buffer.alloc(length, 'a'),
        ]),
      );
    expect(await long(65_536)).toMatch(/^HTTP\/1.1 403 /);
    expect(await long(65_537)).toMatch(/^HTTP\/1.1 413 /);
    await long(3_000_000);
    expect(await ask('/here.txt')).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('the pattern of dynamic paths', () => {
  it('means the same as the list', () => {
    const pattern = new RegExp(dynamicPattern);
    const path = fc.oneof(
      fc.webPath(),
      fc.constantFrom(...dynamicPaths.exact, ...dynamicPaths.prefixes),
      fc
        .tuple(fc.constantFrom(...dynamicPaths.exact, ...dynamicPaths.prefixes), fc.webPath())
        .map((p) => p.join('')),
    );
    fc.assert(fc.property(path, (one) => pattern.test(one) === isDynamic(one)));
  });
});
