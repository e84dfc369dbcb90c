import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';
import { itNeeds, program, root } from '../../../../test/setup/needs.ts';
import { notifyReceiver } from '../service/notify-receiver.test-support.ts';

const launcher = fileURLToPath(new URL('../../bin/ja4.js', import.meta.url));
const patience = { timeout: 20_000, interval: 50 };

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
  const sayHello = async (servername: string) => {
    const client = connect({ host: '127.0.0.1', port: address.port, servername });
    client.on('error', () => {}); // The server hangs up in the middle of the handshake.
    await new Promise((resolve) => client.once('close', resolve));
  };
  return { port: address.port, sayHello };
}

interface Started {
  readonly child: ChildProcess;
  /** Its log so far. */
  readonly log: () => readonly Record<string, unknown>[];
}

function start(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): Started {
  const child = spawn(command, args, {
    env: { ...process.env, JA4_SERVICES_HEALTH_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return {
    child,
    log: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
}

const namesIn = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { tls_sni: string }).tls_sni);

itNeeds(root)('writes a file that rotates, and tells systemd and Prometheus about it', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-sentinel-'));
  const { port, sayHello } = await startServer();
  const address = join(folder.path, 'notify');
  using systemd = notifyReceiver(address);
  const file = join(folder.path, 'events.jsonl');
  const { child, log } = start(
    process.execPath,
    [launcher, 'sentinel', '--interface', 'lo', '--output', file, '--data-dir', folder.path],
    { NOTIFY_SOCKET: address, WATCHDOG_USEC: '1000000', JA4_SENTINEL_PORTS: String(port) },
  );
  const ready = await systemd.heard('READY=1');
  await systemd.heard('WATCHDOG=1');
  await sayHello('before.example');
  await vi.waitFor(() => expect(namesIn(file)).toEqual(['before.example']), patience);

  renameSync(file, `${file}.1`);
  child.kill('SIGHUP');
  const reloading = await systemd.heard('RELOADING=1\nMONOTONIC_USEC=');
  await systemd.heard('READY=1', Math.max(ready + 1, reloading));
  await sayHello('after.example');
  await vi.waitFor(() => expect(namesIn(file)).toEqual(['after.example']), patience);
  expect(namesIn(`${file}.1`)).toEqual(['before.example']);

  const healthPort = log().find(({ msg }) => msg === 'sentinel runs')?.health_port;
  const metrics = async () => (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
  await vi.waitFor(async () => {
    const text = await metrics();
    expect(text).toContain('\nja4_sentinel_hellos_total{transport="tcp"} 2\n');
    expect(text).toContain('\nja4_sentinel_output_events_total{output="file",outcome="written"} 2\n');
    expect(text).toContain('\nja4_sentinel_output_reopened_total{output="file"} 1\n');
  }, patience);
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await systemd.heard('STOPPING=1');
  expect(await exit).toEqual([0, null]);
});

itNeeds(program('tcpdump'))('refuses a wrong filter as it refuses any wrong setting', () => {
  const run = spawnSync(process.execPath, [launcher, 'sentinel', '--interface', 'lo', '--output', 'stdout'], {
    encoding: 'utf8',
    env: { ...process.env, JA4_SENTINEL_BPF_FILTER: 'tcp prt 443' },
  });
  expect(run.stderr).toMatch(/^ja4: sentinel\.bpf_filter is not a filter: .*syntax error.*\n$/);
  expect(run.status).toBe(2);
});

itNeeds(root)('writes to standard output, and ends when nobody reads it any more', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-sentinel-'));
  const { port, sayHello } = await startServer();
  const args = `sentinel --interface lo --output stdout --data-dir ${folder.path}`;
  const { child, log } = start('sh', ['-c', `"$0" "$1" ${args} | head -n 1`, process.execPath, launcher], {
    JA4_SENTINEL_PORTS: String(port),
  });
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    printed += piece;
  });
  const exit = once(child, 'exit');
  await vi.waitFor(() => expect(log().map(({ msg }) => msg)).toContain('sentinel runs'), patience);
  await sayHello('first.example');
  await vi.waitFor(() => expect(printed).toContain('"tls_sni":"first.example"'), patience);
  // The first write behind the end of the reader finds out.
  await sayHello('second.example');
  expect(await exit).toEqual([0, null]);
  await vi.waitFor(() => {
    expect(log().find(({ msg }) => msg === 'sentinel stops')).toMatchObject({
      why: 'nobody reads standard output any more',
    });
  }, patience);
});
