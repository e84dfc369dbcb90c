import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Certificates } from './certificates.ts';
import { type Network, server } from './network.ts';
import { run, start } from './run.ts';
import { pause } from './time.ts';

export interface ApacheOptions {
  readonly network: Network;
  readonly certificates: Certificates;
  /** The site made by `makeSite`. */
  readonly site: string;
  /** Where it writes its configuration, log and process id. */
  readonly folder: string;
  /** The receiver's datagram socket, which the module reports to. */
  readonly socketPath: string;
  readonly serverId?: string;
}

export interface Apache {
  stop(): Promise<void>;
}

const modules = [
  ...[
    'mpm_event',
    'authz_core',
    'authz_host',
    'mime',
    'dir',
    'alias',
    'env',
    'setenvif',
    'headers',
    'expires',
  ],
  ...['deflate', 'filter', 'cgid', 'ssl', 'socache_shmcb', 'http2'],
];
const moduleFolder = resolve(import.meta.dirname, '../../modules/mod_reqin_log');
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

function configuration(options: ApacheOptions): string {
  const { folder, site, certificates } = options;
  return `ServerRoot /usr/lib/apache2
${modules.map((name) => `LoadModule ${name}_module modules/mod_${name}.so`).join('\n')}
LoadModule reqin_log_module ${moduleFile}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel warn
TypesConfig /etc/mime.types
User www-data
Group www-data
Listen ${server.ipv4}:443
Listen [${server.ipv6}]:443
ServerName ${server.name}
Protocols h2 http/1.1
ThreadsPerChild 64
MaxRequestWorkers 384
KeepAlive On
KeepAliveTimeout 5
MaxKeepAliveRequests 100
SSLSessionCache shmcb:${folder}/tls-sessions(512000)
ScriptSock ${folder}/cgi.sock
DocumentRoot ${site}/public
<Directory ${site}/public>
  Require all granted
  DirectoryIndex index.html
  AddOutputFilterByType DEFLATE text/html text/css application/javascript application/json
</Directory>
<Directory ${site}/handlers>
  Require all granted
</Directory>
ScriptAliasMatch "^/(search|login|account|cart|contact|api/stock)$" "${site}/handlers/shop.pl"
ExpiresActive On
ExpiresByType text/css "access plus 1 day"
ExpiresByType image/png "access plus 1 day"
ExpiresByType text/javascript "access plus 1 day"
ExpiresByType application/javascript "access plus 1 day"
ExpiresByType font/ttf "access plus 1 day"
Header set Cache-Control "no-cache" "expr=%{CONTENT_TYPE} =~ m#^text/html#"
Header set Set-Cookie "visitor=%t; Path=/; Max-Age=86400; Secure; HttpOnly" "expr=%{CONTENT_TYPE} =~ m#^text/html# && -z %{HTTP_COOKIE}"
ErrorDocument 404 /not-found.html
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

/** Starts a real Apache (event MPM, HTTP/2, mod_reqin_log, built if need be) for the shop and waits until it listens. */
export async function startApache(options: ApacheOptions): Promise<Apache> {
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
