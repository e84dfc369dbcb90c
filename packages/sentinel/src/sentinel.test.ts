import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { itNeeds, root } from '../../../test/setup/needs.ts';
import { datagramReceiver } from './output/datagram-receiver.test-support.ts';
import { type SentinelOptions, startSentinel } from './sentinel.ts';

const log = pino({ level: 'silent' });

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ja4-sentinel-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const socketIn = (folder: string) => ({ kind: 'socket', path: join(folder, 'network.socket') }) as const;

function options(overrides: Partial<SentinelOptions> = {}): SentinelOptions {
  return {
    interfaces: ['lo'],
    ports: [1],
    excludeSourceIps: [],
    outputs: [socketIn(newFolder())],
    sensorId: 'edge-1',
    log,
    ...overrides,
  };
}

/** A TCP server that hangs up on the first bytes, and a way to send it a ClientHello. */
async function startServer() {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const sayHello = async () => {
    const client = connect({ host: '127.0.0.1', port: address.port, servername: 'shop.example' });
    client.on('error', () => {}); // The server hangs up in the middle of the handshake.
    await new Promise((resolve) => client.once('close', resolve));
  };
  return { port: address.port, sayHello };
}

itNeeds(root)('sends one event for a connection to the socket, even when it stops right after', async () => {
  const { port, sayHello } = await startServer();
  const socket = socketIn(newFolder());
  const chosen = options({ ports: [port], outputs: [socket] });
  using receiver = datagramReceiver(socket.path);
  const sentinel = await startSentinel(chosen);
  expect(sentinel.ready()).toEqual({ ok: true });
  await sayHello();
  await sentinel.stop();
  const events = receiver.take().map((text) => JSON.parse(text));
  expect(events).toMatchObject([
    { sensor_id: 'edge-1', dst_port: port, has_syn: true, tls_sni: 'shop.example', tcp_meta_mss: 65_495 },
  ]);
  expect(sentinel.counters()).toMatchObject({
    hellos: 1,
    syns: 1,
    output_sent: 1,
    capture_kernel_drops: 0,
  });
});

itNeeds(root)('writes to the socket and to a file, and follows the file when it is renamed', async () => {
  const { port, sayHello } = await startServer();
  const folder = newFolder();
  const socket = socketIn(folder);
  const file = { kind: 'file', path: join(folder, 'events.jsonl') } as const;
  using receiver = datagramReceiver(socket.path);
  const sentinel = await startSentinel(options({ ports: [port], outputs: [socket, file] }));
  const eventsIn = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  await sayHello();
  await vi.waitFor(() => expect(eventsIn(file.path).length).toBe(1));
  renameSync(file.path, `${file.path}.1`);
  await sentinel.reload();
  expect(eventsIn(file.path)).toEqual([]);
  await sayHello();
  await sentinel.stop();
  expect([...eventsIn(`${file.path}.1`), ...eventsIn(file.path)]).toEqual(receiver.take());
  expect(sentinel.counters()).toMatchObject({
    output_sent: 2,
    output_file_written: 2,
    output_file_reopened: 1,
  });
});

itNeeds(root)('keeps running while nobody receives, and says so', async () => {
  const { port, sayHello } = await startServer();
  const sentinel = await startSentinel(options({ ports: [port] }));
  await sayHello();
  await vi.waitFor(() => expect(sentinel.counters()).toMatchObject({ hellos: 1, output_queued: 1 }));
  expect(sentinel.ready()).toMatchObject({ ok: false, why: expect.stringContaining('start ja4 correlator') });
  await sentinel.stop();
  expect(sentinel.counters()).toMatchObject({ output_dropped_stop: 1 });
});

itNeeds(root)('counts the connections of excluded sources, and tells nobody of them', async () => {
  const { port, sayHello } = await startServer();
  const chosen = options({ ports: [port], excludeSourceIps: ['127.0.0.0/8'] });
  const sentinel = await startSentinel(chosen);
  await sayHello();
  await sentinel.stop();
  expect(sentinel.counters()).toMatchObject({ connections_excluded: 1, hellos: 0, flows: 0 });
});

itNeeds(root)('is alive without a receiver, and no longer when its thread says nothing', async () => {
  const sentinel = await startSentinel(options());
  expect(sentinel.ready().ok).toBe(false);
  expect(sentinel.alive()).toEqual({ ok: true });
  await sentinel.stop(); // The thread is gone: the same silence as that of one that hangs.
  const later = performance.now() + 6_000;
  const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
  onTestFinished(() => clock.mockRestore());
  const silence = { ok: false, why: 'the capturing thread has not reported for 6 s' };
  expect(sentinel.alive()).toEqual(silence);
  expect(sentinel.ready()).toEqual(silence);
});

itNeeds(root)('passes on what its thread logs', async () => {
  const lines: string[] = [];
  const own = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const sentinel = await startSentinel(options({ log: own }));
  await vi.waitFor(() => expect(lines.join()).toContain('nobody receives network events'));
  await sentinel.stop();
});

it.each([
  ['an interface that does not exist', { interfaces: ['nope0'] }, 'ENODEV'],
  ['a file in a missing folder', { outputs: [{ kind: 'file', path: '/nowhere/x' }] as const }, 'ENOENT'],
  ['a socket path that is too long', { outputs: [socketIn(`/tmp/${'x'.repeat(120)}`)] }, 'ENAMETOOLONG'],
])('does not start with %s, and names the mistake', async (_, mistake, code) => {
  // Without the right to capture, that is what is said about the interface.
  await expect(startSentinel(options(mistake))).rejects.toMatchObject({
    code: expect.stringMatching(new RegExp(`^(${code}|EPERM)$`)),
  });
});
