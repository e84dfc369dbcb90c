import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineProcess, select, startEngineProcess } from './engine-process.test-support.ts';
import { datagramSender, temporaryFolder } from './intake/datagram-sender.test-support.ts';
import { startCorrelator } from './start-correlator.ts';

let engine: EngineProcess;
beforeAll(async () => {
  engine = await startEngineProcess();
});
afterAll(() => engine.remove());

const nowNs = () => Date.now() * 1e6;
const peer = { src_ip: '198.18.16.5', dst_ip: '198.18.0.10', dst_port: 443 };
const handshake = (src_port: number) =>
  JSON.stringify({
    ...peer,
    timestamp: nowNs(),
    sensor_id: 's1',
    conn_id: `n${src_port}`,
    transport: 'tcp',
    src_port,
    has_syn: true,
    ip_meta_ttl: 64,
    ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
    tls_alpn_offered: ['h2'],
  });
const request = (src_port: number, path: string, seq: number, changes: object = {}) =>
  JSON.stringify({
    ...peer,
    timestamp: nowNs() + 1e6,
    source: 'apache',
    server_id: 'web1',
    seq,
    dropped_total: 4,
    src_port,
    conn_id: `c${src_port}`,
    method: 'GET',
    host: 'shop.example',
    path,
    http_version: 'HTTP/2.0',
    duration_ms: 0.5,
    header_Cookie: 'secret',
    ...changes,
  });

function logged(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: pino({}, { write: (text: string) => void lines.push(JSON.parse(text)) }) };
}

const stored = (condition: string) =>
  select<Record<string, unknown>>(
    engine.store,
    `SELECT path, correlated, orphan_side, b_conn_id, ja4, ip_meta_ttl, toString(src_ip) AS src_ip
     FROM ja4_logs.http_logs WHERE ${condition} ORDER BY path`,
  );

/** On a machine that does much else, too. */
const soon = { timeout: 20_000 };

const places = ({ path }: { path: string }) => ({
  socketsDir: path,
  spool: { folder: join(path, 'spool'), commitMs: 1 },
  checkpointDir: join(path, 'checkpoint'),
});

/** A spool that a thousand large rows fill. */
const small = { maxBytes: 4 << 20, segmentBytes: 64 << 10 };
const large = { query: 'x'.repeat(4_000) };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends, patiently: a short queue of the kernel (net.unix.max_dgram_qlen) is no loss here. False = never taken. */
async function sendPatiently(sender: ReturnType<typeof datagramSender>, text: string): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (sender.send(text)) return true;
    await pause(10);
  }
  return false;
}

async function sendLines(path: string, lines: readonly string[]): Promise<void> {
  const socket = connect(path);
  await new Promise<void>((resolve) => socket.end(`${lines.join('\n')}\n`, () => resolve()));
}

