/** HAProxy and nginx with the configurations of docs/sources, on loopback: proxies, largest events, lost receivers. */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseHttpEvent } from '@ja4/correlator';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Running, start } from '../../testbed/src/run.ts';
import { copySourceFile } from '../../testbed/src/servers/source-file.ts';
import { EventReceiver, receiverNeeds } from '../setup/event-receiver.ts';
import { itNeeds, type Need, program } from '../setup/needs.ts';
import { eventually, freePorts } from '../setup/platform.ts';
import { exchange } from '../setup/raw-http.ts';

const njsModule = '/usr/lib/nginx/modules/ngx_http_js_module.so';
const njs: Need = {
  what: "nginx's njs module",
  install: 'apt-get install libnginx-mod-http-js',
  present: () => existsSync(njsModule),
};

interface Place {
  readonly folder: string;
  readonly socketPath: string;
  /** Speaks the PROXY protocol. */
  readonly port: number;
}

async function haproxyCommand({ folder, socketPath, port }: Place): Promise<string[]> {
  const [source, own] = [join(folder, 'ja4.cfg'), join(folder, 'haproxy.cfg')];
  await copySourceFile('haproxy.cfg', source, [['/run/ja4/http.socket', socketPath]]);
  writeFileSync(
    own,
    `global
  user haproxy
  group haproxy
frontend shop from ja4
  bind 127.0.0.1:${port} accept-proxy
  timeout client 10s
  http-request return status 200
`,
  );
  return ['haproxy', '-db', '-f', source, '-f', own];
}

async function nginxCommand({ folder, socketPath, port }: Place, name: string, head = ''): Promise<string[]> {
  const [source, own] = [join(folder, 'ja4.conf'), join(folder, 'nginx.conf')];
  const socket = ['/run/ja4/http.socket', socketPath] as const;
  await copySourceFile(
    name,
    source,
    head === '' ? [socket] : [socket, ['/etc/nginx/ja4.js', join(folder, 'ja4.js')]],
  );
  await copySourceFile('ja4.js', join(folder, 'ja4.js'), []);
  writeFileSync(
    own,
    `${head}
daemon off;
user www-data;
worker_processes 1;
pid ${folder}/nginx.pid;
events {}
http {
  include ${source};
  set_real_ip_from 127.0.0.1;
  real_ip_header proxy_protocol;
  server { listen 127.0.0.1:${port} proxy_protocol; location / { return 200; } }
}
`,
  );
  return ['nginx', '-e', join(folder, 'error.log'), '-c', own];
}

const sources: Record<string, { needs: Need[]; command: (place: Place) => Promise<string[]> }> = {
  HAProxy: { needs: [program('haproxy')], command: haproxyCommand },
  nginx: { needs: [program('nginx')], command: (place) => nginxCommand(place, 'nginx.conf') },
  'nginx with njs': {
    needs: [program('nginx'), njs],
    command: (place) => nginxCommand(place, 'nginx-njs.conf', `load_module ${njsModule};`),
  },
};

/** Every header that is reported, with values that take the most room in JSON. */
const reported = [
  ...[
    'User-Agent',
    'Accept',
    'Accept-Encoding',
    'Accept-Language',
    'Content-Type',
    'Referer',
    'X-Request-Id',
  ],
  ...[
    'X-Trace-Id',
    'X-Forwarded-For',
    'Sec-CH-UA',
    'Sec-CH-UA-Mobile',
    'Sec-CH-UA-Platform',
    'Sec-Fetch-Dest',
  ],
  ...['Sec-Fetch-Mode', 'Sec-Fetch-Site', 'Sec-Fetch-User', 'Origin', 'DNT', 'Priority', 'TE'],
];

function listensOn(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket
      .once('error', () => resolve(undefined))
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });
}

describe.each(Object.entries(sources))('events from %s', (_name, { needs, command }) => {
  const all = [...receiverNeeds, ...needs];
  const it = itNeeds(...all);
  let folder: string;
  let socketPath: string;
  let port: number;
  let receiver: EventReceiver;
  let server: Running;

  /** Sends one request of a visitor behind a proxy, without waiting for its event. */
  const request = (path: string, headers = '') =>
    exchange(port, [`PROXY TCP4 192.0.2.7 198.18.0.10 5555 443\r\nGET ${path} HTTP/1.0\r\n${headers}\r\n`]);

  /** Its event, as soon as there is one. */
  const eventOf = (beginning: string) =>
    eventually(`an event of ${beginning}`, async () =>
      receiver.texts
        .map((text) => parseHttpEvent(text))
        .flatMap((parsed) => (parsed.ok ? [parsed.value] : []))
        .find(({ path }) => path.startsWith(beginning)),
    );

  beforeAll(async () => {
    if (!all.every((need) => need.present())) return;
    folder = mkdtempSync(join(tmpdir(), 'ja4-delivery-'));
    chmodSync(folder, 0o755);
    socketPath = join(folder, 'http.socket');
    [port = 0] = await freePorts(1);
    receiver = await EventReceiver.open(socketPath);
    const [name = '', ...args] = await command({ folder, socketPath, port });
    server = start(name, args);
    await eventually('a listener', () => listensOn(port));
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('have the peer and the visitor apart behind the PROXY protocol', async () => {
    await request('/behind');
    expect(await eventOf('/behind')).toMatchObject({
      ...{ src_ip: '127.0.0.1', client_ip: '192.0.2.7', dst_ip: '127.0.0.1', dst_port: port },
      ...{ scheme: 'http', http_version: 'HTTP/1.0', status_code: 200 },
    });
  });

  it('fit into a datagram, however large the request', async () => {
    const values = reported.map((name) => `${name}: ${'\x01'.repeat(260)}\r\n`).join('');
    const others = Array.from({ length: 12 }, (_, i) => `x-${'n'.repeat(100)}-${i}: 1\r\n`).join('');
    const quotes = '"'.repeat(2100);
    await request(`/large${quotes}?${quotes}`, values + others);
    const event = await eventOf('/large');
    expect(event.path).toBe(`/large${quotes}`.slice(0, 2048));
    expect(event.query).toHaveLength(2048);
    expect(event.headers.columns.header_user_agent).toBe('\x01'.repeat(256));
    expect(event.headers.others.te).toBe('\x01'.repeat(256));
    expect(event.truncated.split(',')).toHaveLength(2 + reported.length);
    for (const text of receiver.texts) expect(Buffer.byteLength(text)).toBeLessThan(65_536);
  });

  it('come again by themselves after the receiver was away', async () => {
    await receiver.crash();
    await request('/lost-1');
    await request('/lost-2');
    rmSync(socketPath);
    await request('/lost-3');
    receiver = await EventReceiver.open(socketPath);
    for (let i = 0; i < 20 && receiver.texts.length === 0; i++) {
      await request('/found');
      await pause(100);
    }
    expect(await eventOf('/found')).toMatchObject({ client_ip: '192.0.2.7' });
  });
});
