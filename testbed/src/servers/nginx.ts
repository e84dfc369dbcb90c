import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { server } from '../network.ts';
import { cacheRules, dynamicPattern } from '../site/dynamic-paths.ts';
import type { ServerOptions, WebServer } from './server.ts';
import { startServerProgram } from './server-program.ts';
import { copySourceFile } from './source-file.ts';

/** The shop, with docs/sources/nginx.conf or nginx-njs.conf included as an operator would. */
function configuration({ folder, site, certificates, backendPort }: ServerOptions, modules: string): string {
  return `${modules}
daemon off;
user www-data;
worker_processes 2;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 2048; }
http {
  include /etc/nginx/mime.types;
  types { application/manifest+json webmanifest; font/ttf ttf; }
  default_type application/octet-stream;
  charset utf-8;
  charset_types text/css text/javascript application/javascript text/plain;
  include ${folder}/ja4.conf;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server_tokens off;
  sendfile on;
  keepalive_timeout 5s;
  keepalive_requests 100;
  gzip on;
  gzip_types text/plain text/css text/javascript application/javascript image/svg+xml application/json
    application/rss+xml application/xml;
  upstream shop { server 127.0.0.1:${backendPort}; keepalive 16; }
  server {
    listen ${server.ipv4}:443 ssl http2;
    listen [${server.ipv6}]:443 ssl http2;
    server_name ${server.name};
    ssl_certificate ${certificates.certificate};
    ssl_certificate_key ${certificates.key};
    ssl_session_cache shared:tls:1m;
    root ${site}/public;
    index index.html;
    error_page 403 404 =404 /not-found.html;
    location ~ "${dynamicPattern}" {
      proxy_pass http://shop;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
${cacheRules.map(([prefix, value]) => `    location ${prefix} { add_header Cache-Control "${value}" always; }`).join('\n')}
  }
}
`;
}

/** Starts a real nginx with HTTP/2, which serves files and passes dynamic paths to the backend. */
async function start(options: ServerOptions, source: string, modules = ''): Promise<WebServer> {
  const { folder, network } = options;
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const serverId = options.serverId ?? 'testbed';
  if (modules !== '') await copySourceFile('ja4.js', join(folder, 'ja4.js'), [["'web1'", `'${serverId}'`]]);
  await copySourceFile(source, join(folder, 'ja4.conf'), [
    ['/run/ja4/http.socket', options.socketPath],
    modules === '' ? ['"web1"', `"${serverId}"`] : ['/etc/nginx/ja4.js', join(folder, 'ja4.js')],
  ]);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(options, modules));
  const logFile = join(folder, 'error.log');
  return startServerProgram({
    name: 'nginx',
    network,
    command: ['nginx', '-e', logFile, '-c', file],
    gracefulSignal: 'SIGQUIT',
    logFile,
  });
}

/** nginx as it is: no header order. */
export const startNginx = (options: ServerOptions) => start(options, 'nginx.conf');

/** nginx with njs, which knows the header order. */
export const startNginxNjs = (options: ServerOptions) =>
  start(options, 'nginx-njs.conf', 'load_module /usr/lib/nginx/modules/ngx_http_js_module.so;');
