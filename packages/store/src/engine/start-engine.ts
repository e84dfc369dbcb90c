import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { EngineCounters } from './counters.ts';
import { ensurePasswords } from './credentials.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { guardContext } from './guard-context.ts';
import { type HttpServer, listen } from './http-server.ts';
import { InsertBodies } from './insert-body.ts';
import { OnceInserts } from './insert-once.ts';
import { Lane } from './lane.ts';
import { memoryShare } from './memory-share.ts';
import { EngineSessions } from './sessions.ts';
import { StatementRunner } from './statement-runner.ts';
import { TableFolders } from './table-folders.ts';

/** Options of the embedded engine; `port` 0 takes a free one. */
export interface EngineOptions {
  /** Folder that holds everything the engine writes; made if absent. */
  dataDir: string;
  /** A loopback address or name; default 127.0.0.1. */
  host?: string;
  port: number;
  log: Logger;
  /** For the whole process, in bytes; default 1.5 GB. See `memoryShare` for small ones. */
  memoryLimitBytes?: number;
  /** Statements that may read at the same time; default 2. */
  readers?: number;
  /** Largest body of one INSERT, in bytes; default 1 GiB. */
  insertLimitBytes?: number;
  /** Whether an INSERT with a token is on disk, and not only with the kernel, when it is answered; default true. */
  fsync?: boolean;
}

/** A running embedded ClickHouse. */
export interface EngineService {
  /** `http://127.0.0.1:8123`, without credentials. */
  readonly url: string;
  counters(): Record<string, number>;
  ready(): { ok: boolean; why?: string };
  /** Lets running statements end (30 s at most), then closes the engine. */
  stop(): Promise<void>;
}

const loopback = new Set(['127.0.0.1', 'localhost', '::1']);
const stopGraceMs = 30_000;
const killGraceMs = 5_000;
/** chDB binds one data folder per process. */
let openDataDir: string | undefined;

function operatorError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/**
 * Starts ClickHouse in this process behind its HTTP interface.
 * Passwords are made on the first start; see `readStorePassword`.
 * @throws Error with `code` STORE_NOT_LOOPBACK, STORE_ALREADY_RUNNING, STORE_CANNOT_OPEN, EADDRINUSE, …, saying
 *   what to do
 */
export async function startEngine(options: EngineOptions): Promise<EngineService> {
  const host = options.host ?? '127.0.0.1';
  if (!loopback.has(host))
    throw operatorError(
      'STORE_NOT_LOOPBACK',
      `The embedded store listens on loopback only, not on ${host}: its traffic is not encrypted. ` +
        'Use 127.0.0.1, or a ClickHouse server of your own (store.url) for several machines.',
    );
  const dataDir = resolve(options.dataDir);
  if (openDataDir !== undefined)
    throw operatorError(
      'STORE_ALREADY_RUNNING',
      `This process already runs a store on ${openDataDir}; stop it first, or start the other in a process of its own.`,
    );
  openDataDir = dataDir;
  try {
    return await open(dataDir, host, options);
  } catch (error) {
    openDataDir = undefined;
    throw error;
  }
}

async function open(dataDir: string, host: string, options: EngineOptions): Promise<EngineService> {
  const folder = await openDataFolder(dataDir, options.fsync ?? true, options.log);
  try {
    return await openEngine(dataDir, folder, host, options);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function openEngine(
  dataDir: string,
  folder: DataFolder,
  host: string,
  options: EngineOptions,
): Promise<EngineService> {
  const counters = new EngineCounters();
  const read = new Lane('read', options.readers ?? 2, 200);
  const write = new Lane('write', 1, 200);
  const fsync = options.fsync ?? true;
  const limits = {
    memory: memoryShare(options.memoryLimitBytes ?? 1_500_000_000),
    threads: availableParallelism(),
    fsync,
  };
  const sessions = await EngineSessions.open(dataDir, limits, [read, write]);
  let server: HttpServer;
  let runner: StatementRunner;
  try {
    const passwords = ensurePasswords(dataDir);
    const bodies = new InsertBodies(dataDir, options.insertLimitBytes ?? 2 ** 30);
    const context = guardContext((sql) => sessions.list(sql));
    const once = new OnceInserts(sessions, folder, {
      tables: new TableFolders(sessions, dataDir),
      fsync,
      log: options.log,
    });
    runner = new StatementRunner(sessions, { read, write }, bodies, counters, context, once);
    const version = sessions.version();
    server = await listen({
      host,
      port: options.port,
      passwords,
      runner,
      settingNames: context.settings,
      counters,
      version,
      ping: () => sessions.ping(),
      log: options.log,
    });
    options.log.info({ url: server.url, dataDir, version }, 'store is ready');
  } catch (error) {
    await sessions.close();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const drain = async (graceMs: number): Promise<void> => {
      await Promise.all([read.close(graceMs), write.close(graceMs)]);
    };
    const drained = drain(stopGraceMs).then(async () => {
      if (read.running + write.running === 0) return;
      options.log.warn({ read: read.running, write: write.running }, 'stopping statements that still run');
      await sessions.killAll();
      await drain(killGraceMs);
    });
    await server.close(drained);
    // Closing the last connections has ended streamed results that nobody read.
    await drain(killGraceMs);
    await runner.close();
    await sessions.close();
    await folder.close();
    openDataDir = undefined;
    options.log.info('store stopped');
  };
  return {
    url: server.url,
    counters: () => ({
      ...counters.snapshot(),
      read_running: read.running,
      read_waiting: read.waiting,
      write_running: write.running,
      write_waiting: write.waiting,
      memory_rss_bytes: process.memoryUsage.rss(),
    }),
    ready: () => (stopping === undefined ? { ok: true } : { ok: false, why: 'the store is stopping' }),
    stop: () => (stopping ??= stop()),
  };
}
