import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fingerprint, parseClientHello } from '@ja4/fingerprints';
import { type Browser, chromium as playwright } from 'playwright-core';
import { describe, expect } from 'vitest';
import { certificate } from '../setup/http2-listener.ts';
import { itNeeds, program } from '../setup/needs.ts';
import { chromium } from '../setup/platform.ts';

const recordHeader = 5;

/** A web server whose connections are short, so that a browser opens many, behind a port that notes their hellos. */
async function site() {
  const server: Http2SecureServer = createSecureServer({ ...certificate(), allowHTTP1: true });
  server.on('request', (_request, response) => {
    response.end('<!doctype html><title>site</title>');
    // Asked for now: a stream that has ended knows its session no more.
    const session = 'stream' in response ? response.stream.session : undefined;
    setTimeout(() => session?.close(), 20);
  });
  // A refused WebSocket is one too, as far as its handshake goes.
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  server.on('sessionError', () => {});
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const hellos: Uint8Array[] = [];
  const front = createServer((client) => {
    const upstream = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let first = Buffer.alloc(0);
    client.on('data', (bytes: Buffer) => {
      const missing = first.length < recordHeader || first.length < recordHeader + first.readUInt16BE(3);
      if (!missing) return;
      first = Buffer.concat([first, bytes]);
      if (first.length >= recordHeader && first.length >= recordHeader + first.readUInt16BE(3)) {
        hellos.push(first.subarray(recordHeader));
      }
    });
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((listening) => front.listen(0, '127.0.0.1', listening));
  return {
    port: (front.address() as AddressInfo).port,
    fingerprints: () =>
      hellos.map((hello) => {
        const parsed = parseClientHello(hello);
        if (!parsed.ok) throw new Error(`${parsed.reason} at ${parsed.at}`);
        return fingerprint(parsed.value, 'tcp');
      }),
    close: () => {
      front.close();
      server.close();
    },
  };
}

/** How often a host is visited until a connection resumes the session of an earlier one. */
const mostVisits = 10;

async function browse(browser: Browser, { port, fingerprints }: Awaited<ReturnType<typeof site>>) {
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  for (const host of ['localhost', '127.0.0.1']) {
    const isResumed = () =>
      fingerprints().some(
        (seen) => seen.tls_resumption && (seen.tls_sni === undefined) === (host !== 'localhost'),
      );
    for (let visit = 0; visit < mostVisits && !isResumed(); visit++) {
      await page.goto(`https://${host}:${port}/`);
      await page.waitForTimeout(100);
    }
  }
  await page.evaluate(
    (url) =>
      new Promise<void>((ended) => {
        new WebSocket(url).addEventListener('close', () => ended());
      }),
    `wss://127.0.0.1:${port}/`,
  );
}

describe('one browser', () => {
  itNeeds(program('chromium'), program('openssl'))(
    'keeps its stack key over names, addresses, resumption and WebSockets, where JA4 changes with each',
    async () => {
      const visited = await site();
      const browser = await playwright.launch(chromium);
      try {
        await browse(browser, visited);
        const seen = visited.fingerprints();
        // With and without a name, resumed or not, for pages and for WebSockets.
        expect(new Set(seen.map(({ tls_sni }) => tls_sni))).toEqual(new Set(['localhost', undefined]));
        expect(new Set(seen.map(({ tls_resumption }) => tls_resumption))).toEqual(new Set([true, false]));
        expect(new Set(seen.map(({ tls_alpn }) => tls_alpn))).toEqual(new Set(['h2', 'http/1.1']));
        expect(new Set(seen.map(({ ja4 }) => ja4)).size).toBeGreaterThanOrEqual(4);
        expect(new Set(seen.map(({ tls_stack }) => tls_stack)).size).toBe(1);
      } finally {
        await browser.close();
        visited.close();
      }
    },
  );
});
