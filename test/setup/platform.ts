import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../packages/cli/bin/ja4.js', import.meta.url));

/** Chromium as the tests start it: no background traffic, since this machine has no outside. */
export const chromium = {
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

/** What a finished command gave. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ja4` with arguments to its end; `inside` begins the command line, e.g. to be in a namespace. */
export function ja4(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  inside: readonly string[] = [],
): Finished {
  const [program = '', ...rest] = [...inside, process.execPath, launcher, ...args];
  const result = spawnSync(program, rest, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    timeout: 240_000,
    maxBuffer: 1 << 28,
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

/** Ports that nobody listens on right now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A fresh data folder and ports of its own, so that tests disturb neither each other nor a running platform. */
export async function isolation(): Promise<{
  environment: NodeJS.ProcessEnv;
  dataDir: string;
  remove: () => void;
}> {
  const dataDir = mkdtempSync(join(tmpdir(), 'ja4-test-'));
  const [storePort, dashboardPort] = await freePorts(2);
  return {
    dataDir,
    environment: {
      JA4_DATA_DIR: dataDir,
      JA4_STORE_PORT: String(storePort),
      JA4_DASHBOARD_PORT: String(dashboardPort),
      JA4_SERVICES_HEALTH_PORT: '0',
    },
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

/** A running `ja4 up`. */
export class Platform {
  readonly #process: ChildProcess;
  #output = '';
  readonly #ended: Promise<number | null>;

  /** @param inside begins the command line, e.g. to be in a namespace. */
  constructor(args: readonly string[], environment: NodeJS.ProcessEnv, inside: readonly string[] = []) {
    const [program = '', ...rest] = [...inside, process.execPath, launcher, 'up', ...args];
    this.#process = spawn(program, rest, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.#ended = new Promise((resolve) => this.#process.on('exit', (code) => resolve(code)));
  }

  /** Everything printed so far, both streams. */
  get output(): string {
    return this.#output;
  }

  /** Waits until the output matches, from a position on; the match, or an error with the whole output. */
  async waitFor(pattern: RegExp, { timeoutMs = 90_000, from = 0 } = {}): Promise<RegExpExecArray> {
    const end = performance.now() + timeoutMs;
    while (performance.now() < end) {
      const match = pattern.exec(this.#output.slice(from));
      if (match !== null) return match;
      if (this.#process.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no ${pattern} in the output of ja4 up:\n${this.#output}`);
  }

  /** Process id of the newest run of a service, as the supervisor said it. */
  pidOf(service: string): number {
    const all = [
      ...this.#output.matchAll(new RegExp(`^${service} (?:runs|is back) \\(process (\\d+)\\)$`, 'gm')),
    ];
    const pid = Number(all.at(-1)?.[1]);
    if (!Number.isInteger(pid)) throw new Error(`${service} never ran:\n${this.#output}`);
    return pid;
  }

  /** Asks it to stop; its exit status. */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode === null) this.#process.kill('SIGTERM');
    return await this.#ended;
  }
}

/** Calls until the answer is defined, every 200 ms. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  timeoutMs = 60_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(
    `${what}: not within ${timeoutMs / 1000} s${last === undefined ? '' : ` (${String(last)})`}`,
  );
}
