import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectStore,
  type Databases,
  loadReferenceData,
  migrate,
  onCluster,
  type Retention,
  type Role,
  readStorePassword,
  type Store,
  startEngine,
  type Topology,
} from '@ja4/store';
import type { Logger } from 'pino';
import { engineDir } from '../config/folders.ts';
import type { Settings } from '../config/load-config.ts';
import { operatorError } from '../operator-error.ts';

/** Which databases a command works on: the real site's, or those of the bundled sample. */
export type Dataset = 'live' | 'demo';

/** Address of the store that the settings name, the embedded one if they name none. */
export function storeUrl(settings: Settings): string {
  return settings.store.url ?? `http://127.0.0.1:${settings.store.port}`;
}

/** Names of the two databases of a data set. */
export function databasesOf(settings: Settings, dataset: Dataset): Databases {
  const prefix = dataset === 'demo' ? 'demo_' : '';
  return {
    logs: `${prefix}${settings.store.logs_database}`,
    processing: `${prefix}${settings.store.processing_database}`,
  };
}

/** Name and password for a role: the embedded store has a user for each, a server of one's own has one for all. */
function loginOf(settings: Settings, role: Role): { username: string; password?: string } {
  const { user, password, url } = settings.store;
  if (url !== undefined) return password === undefined ? { username: user } : { username: user, password };
  const username = role === 'admin' ? 'default' : role;
  return { username, password: readStorePassword(engineDir(settings), role) };
}

/** Whether the tables are the embedded engine's, a server's, or spread over a cluster. */
export function topologyOf({ store: { url, cluster, user, password } }: Settings): Topology {
  if (url === undefined) return { kind: 'embedded' };
  // A server's dictionaries read as the user `default` without a password, unless they are told otherwise.
  const needsLogin = user !== 'default' || password !== undefined;
  const login = needsLogin ? { dictionaryLogin: { user, password: password ?? '' } } : {};
  return cluster === undefined ? { kind: 'server', ...login } : { kind: 'cluster', cluster, ...login };
}

/** How long tables keep their rows. */
export function retentionOf({ store }: Settings): Retention {
  return { days: store.retention_days, overrides: store.retention_overrides };
}

/**
 * A client of the store that the settings name, with no more rights than the role needs; it does not connect
 * before the first query. What is not answered within `requestTimeoutMs` fails, so that a store that hangs holds
 * nobody.
 */
export function openStore(
  settings: Settings,
  dataset: Dataset,
  role: Role,
  options: { readonly requestTimeoutMs?: number } = {},
): Store {
  return connectStore({
    url: storeUrl(settings),
    ...loginOf(settings, role),
    databases: databasesOf(settings, dataset),
    topology: topologyOf(settings),
    ...options,
  });
}

/** What to tell the operator about a store that does not answer, or not as one: where it is, and what to do. */
export function storeFailure(settings: Settings, error: unknown): Error {
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const why = /^\s*</.test(reason) ? 'what answers there is not ClickHouse' : reason.replace(/\.\s*$/, '');
  const advice =
    settings.store.url === undefined
      ? 'see what `ja4 doctor` says'
      : 'start it, or correct store.url, store.user and store.password';
  return operatorError('STORE_NOT_READY', `the store at ${storeUrl(settings)}: ${why}; ${advice}`);
}

/** Asked before anything else, so that a store that hangs is found out in seconds. */
const pingTimeoutMs = 10_000;

async function ping(store: Store): Promise<{ success: true } | { success: false; error: Error }> {
  const signal = AbortSignal.timeout(pingTimeoutMs);
  const pong = await store.client.ping({ select: false, abort_signal: signal });
  if (pong.success) return pong;
  const silent = new Error(`no answer within ${pingTimeoutMs / 1000} s`);
  return { success: false, error: signal.aborted ? silent : pong.error };
}

async function answers(store: Store): Promise<boolean> {
  try {
    return (await ping(store)).success;
  } catch {
    return false;
  }
}

async function runningStore(settings: Settings, dataset: Dataset): Promise<Store | undefined> {
  let store: Store;
  try {
    store = openStore(settings, dataset, 'admin');
  } catch (error) {
    // No password file: the embedded store has never run here, so none is running.
    if (settings.store.url === undefined) return undefined;
    throw error;
  }
  if (settings.store.url !== undefined || (await answers(store))) return store;
  await store.close();
  return undefined;
}

/**
 * Runs `work` on a store as it is: `store.url` or the running embedded store, otherwise an embedded one that
 * is started for this purpose and stopped afterwards.
 */
export async function withStoreAsItIs<T>(
  settings: Settings,
  dataset: Dataset,
  log: Logger,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const running = await runningStore(settings, dataset);
  if (running === undefined) {
    return withEngine(engineDir(settings), settings, databasesOf(settings, dataset), log, work);
  }
  try {
    const pong = await ping(running);
    if (!pong.success) throw storeFailure(settings, pong.error);
    return await work(running);
  } finally {
    await running.close();
  }
}

/** As `withStoreAsItIs`, with the tables in place. */
export function withStore<T>(
  settings: Settings,
  dataset: Dataset,
  log: Logger,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  return withStoreAsItIs(settings, dataset, log, async (store) => {
    await prepareStore(store, settings).catch((error: unknown) => {
      throw storeFailure(settings, error);
    });
    return work(store);
  });
}

/** As `withStore`, on an empty embedded store in a temporary folder that is removed afterwards. */
export async function withTemporaryStore<T>(
  settings: Settings,
  log: Logger,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ja4-store-'));
  try {
    return await withEngine(folder, settings, databasesOf(settings, 'demo'), log, async (store) => {
      await prepareStore(store, settings);
      return work(store);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function withEngine<T>(
  dataDir: string,
  settings: Settings,
  databases: Databases,
  log: Logger,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { fsync } = settings.store;
  const engine = await startEngine({ dataDir, port: 0, log, fsync, ...memoryLimit(settings) });
  const store = connectStore({ url: engine.url, password: readStorePassword(dataDir), databases });
  try {
    return await work(store);
  } finally {
    await store.close();
    await engine.stop();
  }
}

export function memoryLimit(settings: Settings): { memoryLimitBytes?: number } {
  const megabytes = settings.store.memory_limit_mb;
  return megabytes === undefined ? {} : { memoryLimitBytes: megabytes * 1_048_576 };
}

/**
 * Brings the tables to the current version, lets them keep their rows as long as the settings say, and brings the
 * reference lists in; a no-op where all of it is so.
 */
export async function prepareStore(store: Store, settings: Settings): Promise<void> {
  await migrate(store, { retention: retentionOf(settings) });
  await loadReferenceData(store);
}

/** Removes both databases with everything in them. */
export async function dropDatabases(store: Store): Promise<void> {
  for (const database of [store.databases.processing, store.databases.logs]) {
    await store.client.command({
      query: `DROP DATABASE IF EXISTS {database:Identifier}${onCluster(store.topology)} SYNC`,
      query_params: { database },
    });
  }
}
