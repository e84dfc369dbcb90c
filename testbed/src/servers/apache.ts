import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { server } from '../network.ts';
import { run, start } from '../run.ts';
import { cacheRules, dynamicPattern } from '../site/dynamic-paths.ts';
import { pause } from '../time.ts';
import type { ServerOptions, WebServer } from './server.ts';

/** Multi-processing modules: processes only, or processes with threads. */
export type Mpm = 'event' | 'worker' | 'prefork';

export interface ApacheOptions extends ServerOptions {
  /** Default `event`. */
  readonly mpm?: Mpm;
}

const modules = [
  ...['authz_core', 'mime', 'dir', 'headers', 'filter', 'deflate', 'proxy', 'proxy_http'],
  ...['ssl', 'socache_shmcb', 'http2'],
];
const moduleFolder = resolve(import.meta.dirname, '../../../modules/mod_reqin_log');
const moduleFile = join(moduleFolder, 'build/mod_reqin_log.so');

const reportedHeaders = [
  ...['User-Agent', 'Accept', 'Accept-Encoding', 'Accept-Language', 'Content-Type', 'Referer'],
  ...['X-Request-Id', 'X-Trace-Id', 'X-Forwarded-For', 'Sec-CH-UA', 'Sec-CH-UA-Mobile', 'Sec-CH-UA-Platform'],
  ...[
    'Sec-Fetch-Dest',
    'Sec-Fetch-Mode',
    'Sec-Fetch-Site',
    'Sec-Fetch-User',
    'Origin',
    'DNT',
    'Priority',
    'TE',
  ],
];

/** Workers for about 400 connections at once; browsers keep several each. */
const workers: Record<Mpm, string> = {
  event: 'ThreadsPerChild 64\nMaxRequestWorkers 384',
  worker: 'ThreadsPerChild 64\nMaxRequestWorkers 384',
  prefork: 'MaxRequestWorkers 256',
};

function configuration(options: ApacheOptions): string {
  const { folder, site, certificates, mpm = 'event' } = options;
  return `ServerRoot /usr/lib/apache2
${[`mpm_${mpm}`, ...modules].map((name) => `LoadModule ${name}_module modules/mod_${name}.so`).join('\n')}
LoadModule reqin_log_module ${moduleFile}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel warn
TypesConfig /etc/mime.types
AddType application/manifest+json .webmanifest
AddType font/ttf .ttf
AddCharset utf-8 .html .css .js .txt
User www-data
Group www-data
Listen ${server.ipv4}:443
Listen [${server.ipv6}]:443
ServerName ${server.name}
Protocols h2 http/1.1
${workers[mpm]}
KeepAlive On
KeepAliveTimeout 5
MaxKeepAliveRequests 100
SSLSessionCache shmcb:${folder}/tls-sessions(512000)
DocumentRoot ${site}/public
<Directory ${site}/public>
  Require all granted
</Directory>
AddOutputFilterByType DEFLATE text/html text/plain text/css text/javascript image/svg+xml
AddOutputFilterByType DEFLATE application/json application/rss+xml application/xml
DeflateAlterETag NoChange
# The first that fits stays, and what the backend says stays before all.
${cacheRules
  .map(
    ([prefix, value]) => `<Location "${prefix}">\n  Header setifempty Cache-Control "${value}"\n</Location>`,
  )
  .join('\n')}
ErrorDocument 404 /not-found.html
<Proxy "http://127.0.0.1:${options.backendPort}">
  Require all granted
</Proxy>
ProxyPassMatch "${dynamicPattern}" "http://127.0.0.1:${options.backendPort}" keepalive=On ttl=30 timeout=20
<VirtualHost *:443>
  SSLEngine On
  SSLCertificateFile ${certificates.certificate}
  SSLCertificateKeyFile ${certificates.key}
</VirtualHost>
JsonSockLogEnabled On
JsonSockLogSocket ${options.socketPath}
JsonSockLogServerId ${options.serverId ?? 'testbed'}
JsonSockLogHeaders ${reportedHeaders.join(' ')}
JsonSockLogReconnectInterval 1
JsonSockLogErrorReportInterval 2
`;
}

/** Starts a real Apache with HTTP/2 and mod_reqin_log (built if need be), which passes dynamic paths to the backend. */
export async function startApache(options: ApacheOptions): Promise<WebServer> {
  await run('make', ['-s', '-C', moduleFolder]);
  await mkdir(options.folder, { recursive: true });
  await chmod(options.folder, 0o755);
  const file = join(options.folder, 'httpd.conf');
  await writeFile(file, configuration(options));
  const [program = '', ...args] = [...options.network.inside, 'apache2', '-f', file, '-DFOREGROUND'];
  const running = start(program, args);
  const pidFile = join(options.folder, 'apache.pid');
  for (let waited = 0; !existsSync(pidFile); waited += 50) {
    if (running.process.exitCode !== null || waited > 15_000) {
      const log = await readFile(join(options.folder, 'error.log'), 'utf8').catch(() => '');
      await running.stop();
      throw new Error(`Apache did not start; its log says: ${log.trim().split('\n').slice(-3).join(' / ')}`);
    }
    await pause(50);
  }
  return { stop: () => running.stop() };
}
