import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connectStore, type Databases, type Store } from './connect.ts';
import { readStorePassword } from './engine/credentials.ts';
import { startEngine } from './engine/start-engine.ts';

/** For tests: the embedded engine in a folder of its own, and stores in it. */
export interface TemporaryEngine {
  /** A connection for given database names; closed with the engine. */
  store(databases?: Databases): Store;
  stop(): Promise<void>;
}

/** Starts an engine in a new temporary folder, which `stop` removes. One per process. */
export async function startTemporaryEngine(): Promise<TemporaryEngine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ja4-store-'));
  const engine = await startEngine({ dataDir, port: 0, log: pino({ level: 'silent' }) });
  const stores: Store[] = [];
  return {
    store: (databases) => {
      const password = readStorePassword(dataDir);
      const store = connectStore({ url: engine.url, password, ...(databases ? { databases } : {}) });
      stores.push(store);
      return store;
    },
    stop: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
