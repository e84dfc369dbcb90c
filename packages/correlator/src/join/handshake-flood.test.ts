import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { parseHttpEvent } from '../event/dialect.ts';
import type { HttpEvent } from '../event/http-event.ts';
import type { NetworkEvent } from '../event/network-event.ts';
import { Join } from './join.ts';
import { defaultJoinOptions } from './join-options.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const startNs = 1_767_225_600e9;

/** Texts are made anew for every event, as parsing one does; `unlike` makes a client that nobody else is. */
function handshake(index: number, src_ip: string, atMs: number, unlike = false): NetworkEvent {
  const text = (value: string): string => JSON.parse(`"${value}${unlike ? `-${index}` : ''}"`);
  return {
    timestamp: startNs + atMs * 1e6,
    sensor_id: text('s1'),
    conn_id: `n${index}`,
    transport: 'tcp',
    src_ip,
    src_port: 1_024 + (index % 60_000),
    dst_ip: '198.18.0.10',
    dst_port: 443,
    has_syn: true,
    ip_meta_ttl: 64,
    tcp_meta_options: text('MSS,SACK,TS,NOP,WS'),
    syn_to_clienthello_ms: 1.5 + index / 1e6,
    tls_version: text('1.3'),
    tls_sni: text('shop.example'),
    tls_alpn: text('h2'),
    tls_alpn_offered: [text('h2'), text('http/1.1')],
    ja3: text('771,4865-4866-4867-49195-49199'.repeat(6)),
    ja3_hash: text('cd08e31494f9531f560d64c695473da9'),
    ja4: text('t13d1516h2_8daaf6152771_d8a2da3f94cd'),
    ja4_r: text('t13d1516h2_002f,0035,009c,009d,1301,1302'.repeat(6)),
    tls_stack: text('t13d1513_8daaf6152771_0123456789ab'),
  };
}

function request(connection: number, keepalives: number, atMs: number): HttpEvent {
  const parsed = parseHttpEvent(
    JSON.stringify({
      timestamp: startNs + atMs * 1e6,
      src_ip: `198.18.16.${connection % 250}`,
      src_port: 1_024 + connection,
      dst_ip: '198.18.0.10',
      dst_port: 443,
      conn_id: `c${connection}`,
      keepalives,
      method: 'GET',
      path: '/',
    }),
  );
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

const floodAddress = (index: number): string =>
  `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

describe('a flood of handshakes that no request follows', () => {
  it.each([
    { clients: 'one client', unlike: false },
    { clients: 'as many clients', unlike: true },
  ])('of $clients takes no more memory than the join says it does', ({ unlike }) => {
    const join = new Join(defaultJoinOptions, () => {});
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 30_000; i++) join.network(handshake(i, floodAddress(i), i / 100, unlike), i / 100);
    collectGarbage();
    const used = process.memoryUsage().heapUsed - before;
    const told = join.counters().network_held_bytes ?? 0;
    expect(join.counters().network_held).toBe(30_000);
    expect(used).toBeLessThan(1.15 * told);
    expect(used).toBeGreaterThan(0.5 * told);
  });

  it('stays within the bounds, and takes no connection its handshake', () => {
    let joined = 0;
    let orphans = 0;
    const bounds = { maxNetworkItems: 10_000, maxNetworkBytes: 8 * 1024 * 1024 };
    const join = new Join({ ...defaultJoinOptions, ...bounds }, ({ correlated }) => {
      if (correlated === 1) joined++;
      else orphans++;
    });
    // A hundred a millisecond for a second; beside them a visitor, whose requests come 20 ms, 40 ms and 500 ms later.
    for (let ms = 0; ms < 1_500; ms++) {
      if (ms < 1_000) {
        for (let i = 0; i < 100; i++) join.network(handshake(i, floodAddress(ms * 100 + i), ms), ms);
        join.network(handshake(ms, `198.18.16.${ms % 250}`, ms), ms);
      }
      for (const [index, delay] of [20, 40, 500].entries()) {
        if (ms >= delay && ms - delay < 1_000) join.http(request(ms - delay, index, ms), ms);
      }
      expect(join.counters().network_held).toBeLessThanOrEqual(bounds.maxNetworkItems);
      expect(join.counters().network_held_bytes).toBeLessThanOrEqual(bounds.maxNetworkBytes);
    }
    join.flush();
    expect({ joined, orphans }).toEqual({ joined: 3_000, orphans: 0 });
    expect(join.counters().network_evicted).toBeGreaterThan(90_000);
  });
});
