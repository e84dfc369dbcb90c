import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { server } from '../network.ts';
import type { ServerOptions, WebServer } from './server.ts';
import { startServerProgram } from './server-program.ts';
import { copySourceFile } from './source-file.ts';

/** The shop, whose frontend takes its defaults from docs/sources/haproxy.cfg as an operator's would. */
function configuration({ folder, backendPort }: ServerOptions): string {
  return `global
  user haproxy
  group haproxy
  nbthread 2
  maxconn 2048
  hard-stop-after 3s
defaults
  mode http
  timeout connect 5s
  timeout server 30s
frontend shop from ja4
  bind ${server.ipv4}:443,[${server.ipv6}]:443 ssl crt ${folder}/server.pem alpn h2,http/1.1
  timeout client 30s
  timeout http-request 10s
  timeout http-keep-alive 5s
  compression algo gzip
  compression type text/html text/plain text/css text/javascript image/svg+xml application/json
  option forwardfor
  http-request set-header X-Forwarded-Proto https
  default_backend shop
backend shop
  server shop 127.0.0.1:${backendPort}
`;
}

/** Starts a real HAProxy with HTTP/2, which passes every path to the backend. */
export async function startHaproxy(options: ServerOptions): Promise<WebServer> {
  const { folder, certificates } = options;
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const pem = await Promise.all([certificates.certificate, certificates.key].map((file) => readFile(file)));
  await writeFile(join(folder, 'server.pem'), Buffer.concat(pem), { mode: 0o600 });
  const source = join(folder, 'ja4.cfg');
  await copySourceFile('haproxy.cfg', source, [
    ['/run/ja4/http.socket', options.socketPath],
    ['JA4_SERVER_ID web1', `JA4_SERVER_ID ${options.serverId ?? 'testbed'}`],
  ]);
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, configuration(options));
  return startServerProgram({
    name: 'HAProxy',
    network: options.network,
    command: ['haproxy', '-db', '-f', source, '-f', file],
    gracefulSignal: 'SIGUSR1',
  });
}
