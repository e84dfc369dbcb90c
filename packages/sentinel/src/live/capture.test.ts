import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { itNeeds, program, root } from '../../../../test/setup/needs.ts';
import { HelloTracker } from '../hello-tracker.ts';
import type { NetworkEvent } from '../network-event.ts';
import { handshakeRecords } from '../synthetic/index.ts';
import { openCapture } from './capture.ts';
import type { Capture, CaptureOptions } from './capture-contract.ts';
import { captureProgram } from './capture-socket.ts';
import { startTraffic } from './real-traffic.test-support.ts';
import { startTcpdumpCapture } from './tcpdump-capture.ts';
import { openTcpdumps } from './tcpdump-process.ts';

const log = pino({ level: 'silent' });

/** A capture on loopback of everything to one port, through the tracker. */
async function captureHellos(
  open: (options: CaptureOptions) => Promise<Capture>,
  port: number,
  excludeSourceIps: string[] = [],
  onPacket: () => void = () => {},
) {
  const events: NetworkEvent[] = [];
  const tracker = new HelloTracker({ sensorId: 'test', onEvent: (event) => events.push(event) });
  const capture = await open({
    interfaces: ['lo'],
    ports: [port],
    excludeSourceIps,
    log,
    onPacket: (...packet) => {
      onPacket();
      tracker.packet(...packet);
    },
    onTick: () => tracker.tick(Date.now() * 1e6),
  });
  onTestFinished(() => capture.stop());
  return { events, capture, statistics: tracker.statistics };
}

async function traffic() {
  const started = await startTraffic();
  onTestFinished(() => started.stop());
  return started;
}

itNeeds(root)('captures every one of 2,000 ClientHellos with the facts of its SYN', async () => {
  const { port, sendHellos } = await traffic();
  const { events, capture, statistics } = await captureHellos(openCapture, port);
  await sendHellos(2_000, ['127.0.0.1', '::1']);
  await capture.stop();
  expect(events.length).toBe(2_000);
  expect(events.filter((event) => event.has_syn).length).toBe(2_000);
  expect(events.filter((event) => event.src_ip === '::1').length).toBe(1_000);
  expect(new Set(events.map((event) => event.ja4)).size).toBe(1);
  expect(events[0]).toMatchObject({
    tls_sni: 'shop.example',
    tls_alpn: 'h2',
    dst_port: port,
    ip_meta_ttl: 64,
  });
  // Loopback shows each packet twice; a filter that works lets only the client's through, once.
  expect(statistics).toMatchObject({ syns_repeated: 0, hellos_retransmitted: 0 });
  expect(capture.counters()).toMatchObject({ capture_kernel_drops: 0, capture_cut: 0 });
  expect(capture.counters().capture_packets).toBe(capture.counters().capture_kernel_packets);
});

itNeeds(root)('does not see excluded sources', async () => {
  const { port, sendHellos } = await traffic();
  const { events, capture } = await captureHellos(openCapture, port, ['127.0.0.0/8']);
  await sendHellos(40, ['127.0.0.1', '::1']);
  await capture.stop();
  expect(events.map((event) => event.src_ip)).toEqual(new Array(20).fill('::1'));
});

itNeeds(root, program('tcpdump'))('takes the filter of an operator', async () => {
  const { port, sendHellos } = await traffic();
  const { events, capture } = await captureHellos(
    (options) => openCapture({ ...options, bpfFilter: `ip6 and tcp dst port ${port}` }),
    port,
  );
  await sendHellos(40, ['127.0.0.1', '::1']);
  await capture.stop();
  expect(events.map((event) => event.src_ip)).toEqual(new Array(20).fill('::1'));
});

