/**
 * A web server and its sensor, as a process that can be killed: numbered requests and the handshakes of their
 * connections, over the sockets, without ever waiting. What it did stands in its ledger.
 *
 * One argument: `SenderOrder` as JSON. Over IPC: `SenderClocks`. SIGTERM ends it after its burst.
 */
import { datagramSender } from '../packages/correlator/src/intake/datagram-sender.test-support.ts';
import { eventState, LedgerWriter } from './ledger.ts';
import { seededRandom } from './random.ts';

export interface SenderOrder extends SenderClocks {
  readonly socketsDir: string;
  readonly ledgerDir: string;
  readonly serverId: string;
  /** Third part of its visitors' addresses. */
  readonly net: number;
  readonly perSecond: number;
  readonly seed: number;
}

/** How far its clocks are off, in milliseconds. */
export interface SenderClocks {
  readonly httpOffsetMs: number;
  readonly networkOffsetMs: number;
}

const burstMs = 10;
const mostOpenConnections = 200;
const userAgents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'curl/8.14.1',
] as const;

interface Connection {
  readonly peer: { src_ip: string; src_port: number; dst_ip: string; dst_port: number };
  readonly id: string;
  readonly userAgent: string;
  requests: number;
  readonly lastRequest: number;
}

/** A socket that is opened again when nobody answers on it. */
class Way {
  readonly #path: string;
  #sender: ReturnType<typeof datagramSender> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  send(event: object): boolean {
    if (this.#sender?.send(JSON.stringify(event)) === true) return true;
    // Full, or another process receives there now: the next burst will see.
    this.close();
    return false;
  }

  open(): void {
    try {
      this.#sender ??= datagramSender(this.#path);
    } catch {
      // Nobody receives: what is sent counts as refused.
    }
  }

  close(): void {
    this.#sender?.[Symbol.dispose]();
    this.#sender = undefined;
  }
}

function run(order: SenderOrder): void {
  const { serverId, net, perSecond } = order;
  const random = seededRandom(order.seed);
  const ledger = new LedgerWriter(order.ledgerDir, serverId);
  const http = new Way(`${order.socketsDir}/http.socket`);
  const network = new Way(`${order.socketsDir}/network.socket`);
  const connections: Connection[] = [];
  let clocks: SenderClocks = order;
  let opened = 0;
  let seq = 0;
  let refused = 0;
  let stopping = false;

  const nanoseconds = (offsetMs: number) => (Date.now() + offsetMs) * 1e6;

  const connect = (): Connection => {
    const n = opened++;
    const connection = {
      peer: {
        src_ip: `198.18.${net}.${1 + (n % 250)}`,
        src_port: 1024 + Math.floor(random() * 64_000),
        dst_ip: '198.18.0.10',
        dst_port: 443,
      },
      id: `${serverId}-${n}`,
      userAgent: userAgents[n % userAgents.length] ?? '',
      requests: 0,
      lastRequest: Math.floor(random() * 30),
    };
    // Some handshakes are missed, as on a busy sensor.
    if (random() < 0.95) {
      network.send({
        ...connection.peer,
        timestamp: nanoseconds(clocks.networkOffsetMs),
        sensor_id: 'sensor1',
        conn_id: `n-${connection.id}`,
        transport: 'tcp',
        has_syn: true,
        ip_meta_ttl: 64,
        tls_version: '1.3',
        tls_alpn_offered: ['h2', 'http/1.1'],
        ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
        tls_stack: `t13d15${n % 7}`,
      });
    }
    return connection;
  };

  const request = (): boolean => {
    const at = Math.floor(random() * mostOpenConnections);
    let connection = connections[at];
    if (connection === undefined || connection.requests > connection.lastRequest) {
      connection = connect();
      connections[at] = connection;
    }
    return http.send({
      ...connection.peer,
      timestamp: nanoseconds(clocks.httpOffsetMs) + 1e6,
      source: 'apache',
      server_id: serverId,
      seq,
      dropped_total: refused,
      conn_id: connection.id,
      keepalives: connection.requests++,
      scheme: 'https',
      method: 'GET',
      host: 'shop.example',
      path: `/${seq}`,
      http_version: 'HTTP/2',
      status_code: 200,
      response_size: 5_120,
      duration_ms: 0.5,
      client_headers: 'Host,User-Agent,Accept,Accept-Language,Accept-Encoding',
      'header_User-Agent': connection.userAgent,
      header_Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    });
  };

  const beganMs = performance.now();
  const burst = () => {
    if (stopping) {
      ledger.close();
      process.exit();
    }
    const due = Math.floor(((performance.now() - beganMs) / 1000) * perSecond);
    // After a pause not all at once, or a short queue of the kernel would take nothing of it.
    const count = Math.min(due - seq, Math.ceil(perSecond / 10));
    if (count > 0) {
      const first = seq;
      const states = new Uint8Array(count);
      http.open();
      network.open();
      ledger.begin(first, count);
      for (let i = 0; i < count; i++, seq++) {
        const sent = request();
        states[i] = sent ? eventState.sent : eventState.refused;
        if (!sent) refused++;
      }
      ledger.end(first, states);
    }
    setTimeout(burst, burstMs);
  };
  process.on('message', (message) => {
    clocks = message as SenderClocks;
  });
  process.once('SIGTERM', () => {
    stopping = true;
  });
  process.once('disconnect', () => process.exit());
  burst();
}

run(JSON.parse(process.argv[2] ?? '{}') as SenderOrder);
