import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { certificate } from './http2-listener.ts';
import { program } from './needs.ts';
import { freePorts } from './platform.ts';

/** mod_reqin_log's folder. */
export const moduleFolder = fileURLToPath(new URL('../../modules/mod_reqin_log/', import.meta.url));

/** What an Apache with the module needs of the machine. */
export const apacheNeeds = [
  program('apache2'),
  program('apxs', 'apache2-dev'),
  program('make', 'build-essential'),
  program('openssl'),
];

/**
 * Builds the module and returns its file.
 *
 * @throws what the compiler said
 */
export function buildModule(kind: 'plain' | 'sanitized' = 'plain'): string {
  const made = spawnSync('make', ['-s', '-C', moduleFolder, ...(kind === 'plain' ? [] : ['sanitized'])], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`mod_reqin_log was not built:\n${made.stdout}${made.stderr}`);
  return join(moduleFolder, kind === 'plain' ? 'build' : 'build/sanitized', 'mod_reqin_log.so');
}

export interface ApacheOptions {
  readonly mpm?: 'event' | 'worker' | 'prefork';
  /** Directives of the main server, the module's among them. */
  readonly configuration: string;
  /** More directives of the virtual hosts; `plain` speaks HTTP and h2c, `tls` HTTPS and h2, `extra` as `plain`. */
  readonly hosts?: { readonly plain?: string; readonly tls?: string; readonly extra?: string };
  /** Directives of further virtual hosts by name, on the port of `plain`. */
  readonly named?: Readonly<Record<string, string>>;
  /** Names of further Apache modules, for example `remoteip`. */
  readonly modules?: readonly string[];
  /** File of mod_reqin_log; undefined = built if need be, null = an Apache without it. */
  readonly module?: string | null;
  /** Size of the process pool; default one child that stays, with 16 threads. */
  readonly pool?: string;
  /** Command before `apache2` that executes it in its own place, for example a memory checker. */
  readonly around?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** One process without children, so that a memory checker sees it end. */
  readonly single?: boolean;
  /** How long it may take to listen, in milliseconds. */
  readonly patienceMs?: number;
}

const baseModules = ['authz_core', 'authz_host', 'mime', 'dir', 'setenvif', 'ssl', 'socache_shmcb', 'http2'];
const threadPool =
  'ServerLimit 1\nStartServers 1\nThreadsPerChild 16\nMaxRequestWorkers 16\nMaxSpareThreads 16';
const processPool = 'StartServers 4\nMinSpareServers 4\nMaxSpareServers 8\nMaxRequestWorkers 8';

/** A running Apache on 127.0.0.1 in a folder of its own, which everybody may read. */
export class Apache {
  readonly folder: string;
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly extraPort: number;
  readonly #process: ChildProcess;
  #said = '';

