import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonModule } from '../../testbed/src/clients/needs.ts';
import { ipv4Of, ipv6Of, openShop, type ServerName, type Shop } from '../../testbed/src/index.ts';
import { addClient, type Client, runInside, server } from '../../testbed/src/network.ts';
import { type Need, program, root } from '../setup/needs.ts';
import { eventually, isolation, ja4, Platform } from '../setup/platform.ts';

/** What every test of a source of HTTP events needs beside its web server. */
export const sourceNeeds: readonly Need[] = [
  ...[root, program('ip', 'iproute2'), program('ss', 'iproute2'), program('gcc'), program('openssl')],
  ...[program('curl'), program('python3'), pythonModule('requests')],
];

/** A stored request, as far as the web server decides about it. */
interface StoredRequest {
  readonly source: string;
  readonly server_id: string;
  readonly src_ip: string;
  readonly dst_ip: string;
  readonly dst_port: number;
  readonly conn_id: string;
  readonly keepalives: number;
  readonly correlated: number;
  readonly ja4: string;
  readonly scheme: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly http_version: string;
  readonly status_code: number;
  readonly response_size: string;
  readonly duration_ms: number;
  readonly client_headers: string;
  readonly client_headers_order: string;
  readonly header_user_agent: string;
  readonly header_accept: string;
  readonly header_referer: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long ago the request began, in milliseconds. */
  readonly age_ms: string;
}

const text = (address: string) => `replaceOne(toString(${address}), '::ffff:', '') AS ${address}_text`;
const columns = `source, server_id, ${text('src_ip')}, ${text('dst_ip')}, dst_port, conn_id, keepalives,
  correlated, ja4, scheme, method, host, path, query, http_version, status_code, response_size, duration_ms,
  client_headers, client_headers_order, header_user_agent, header_accept, header_referer, headers,
  dateDiff('millisecond', time, now64(6)) AS age_ms`;

/** A row as the store gives it. */
type Answer = Omit<StoredRequest, 'src_ip' | 'dst_ip'> & { src_ip_text: string; dst_ip_text: string };

/** The testbed's shop behind one web server, with a platform that watches it, in a namespace of their own. */
export class WatchedShop {
  readonly four: Client;
  readonly six: Client;
  readonly #shop: Shop;
  readonly #platform: Platform;
  readonly #sockets: string;
  readonly #space: Awaited<ReturnType<typeof isolation>>;

  private constructor(parts: {
    shop: Shop;
    platform: Platform;
    sockets: string;
    space: Awaited<ReturnType<typeof isolation>>;
    clients: [Client, Client];
  }) {
    this.#shop = parts.shop;
    this.#platform = parts.platform;
    this.#sockets = parts.sockets;
    this.#space = parts.space;
    [this.four, this.six] = parts.clients;
  }

  static async open(name: ServerName): Promise<WatchedShop> {
    const space = await isolation();
    // Below a folder that the web server's user can enter, unlike the data folder.
    const sockets = mkdtempSync(join(tmpdir(), 'ja4-source-'));
    chmodSync(sockets, 0o755);
    let platform: Platform | undefined;
    const shop = await openShop({
      ...{ server: name, serverId: 'under-test', socketPath: join(sockets, 'http.socket') },
      beforeServer: async (network) => {
        const environment = {
          ...{
            JA4_SOCKETS_DIR: sockets,
            JA4_SOCKETS_MODE: '0666',
            JA4_SENTINEL_INTERFACE: network.interface,
          },
          ...{ JA4_SERVICES_RUN: 'store,correlator,sentinel', JA4_CORRELATOR_NETWORK_EMIT: 'false' },
        };
        platform = new Platform([], { ...space.environment, ...environment }, network.inside);
        await platform.waitFor(/Ctrl-C/);
      },
    });
    if (platform === undefined) throw new Error('openShop did not say when the network stood');
    const look = { rttMs: 1, jitterMs: 0 };
    const clients: [Client, Client] = [
      await addClient(shop.network, { address: ipv4Of('north', 1), look }),
      await addClient(shop.network, { address: ipv6Of('north', 1), look }),
    ];
    return new WatchedShop({ shop, platform, sockets, space, clients });
  }

  async close(): Promise<void> {
    await this.#platform.stop();
    await this.#shop.close();
    this.#space.remove();
    rmSync(this.#sockets, { recursive: true, force: true });
  }

  /** Runs curl at a client; its options come first, then the URLs' paths. */
  async curl(client: Client, options: readonly string[], ...paths: string[]): Promise<void> {
    const trust = ['--cacert', this.#shop.surroundings.authority];
    const urls = paths.flatMap((path) => ['-o', '/dev/null', `https://${server.name}${path}`]);
    await runInside(client.inside, 'curl', '-s', '--path-as-is', ...trust, ...options, ...urls);
  }

  /** Runs a Python script at a client, with the authority's file as its argument. */
  async python(client: Client, script: string): Promise<void> {
    await runInside(client.inside, '/usr/bin/python3', '-c', script, this.#shop.surroundings.authority);
  }

  /** Sends bytes over TLS, as HTTP/1.1, and waits for the end of the connection or a second of silence. */
  async sendRaw(client: Client, bytes: Buffer): Promise<void> {
    await this.python(
      client,
      `import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.set_alpn_protocols(['http/1.1'])
stream = context.wrap_socket(socket.create_connection(('${server.name}', 443)), server_hostname='${server.name}')
stream.sendall(bytes.fromhex('${bytes.toString('hex')}'))
stream.settimeout(1)
try:
    while stream.recv(65536):
        pass
except (TimeoutError, OSError):
    pass`,
    );
  }

  ask<Row>(sql: string): Row[] {
    const { stdout, stderr, status } = ja4(
      ['db', 'query', sql, '--format', 'JSONEachRow'],
      this.#space.environment,
      this.#shop.network.inside,
    );
    if (status !== 0) throw new Error(stderr);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  }

  /** The stored requests that fit a condition, as soon as there are so many, in their order on the wire. */
  async requests(condition: string, count: number): Promise<StoredRequest[]> {
    const sql = `SELECT ${columns} FROM ja4_logs.http_logs WHERE ${condition} ORDER BY time, keepalives`;
    const rows = await eventually(`${count} requests with ${condition}`, async () => {
      const found = this.ask<Answer>(sql);
      return found.length >= count ? found : undefined;
    });
    return rows.map(({ src_ip_text, dst_ip_text, ...row }) => ({
      ...{ ...row, src_ip: src_ip_text, dst_ip: dst_ip_text },
    }));
  }

  /** What the correlator has counted by now: services report every 10 s, so this waits for the next report. */
  async counters(): Promise<Readonly<Record<string, number>>> {
    const askedMs = Date.now();
    const sql = `SELECT counters FROM ja4_processing.service_metrics
      WHERE service = 'correlator' AND recorded_at > fromUnixTimestamp64Milli(${askedMs})`;
    return eventually('a report of the correlator', async () => {
      const [row] = this.ask<{ counters: Record<string, number> }>(sql);
      return row?.counters;
    });
  }
}
