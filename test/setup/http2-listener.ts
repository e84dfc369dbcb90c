import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { type Http2Client, Http2ClientReader } from '../../packages/fingerprints/src/http2/index.ts';

/** A server that listens to what clients say first, and answers nothing. */
export interface Http2Listener {
  readonly port: number;
  /** The first client that comes to ask for something. */
  readonly client: Promise<Http2Client>;
  close(): void;
}

/** With TLS (ALPN `h2`, a certificate of its own for localhost), or with bare HTTP/2. */
export async function listenForHttp2(tls: 'tls' | 'plain'): Promise<Http2Listener> {
  const { promise, resolve, reject } = Promise.withResolvers<Http2Client>();
  const sockets = new Set<Socket>();
  const hear = (socket: Socket) => {
    const reader = new Http2ClientReader();
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      const result = reader.push(bytes);
      if (result.ok) resolve(result.value);
      else if (result.reason !== 'truncated') reject(new Error(`${result.reason} at ${result.at}`));
      else return;
      socket.destroy();
    });
  };
  const server: Server =
    tls === 'tls'
      ? createTlsServer({ ...certificate(), ALPNProtocols: ['h2'] }, hear)
      : createTcpServer(hear);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    client: promise,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A self-signed certificate for `localhost` and 127.0.0.1, made with openssl. */
export function certificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ja4-certificate-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', cert],
    ]);
    if (made.status !== 0) throw new Error(`openssl made no certificate: ${String(made.stderr)}`);
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Fingerprints that Apache's module wrote in the sample, by the User-Agent's own claim. */
export function recordedFingerprints(): Map<string, string> {
  const events = gunzipSync(
    readFileSync(new URL('../../samples/first-contact/http.jsonl.gz', import.meta.url)),
  );
  const recorded = new Map<string, string>();
  for (const line of events.toString().trim().split('\n')) {
    const event = JSON.parse(line) as { h2_fingerprint?: string; 'header_User-Agent'?: string };
    const userAgent = event['header_User-Agent'];
    if (event.h2_fingerprint !== undefined && userAgent !== undefined) {
      recorded.set(userAgent, recorded.get(userAgent) ?? event.h2_fingerprint);
    }
  }
  return recorded;
}