  private constructor(folder: string, ports: readonly number[], process: ChildProcess) {
    this.folder = folder;
    [this.plainPort = 0, this.tlsPort = 0, this.extraPort = 0] = ports;
    this.#process = process;
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /** A folder for `start`, to put sockets into before Apache runs. */
  static newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'ja4-apache-'));
    chmodSync(folder, 0o755);
    return folder;
  }

  /**
   * @param folder of `newFolder`; removed by `stop`
   * @throws with the error log's last lines when it does not listen in time
   */
  static async start(folder: string, options: ApacheOptions): Promise<Apache> {
    const ports = await freePorts(3);
    const module = options.module === undefined ? buildModule() : options.module;
    writeSite(folder);
    writeFileSync(join(folder, 'httpd.conf'), configuration(folder, ports, { ...options, module }));
    const [command = '', ...args] = [
      ...(options.around ?? []),
      ...[apacheProgram(), '-f', join(folder, 'httpd.conf'), options.single ? '-X' : '-DFOREGROUND'],
    ];
    const started = spawn(command, args, {
      // A group of its own: Apache ends its whole process group with itself.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...options.environment },
    });
    const apache = new Apache(folder, ports, started);
    await apache.#untilListening(options.patienceMs ?? 15_000);
    return apache;
  }

  async #untilListening(patienceMs: number): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!existsSync(join(this.folder, 'pid'))) {
      if (this.#process.exitCode !== null || performance.now() > end) {
        const why = `${this.errorLog()}\n${this.#said}`;
        await this.stop();
        throw new Error(`Apache does not listen: ${why.trim().split('\n').slice(-5).join(' / ')}`);
      }
      await pause(20);
    }
  }

  /** The parent process: commands around it are such that become it. */
  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error('Apache was not started');
    return pid;
  }

  /** Whether the parent process runs. */
  get runs(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  errorLog(): string {
    const file = join(this.folder, 'error.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** What the process wrote to its standard error so far. */
  get said(): string {
    return this.#said;
  }

  /** Reads the configuration anew; requests that run are finished by the old children. */
  graceful(): void {
    this.#process.kill('SIGUSR1');
  }

  /** Ends it (abruptly after 20 s) and removes the folder. */
  async stop(): Promise<void> {
    const end = setTimeout(() => this.#process.kill('SIGKILL'), 20_000);
    if (this.runs) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exit;
    }
    clearTimeout(end);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const apacheProgram = () => (existsSync('/usr/sbin/apache2') ? '/usr/sbin/apache2' : 'apache2');

function writeSite(folder: string): void {
  const site = join(folder, 'public');
  mkdirSync(join(site, 'folder'), { recursive: true });
  writeFileSync(join(site, 'index.html'), '<!doctype html><title>A page</title><p>Hello.</p>\n');
  writeFileSync(join(site, 'small.txt'), `${'0123456789abcdef'.repeat(63)}0123456789abcde\n`);
  const { key, cert } = certificate();
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(join(folder, 'cert.pem'), cert);
}

function configuration(
  folder: string,
  [plain, tls, extra]: readonly number[],
  { mpm = 'event', modules = [], module, hosts = {}, named = {}, pool, configuration }: ApacheOptions,
): string {
  const root = process.getuid?.() === 0;
  return `ServerRoot /usr/lib/apache2
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
ServerName localhost
LoadModule mpm_${mpm}_module modules/mod_mpm_${mpm}.so
${[...baseModules, ...modules].map((name) => `LoadModule ${name}_module modules/mod_${name}.so`).join('\n')}
${module === null ? '' : `LoadModule reqin_log_module ${module}`}
${root ? 'User www-data\nGroup www-data' : ''}
${pool ?? (mpm === 'prefork' ? processPool : threadPool)}
LogLevel warn
TypesConfig /etc/mime.types
DocumentRoot ${folder}/public
KeepAlive On
KeepAliveTimeout 5
MaxKeepAliveRequests 0
GracefulShutdownTimeout 5
SSLSessionCache shmcb:${folder}/tls-sessions(512000)
Listen 127.0.0.1:${plain}
Listen 127.0.0.1:${tls} https
Listen 127.0.0.1:${extra}
${configuration}
<VirtualHost 127.0.0.1:${plain}>
  Protocols h2c http/1.1
  ${hosts.plain ?? ''}
</VirtualHost>
<VirtualHost 127.0.0.1:${tls}>
  Protocols h2 http/1.1
  SSLEngine On
  SSLCertificateFile ${folder}/cert.pem
  SSLCertificateKeyFile ${folder}/key.pem
  ${hosts.tls ?? ''}
</VirtualHost>
<VirtualHost 127.0.0.1:${extra}>
  Protocols h2c http/1.1
  ${hosts.extra ?? ''}
</VirtualHost>
${Object.entries(named)
  .map(
    ([name, directives]) => `<VirtualHost 127.0.0.1:${plain}>
  Protocols h2c http/1.1
  ServerName ${name}
  ${directives}
</VirtualHost>
`,
  )
  .join('')}`;
}
