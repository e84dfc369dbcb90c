import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { itNeeds, program } from '../../../../test/setup/needs.ts';
import { notifyReceiver } from './notify-receiver.test-support.ts';
import { serviceManager } from './service-manager.ts';

const script = fileURLToPath(new URL('./run-service.test-program.ts', import.meta.url));

function startService(environment: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

it.each([
  ['a path', (folder: string) => join(folder, 'notify')],
  ['an abstract name', (folder: string) => `@ja4-test${folder}`],
])('tells %s that it is ready, reloads and stops', async (_, addressIn) => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-notify-'));
  const address = addressIn(folder.path);
  using systemd = notifyReceiver(address);
  const child = startService({ NOTIFY_SOCKET: address });
  const ready = await systemd.heard('READY=1');
  expect(systemd.messages[ready]).toBe('READY=1\nSTATUS=works');
  child.kill('SIGHUP');
  const reloading = await systemd.heard('RELOADING=1');
  const microseconds = /\nMONOTONIC_USEC=(\d+)$/.exec(systemd.messages[reloading] ?? '')?.[1];
  const age = process.hrtime.bigint() / 1000n - BigInt(microseconds ?? 0);
  expect(Number(age)).toBeLessThan(5_000_000);
  expect(Number(age)).toBeGreaterThanOrEqual(0);
  await systemd.heard('READY=1', reloading);
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await systemd.heard('STOPPING=1', reloading);
  expect(await exit).toEqual([0, null]);
  // Without WATCHDOG_USEC nobody expects signs of life.
  expect(systemd.messages.join()).not.toContain('WATCHDOG');
});

it('feeds the watchdog twice in its time, and no more once the service hangs', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-notify-'));
  const address = join(folder.path, 'notify');
  using systemd = notifyReceiver(address);
  const child = startService({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '400000' });
  const first = await systemd.heard('WATCHDOG=1');
  const began = performance.now();
  let last = first;
  for (let beat = 0; beat < 4; beat++) last = await systemd.heard('WATCHDOG=1', last + 1);
  const perBeat = (performance.now() - began) / 4;
  expect(perBeat).toBeGreaterThan(150);
  expect(perBeat).toBeLessThan(380);
  child.kill('SIGUSR2');
  await systemd.heard('STATUS=waits: hangs');
  const heard = systemd.messages.length;
  await sleep(800);
  expect(systemd.messages.slice(heard).join()).not.toContain('WATCHDOG');
});

it('does not feed the watchdog of another process', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-notify-'));
  const address = join(folder.path, 'notify');
  using systemd = notifyReceiver(address);
  startService({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '100000', WATCHDOG_PID: String(process.pid) });
  await systemd.heard('READY=1');
  await sleep(400);
  expect(systemd.messages.join()).not.toContain('WATCHDOG');
});

it('does not say that it is ready once it stops', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-notify-'));
  const address = join(folder.path, 'notify');
  using systemd = notifyReceiver(address);
  const manager = await serviceManager({ NOTIFY_SOCKET: address });
  await manager.reloading();
  await manager.stopping();
  await manager.ready('works');
  await systemd.heard('STOPPING=1');
  expect(systemd.messages.join()).not.toContain('READY=1');
});

it.each([undefined, '', 'vsock:2:1', '/nowhere/notify', `/tmp/${'x'.repeat(120)}`])(
  'does without a manager at %j',
  async (address) => {
    const manager = await serviceManager({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '1000' });
    await manager.ready('works');
    manager.watch(() => ({ ok: true }));
    await manager.stopping();
  },
);

itNeeds(program('systemd-notify', 'systemd'))('speaks as systemd-notify does', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-notify-'));
  const address = join(folder.path, 'notify');
  using systemd = notifyReceiver(address);
  spawnSync('systemd-notify', ['--ready', '--status=works', '--no-block'], {
    env: { ...process.env, NOTIFY_SOCKET: address },
  });
  const manager = await serviceManager({ NOTIFY_SOCKET: address });
  await manager.ready('works');
  await systemd.heard('READY=1', 1);
  const assignments = systemd.messages.map((message) => message.trim().split('\n').toSorted());
  expect(assignments[0]).toEqual(expect.arrayContaining(assignments[1] ?? ['nothing']));
});
