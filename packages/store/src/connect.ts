import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

/** Names of the two databases that everything lives in; a demo has its own pair. */
export interface Databases {
  logs: string;
  processing: string;
}

/** A connection to ClickHouse, embedded or not, and the databases to use there. */
export interface Store {
  readonly client: ClickHouseClient;
  readonly databases: Databases;
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
}

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A client of ClickHouse's HTTP interface; opens no connection before the first statement. */
export function connectStore(options: StoreOptions): Store {
  const near = loopback.has(new URL(options.url).hostname);
  const client = createClient({
    url: options.url,
    username: options.username ?? 'default',
    password: options.password ?? '',
    application: 'ja4-platform',
    // The longest statements are the detector's; the embedded engine gives up reading after 300 s itself.
    request_timeout: 310_000,
    max_open_connections: 16,
    // Below the embedded server's 10 s and a ClickHouse server's 10 s, so that no request meets a closing socket.
    keep_alive: { enabled: true, idle_socket_ttl: 5_000 },
    // Servers differ in their default; a number would lose digits of nanoseconds and hashes.
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    compression: { request: !near, response: !near },
    log: { level: ClickHouseLogLevel.OFF },
  });
  return {
    client,
    databases: options.databases ?? { logs: 'ja4_logs', processing: 'ja4_processing' },
    close: () => client.close(),
  };
}
