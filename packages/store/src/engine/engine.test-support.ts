import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connectStore, type Store } from '../connect.ts';
import { type Role, readStorePassword } from './credentials.ts';
import { type EngineOptions, type EngineService, startEngine } from './start-engine.ts';

/** A running engine on a folder of its own, with a client per role. */
export interface TestEngine {
  engine: EngineService;
  dataDir: string;
  admin: Store;
  connect(role: Role): Store;
  stop(): Promise<void>;
}

/** An empty folder that `startEngine` can use. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ja4-store-'));
}

/** Starts an engine for a test file. */
export async function startTestEngine(options: Partial<EngineOptions> = {}): Promise<TestEngine> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const log = pino({ level: 'silent' });
  const engine = await startEngine({ port: 0, log, memoryLimitBytes: 800_000_000, ...options, dataDir });
  const stores: Store[] = [];
  const connect = (role: Role): Store => {
    const store = connectStore({
      url: engine.url,
      username: role,
      password: readStorePassword(dataDir, role),
    });
    stores.push(store);
    return store;
  };
  return {
    engine,
    dataDir,
    admin: connect('admin'),
    connect,
    async stop() {
      await Promise.all(stores.map((store) => store.close()));
      await engine.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A response as it came. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** A request without the client, as any other program would send it. */
export function send(
  server: TestEngine,
  path: string,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
    login?: boolean;
  } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const login = {
    'X-ClickHouse-User': 'default',
    'X-ClickHouse-Key': readStorePassword(server.dataDir),
  };
  const headers = { ...(options.login === false ? {} : login), ...options.headers };
  const method = options.method ?? (options.body === undefined ? 'GET' : 'POST');
  request(`${server.engine.url}${path}`, { method, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
    );
    response.on('error', reject);
  })
    .on('error', reject)
    .end(options.body);
  return promise;
}