describe('the correlator', () => {
  it('joins what arrives on its four sockets and stores it', async () => {
    using folder = temporaryFolder();
    const { log, lines } = logged();
    const correlator = await startCorrelator({ ...places(folder), store: engine.store, log });
    using network = datagramSender(join(folder.path, 'network.socket'));
    using http = datagramSender(join(folder.path, 'http.socket'));
    expect(correlator.ready()).toEqual({ ok: true });

    network.send(handshake(40_001));
    await expect.poll(() => correlator.counters().network_events, soon).toBe(1);
    http.send(request(40_001, '/a/datagram', 10));
    // One socket overtakes the other at times, and a number before the first one looks like a new start.
    await expect.poll(() => correlator.counters().http_events, soon).toBe(1);
    await sendLines(join(folder.path, 'network.stream.socket'), [handshake(40_002)]);
    await expect.poll(() => correlator.counters().network_events, soon).toBe(2);
    await sendLines(join(folder.path, 'http.stream.socket'), [
      request(40_002, '/a/stream', 11),
      request(40_003, '/a/without-handshake', 14),
    ]);
    await expect.poll(() => stored("startsWith(path, '/a/')"), soon).toHaveLength(3);
    const joined = {
      correlated: 1,
      orphan_side: '',
      ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
      ip_meta_ttl: 64,
    };
    expect(await stored("startsWith(path, '/a/')")).toMatchObject([
      { path: '/a/datagram', b_conn_id: 'n40001', src_ip: '::ffff:198.18.16.5', ...joined },
      { path: '/a/stream', b_conn_id: 'n40002', ...joined },
      { path: '/a/without-handshake', correlated: 0, orphan_side: 'A', ja4: '', ip_meta_ttl: -1 },
    ]);
    await expect.poll(() => correlator.counters().rows_stored, soon).toBe(3);
    expect(correlator.counters()).toMatchObject({
      rows_correlated: 2,
      rows_orphan_no_handshake: 1,
      header_values_denied: 3,
      sender_dropped: 4,
      http_socket_datagrams: 1,
      network_stream_socket_connections: 1,
    });
    await correlator.stop();
    expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    expect(existsSync(join(folder.path, 'http.socket'))).toBe(false);
  });

  it('counts what it cannot take by reason, says so once, and goes on', async () => {
    using folder = temporaryFolder();
    const { log, lines } = logged();
    const correlator = await startCorrelator({ ...places(folder), store: engine.store, log });
    using http = datagramSender(join(folder.path, 'http.socket'));
    using network = datagramSender(join(folder.path, 'network.socket'));
    const bad = ['GET / HTTP/1.1', '[]', '{}', request(40_004, '/b/1', 1, { src_port: '40004' })];
    await sendPatiently(network, '{"timestamp":1');
    for (const text of [...bad, ...bad, request(40_004, '/b/good', 2)]) await sendPatiently(http, text);
    await expect.poll(() => correlator.counters().http_events, soon).toBe(1);
    await expect.poll(() => correlator.counters().network_rejected, soon).toBe(1);
    expect(correlator.counters()).toMatchObject({
      http_rejected: 8,
      http_rejected_not_json: 2,
      http_rejected_not_an_object: 2,
      http_rejected_missing_timestamp: 2,
      http_rejected_wrong_type_src_port: 2,
      network_rejected_not_json: 1,
    });
    await correlator.stop();
    expect(await stored("startsWith(path, '/b/')")).toMatchObject([{ path: '/b/good' }]);
    const said = lines.filter(({ msg }) => String(msg).includes('event not taken'));
    expect(said.map(({ msg }) => msg).toSorted()).toEqual([
      'http event not taken: not_json',
      'network event not taken: not_json',
    ]);
    expect(JSON.stringify(lines)).not.toContain('GET /');
  });

  it('stores what still waits when it is stopped', async () => {
    using folder = temporaryFolder();
    const correlator = await startCorrelator({
      ...places(folder),
      store: engine.store,
      join: { orphanDelayMs: 60_000 },
      batch: { flushMs: 60_000 },
      log: logged().log,
    });
    using http = datagramSender(join(folder.path, 'http.socket'));
    for (let i = 0; i < 300; i++) expect(await sendPatiently(http, request(40_005, `/c/${i}`, i))).toBe(true);
    await correlator.stop();
    expect(await stored("startsWith(path, '/c/')")).toHaveLength(300);
    expect(correlator.counters()).toMatchObject({ rows_stored: 300, spool_rows_waiting: 0 });
  });

  it('keeps what it accepted while the store is away, also over a stop and a new start', async () => {
    using folder = temporaryFolder();
    const { log, lines } = logged();
    await engine.kill();
    const options = { ...places(folder), store: engine.store, join: { orphanDelayMs: 0 }, log };
    const first = await startCorrelator({ ...options, batch: { rows: 50, flushMs: 10 } });
    using http = datagramSender(join(folder.path, 'http.socket'));
    for (let i = 0; i < 300; i++) expect(await sendPatiently(http, request(40_006, `/d/${i}`, i))).toBe(true);
    await expect.poll(() => first.ready().ok, soon).toBe(false);
    expect(first.ready().why).toContain('the store does not take rows');
    await first.stop();
    expect(first.counters()).toMatchObject({ spool_rows_waiting: 300, store_down: 1, rows_stored: 0 });
    expect(lines.filter(({ msg }) => String(msg).includes('the store does not take rows'))).toHaveLength(1);

    await engine.start();
    const second = await startCorrelator(options);
    await expect.poll(() => second.counters().spool_rows_waiting, soon).toBe(0);
    expect(second.ready()).toEqual({ ok: true });
    await second.stop();
    expect(await stored("startsWith(path, '/d/')")).toHaveLength(300);
  }, 60_000);

  it('stops receiving when its spool is full, and goes on when there is room', async () => {
    using folder = temporaryFolder();
    await engine.kill();
    const options = { ...places(folder), store: engine.store, join: { orphanDelayMs: 0 }, log: logged().log };
    const correlator = await startCorrelator({ ...options, spool: { ...options.spool, ...small } });
    using http = datagramSender(join(folder.path, 'http.socket'));
    // The kernel's queue and the batches on their way take some before the sender notices.
    let sent = 0;
    while (await sendPatiently(http, request(40_007, `/e/${sent}`, sent, large))) sent++;
    expect(correlator.ready().ok).toBe(false);
    expect(correlator.counters()).toMatchObject({ spool_full: 1, spool_rows_dropped: 0 });
    await engine.start();
    await expect.poll(() => correlator.ready(), soon).toEqual({ ok: true });
    expect(await sendPatiently(http, request(40_007, `/e/${sent}`, sent, large))).toBe(true);
    await correlator.stop();
    expect(await stored("startsWith(path, '/e/')")).toHaveLength(sent + 1);
  }, 60_000);

  it('finishes what it has received when it is stopped while its spool is full', async () => {
    using folder = temporaryFolder();
    await engine.kill();
    const options = { ...places(folder), store: engine.store, join: { orphanDelayMs: 0 }, log: logged().log };
    const first = await startCorrelator({ ...options, spool: { ...options.spool, ...small } });
    using http = datagramSender(join(folder.path, 'http.socket'));
    let sent = 0;
    while (await sendPatiently(http, request(40_010, `/h/${sent}`, sent, large))) sent++;
    expect(first.ready().ok).toBe(false);
    await first.stop();
    expect(first.counters()).toMatchObject({ spool_rows_waiting: sent, rows_lost: 0 });
    await engine.start();
    const second = await startCorrelator(options);
    await expect.poll(() => second.counters().spool_rows_waiting, soon).toBe(0);
    await second.stop();
    expect(await stored("startsWith(path, '/h/')")).toHaveLength(sent);
  }, 60_000);

  it('drops and counts new rows when its spool is full, if it is told so', async () => {
    using folder = temporaryFolder();
    await engine.kill();
    const options = { ...places(folder), store: engine.store, join: { orphanDelayMs: 0 }, log: logged().log };
    const spool = { ...options.spool, ...small, whenFull: 'drop' } as const;
    const correlator = await startCorrelator({ ...options, spool });
    using http = datagramSender(join(folder.path, 'http.socket'));
    for (let i = 0; i < 1_500; i++)
      expect(await sendPatiently(http, request(40_008, `/f/${i}`, i, large))).toBe(true);
    await expect.poll(() => correlator.counters().http_events, soon).toBe(1_500);
    await engine.start();
    await expect.poll(() => correlator.counters().spool_rows_waiting, soon).toBe(0);
    await correlator.stop();
    const dropped = correlator.counters().spool_rows_dropped ?? 0;
    expect(dropped).toBeGreaterThan(0);
    expect(await stored("startsWith(path, '/f/')")).toHaveLength(1_500 - dropped);
  }, 60_000);

  it('takes other filters while it runs, and keeps the old ones when these are wrong', async () => {
    using folder = temporaryFolder();
    let excludeSourceIps = ['198.18.16.0/24'];
    const reloadFilters = () => ({ excludeSourceIps, includeDestPorts: [], trustedProxies: [] });
    const correlator = await startCorrelator({
      ...places(folder),
      store: engine.store,
      reloadFilters,
      log: logged().log,
    });
    using http = datagramSender(join(folder.path, 'http.socket'));
    await correlator.reload?.();
    excludeSourceIps = ['cdn'];
    await expect(correlator.reload?.()).rejects.toMatchObject({ code: 'JA4_BAD_ADDRESS' });
    expect(await sendPatiently(http, request(40_009, '/g', 1))).toBe(true);
    await expect.poll(() => correlator.counters().http_excluded_source, soon).toBe(1);
    await correlator.stop();
  });

  it('leaves no socket behind when one of them cannot be opened', async () => {
    using folder = temporaryFolder();
    const options = { ...places(folder), store: engine.store, log: logged().log };
    const first = await startCorrelator(options);
    await expect(startCorrelator(options)).rejects.toMatchObject({ code: 'JA4_SPOOL_IN_USE' });
    const other = { spool: { folder: join(folder.path, 'other') }, checkpointDir: undefined };
    await expect(startCorrelator({ ...options, ...other })).rejects.toThrow(/http\.socket/);
    await first.stop();
    const long = { ...options, socketsDir: join(folder.path, 'x'.repeat(100)) };
    await expect(startCorrelator(long)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    await expect(startCorrelator({ ...options, join: { trustedProxies: ['cdn'] } })).rejects.toMatchObject({
      code: 'JA4_BAD_ADDRESS',
    });
    const again = await startCorrelator(options);
    await again.stop();
    const spool = { folder: '/dev/null/spool' };
    await expect(startCorrelator({ ...options, spool })).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
