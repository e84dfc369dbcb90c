/** A Node web server as a site would run one: HTTP/2 and HTTP/1.1 over TLS, before the shop's own program. */
import { readFileSync } from 'node:fs';
import { Agent, request as ask, type IncomingHttpHeaders } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { pipeline } from 'node:stream';
import { ja4Source } from '@ja4/node-source';
import { server } from '../network.ts';

interface Settings {
  readonly key: string;
  readonly certificate: string;
  readonly backendPort: number;
  readonly socket: string;
  readonly serverId: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Fields of one connection only (RFC 9110 section 7.6.1); HTTP/2 has none of them. */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(':') && !ofConnection.has(name)),
  );
}

function proxy(request: Http2ServerRequest, response: Http2ServerResponse): void {
  const { socket, url, method } = request;
  const headers = {
    ...passedOn(request.headers),
    host: request.authority || (request.headers.host ?? server.name),
    'x-forwarded-for': socket.remoteAddress ?? '',
    'x-forwarded-proto': 'https',
  };
  const target = { host: '127.0.0.1', port: settings.backendPort, agent, path: url, method, headers };
  const fail = () => {
    if (response.headersSent) response.stream?.destroy();
    else response.writeHead(502).end();
  };
  let asked: ReturnType<typeof ask>;
  try {
    asked = ask(target);
  } catch {
    // A path or header that Node itself would not send.
    response.writeHead(400).end();
    return;
  }
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers));
    pipeline(answer, response, () => {});
  });
  asked.on('error', fail);
  pipeline(request, asked, () => {});
}

const source = ja4Source({
  socket: settings.socket,
  serverId: settings.serverId,
  log: (message) => console.error(message),
});
const tls = {
  key: readFileSync(settings.key),
  cert: readFileSync(settings.certificate),
  allowHTTP1: true,
  keepAliveTimeout: 5_000,
};
const listening = [server.ipv6, server.ipv4].map((address) =>
  source.attach(createSecureServer(tls, proxy)).listen(443, address),
);

process.once('SIGTERM', async () => {
  for (const one of listening) one.close();
  await source.close();
  process.exit();
});
