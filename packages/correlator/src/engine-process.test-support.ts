import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectStore, migrate, readStorePassword, type Store, startEngine } from '@ja4/store';
import { pino } from 'pino';

/** The embedded engine in a process of its own, so that a test can kill it and start it again. */
export interface EngineProcess {
  readonly store: Store;
  /** SIGKILL: nothing is flushed. */
  kill(): Promise<void>;
  /** On the same port and folder. */
  start(): Promise<void>;
  /** Kills it and removes its folder. */
  remove(): Promise<void>;
}

const thisFile = fileURLToPath(import.meta.url);

async function run(dataDir: string, port: number) {
  const child = fork(thisFile, [dataDir, String(port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [url] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
  if (typeof url !== 'string') throw new Error('the engine did not start');
  return { child, url };
}

/** A free port below those that the system gives to outgoing connections, one of which could take it meanwhile. */
async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Starts an engine on a new folder, with the schema applied. */
export async function startEngineProcess(): Promise<EngineProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'ja4-correlator-'));
  let running = await run(dataDir, await lastingPort());
  const { url } = running;
  const store = connectStore({ url, password: readStorePassword(dataDir) });
  await migrate(store);
  const kill = async () => {
    if (running.child.exitCode !== null || running.child.signalCode !== null) return;
    const exited = once(running.child, 'exit');
    running.child.kill('SIGKILL');
    await exited;
  };
  return {
    store,
    kill,
    start: async () => {
      running = await run(dataDir, Number(new URL(url).port));
    },
    remove: async () => {
      await store.close();
      await kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The rows of a query. */
export async function select<T>(store: Store, query: string): Promise<T[]> {
  const result = await store.client.query({ query, format: 'JSONEachRow' });
  return result.json<T>();
}

// The child: this file, started with a folder and a port.
if (process.argv[1] === thisFile) {
  const [, , dataDir = '', port] = process.argv;
  const engine = await startEngine({ dataDir, port: Number(port), log: pino({ level: 'silent' }) });
  process.once('disconnect', () => process.exit());
  process.send?.(engine.url);
}