itNeeds(root)('counts what the kernel could not keep while the reader was held up', async () => {
  const { port, stop } = await startTraffic();
  await stop();
  let held = false;
  const { capture } = await captureHellos(openCapture, port, [], () => {
    if (held) return;
    held = true;
    // More than the ring's 64 MiB pass while this thread does nothing.
    const upload = `
      const net = require('net');
      net.createServer((s) => s.resume().on('end', () => process.exit())).listen(${port}, '127.0.0.1', () =>
        net.connect(${port}, '127.0.0.1').end(Buffer.alloc(100 << 20)));`;
    spawnSync(process.execPath, ['-e', upload]);
  });
  connect(port, '127.0.0.1').on('error', () => {}); // Nobody listens; the SYN is enough.
  await vi.waitFor(() => expect(held).toBe(true));
  await sleep(300);
  await capture.stop();
  const counters = capture.counters();
  expect(counters.capture_kernel_drops).toBeGreaterThan(0);
  expect((counters.capture_packets ?? 0) + (counters.capture_kernel_drops ?? 0)).toBe(
    counters.capture_kernel_packets,
  );
});

itNeeds(root)('hears a ClientHello of 60,000 bytes that comes in one packet', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const { events, capture } = await captureHellos(openCapture, port);
  const message = encodeClientHello({
    sessionId: new Uint8Array(32),
    cipherSuites: [0x1301],
    extensions: [encodeExtension.serverName('shop.example'), encodeExtension.opaque(0xfe0d, 60_000)],
  });
  const records = handshakeRecords(message, [16_000, 32_000, 48_000]);
  const client = connect(port, '127.0.0.1');
  client.end(records);
  await once(client, 'close');
  await capture.stop();
  expect(events.map((event) => event.tls_sni)).toEqual(['shop.example']);
  // Loopback has packets of 64 KiB: the handshake, the hello, the end.
  expect(capture.counters().capture_packets).toBeLessThan(5);
});

itNeeds(root, program('tcpdump'))('captures through tcpdump too', async () => {
  const { port, sendHellos } = await traffic();
  const { events, capture } = await captureHellos(
    async (options) => startTcpdumpCapture(await openTcpdumps(options), options),
    port,
    ['::1'],
  );
  await sendHellos(40, ['127.0.0.1', '::1']);
  await sleep(300);
  expect(capture.ready()).toEqual({ ok: true });
  await capture.stop();
  expect(events.map((event) => [event.src_ip, event.has_syn])).toEqual(
    new Array(20).fill(['127.0.0.1', true]),
  );
});

itNeeds(root)('names the interfaces there are when one does not exist', async () => {
  await expect(
    captureHellos((options) => openCapture({ ...options, interfaces: ['no-such'] }), 443),
  ).rejects.toThrow(/there is no network interface no-such: set sentinel\.interface to one of .*lo.*any/);
});

itNeeds(root, program('setpriv', 'util-linux'))('says what to do when capturing is not allowed', () => {
  const script = `
    import { openCapture } from ${JSON.stringify(new URL('./capture.ts', import.meta.url).href)};
    import pino from 'pino';
    try {
      await openCapture({ interfaces: ['lo'], ports: [443], excludeSourceIps: [], log: pino(process.stderr), onPacket() {} });
    } catch ({ code, message }) {
      console.log(JSON.stringify({ code, message }));
    }`;
  const without = ['--bounding-set', '-net_raw', '--inh-caps', '-net_raw', process.execPath];
  const run = spawnSync('setpriv', [...without, '--input-type=module', '-e', script], { encoding: 'utf8' });
  const refusal = JSON.parse(run.stdout);
  expect(refusal.code).toBe('EPERM');
  expect(refusal.message).toContain('without CAP_NET_RAW: run ja4 sentinel as root');
  expect(refusal.message).toMatch(/every user of this Node may capture then.*setcap cap_net_raw=ep/);
  expect(run.stderr).toContain('trying tcpdump');
});

it('refuses wrong settings before it asks for any right', () => {
  expect(() => captureProgram({ ports: [0], excludeSourceIps: [] })).toThrow('0 is not a port');
});
