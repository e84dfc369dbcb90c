import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client';
import type { Topology } from './topology/topology.ts';

/** Names of the two databases that everything lives in; a demo has its own pair. */
export interface Databases {
  logs: string;
  processing: string;
}

/** A connection to ClickHouse, embedded or not, and the databases to use there. */
export interface Store {
  readonly client: ClickHouseClient;
  readonly databases: Databases;
  readonly topology: Topology;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** HTTP address, e.g. `http://127.0.0.1:8123`. */
  url: string;
  /** Default `default`. */
  username?: string;
  password?: string;
  /** Default `ja4_logs` and `ja4_processing`. */
  databases?: Databases;
  /** Default: the embedded engine. */
  topology?: Topology;
  /** How long a statement may be without an answer, in milliseconds; default 310 s. */
  requestTimeoutMs?: number;
}

const serverSettings: ClickHouseSettings = {
  // An insert is one block, with the token of its rows, and is stored when it is acknowledged.
  async_insert: 0,
};
const clusterSettings: ClickHouseSettings = {
  ...serverSettings,
  // Acknowledged by the shards themselves and not by the server that passes it on.
  distributed_foreground_insert: 1,
  // What a query joins is sent to all shards: features compare a visitor with those of other shards.
  distributed_product_mode: 'global',
};
const settingsOf: Readonly<Record<Topology['kind'], ClickHouseSettings>> = {
  embedded: {},
  server: serverSettings,
  cluster: clusterSettings,
};

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A client of ClickHouse's HTTP interface; opens no connection before the first statement. */
export function connectStore(options: StoreOptions): Store {
  const topology = options.topology ?? { kind: 'embedded' };
  const near = loopback.has(new URL(options.url).hostname);
  const client = createClient({
    url: options.url,
    username: options.username ?? 'default',
    password: options.password ?? '',
    application: 'ja4-platform',
    // The longest statements are the detector's; the embedded engine gives up reading after 300 s itself.
    request_timeout: options.requestTimeoutMs ?? 310_000,
    max_open_connections: 16,
    // Below the embedded server's 10 s and a ClickHouse server's 10 s, so that no request meets a closing socket.
    keep_alive: { enabled: true, idle_socket_ttl: 5_000 },
    // Servers differ in their default; a number would lose digits of nanoseconds and hashes.
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1, ...settingsOf[topology.kind] },
    compression: { request: !near, response: !near },
    log: { level: ClickHouseLogLevel.OFF },
  });
  return {
    client,
    databases: options.databases ?? { logs: 'ja4_logs', processing: 'ja4_processing' },
    topology,
    close: () => client.close(),
  };
}
