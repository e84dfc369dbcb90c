import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type IntakeOptions, openDatagramIntake } from './datagram-intake.ts';
import { datagramSender, silent, temporaryFolder } from './datagram-sender.test-support.ts';

async function receiver(path: string, options: Partial<IntakeOptions> = {}) {
  const received: string[] = [];
  const intake = await openDatagramIntake({
    path,
    mode: 0o660,
    log: silent,
    onMessages: (batch) => {
      received.push(...batch);
    },
    ...options,
  });
  onTestFinished(() => intake.stop());
  return { intake, received };
}

it('hands over every datagram in order', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { intake, received } = await receiver(path);
  using sender = datagramSender(path);
  const sent: string[] = [];
  for (let i = 0; i < 5_000; i++) {
    const text = JSON.stringify({ i, name: 'ü€😀' });
    while (!sender.send(text)) await sleep(1);
    sent.push(text);
  }
  await vi.waitFor(() => expect(received.length).toBe(sent.length));
  expect(received).toEqual(sent);
  expect(intake.counters()).toMatchObject({ datagrams: 5_000, invalid_utf8: 0, truncated: 0, empty: 0 });
});

it('counts what is too long or empty, makes bytes visible that are no text, and goes on', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { intake, received } = await receiver(path);
  using sender = datagramSender(path);
  sender.send(Uint8Array.of(0x7b, 0xc3, 0x28));
  sender.send(Buffer.alloc(70_000, 'x'));
  sender.send('');
  sender.send(Buffer.alloc(65_536, 'y'));
  sender.send('last');
  await vi.waitFor(() => expect(received.length).toBe(3));
  expect(received[0]).toBe('{\ufffd(');
  expect(received.slice(1).map((text) => text.length)).toEqual([65_536, 4]);
  expect(intake.counters()).toMatchObject({ datagrams: 5, invalid_utf8: 1, truncated: 1, empty: 1 });
});

it('stops receiving while its reader lags, and loses nothing that the kernel took', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const gate = Promise.withResolvers<void>();
  const received: string[] = [];
  const { intake } = await receiver(path, {
    maxInFlight: 2,
    onMessages: async (batch) => {
      await gate.promise;
      received.push(...batch);
    },
  });
  using sender = datagramSender(path);
  let taken = 0;
  for (let i = 0; i < 2_000; i++) if (sender.send(String(taken))) taken += 1;
  for (let pause = 0; pause < 20 && intake.counters().paused === 0; pause++) {
    await sleep(10);
    if (sender.send(String(taken))) taken += 1;
  }
  expect(taken).toBeLessThan(2_000);
  expect(intake.counters().in_flight).toBeLessThanOrEqual(2);
  gate.resolve();
  await vi.waitFor(() => expect(received.length).toBe(taken));
  expect(received).toEqual(Array.from({ length: taken }, (_, i) => String(i)));
});

it('hands over what is queued when it stops, at once, and removes its socket', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { intake, received } = await receiver(path);
  using sender = datagramSender(path);
  let taken = 0;
  for (let i = 0; i < 50; i++) if (sender.send(String(i))) taken += 1;
  const before = performance.now();
  await intake.stop();
  expect(performance.now() - before).toBeLessThan(900);
  expect(received.length).toBe(taken);
  expect(existsSync(path)).toBe(false);
  expect(sender.send('late')).toBe(false);
});

it('gives the socket its mode and group', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  await receiver(path, { mode: 0o620, group: process.getgid?.() ?? 0 });
  expect(statSync(path).mode & 0o777).toBe(0o620);
  expect(statSync(path).gid).toBe(process.getgid?.());
});

it('says which group is missing, and leaves no socket behind', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  await expect(receiver(path, { group: 'no-such-group' })).rejects.toThrow('there is no group no-such-group');
  expect(existsSync(path)).toBe(false);
});

it('replaces the socket of a process that died', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(statSync(path).isSocket()).toBe(true);
  const { received } = await receiver(path);
  using sender = datagramSender(path);
  sender.send('hello');
  await vi.waitFor(() => expect(received).toEqual(['hello']));
});

it('never replaces a living receiver, of datagrams or streams', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const first = await receiver(path);
  await expect(receiver(path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(receiver(path)).rejects.toThrow('another process receives on');
  await first.intake.stop();

  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await expect(receiver(path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await new Promise((resolve) => server.close(resolve));
});

it('never replaces a file that is not a socket', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  writeFileSync(path, 'precious');
  await expect(receiver(path)).rejects.toMatchObject({ code: 'ENOTSOCK' });
});

it('refuses a path of more than 107 bytes with the reason, and takes one of 107', async () => {
  using folder = temporaryFolder();
  const path = (bytes: number) => `${folder.path}/${'s'.repeat(bytes - Buffer.byteLength(folder.path) - 1)}`;
  await expect(receiver(path(108))).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  await expect(receiver(path(108))).rejects.toThrow('has 108 bytes, the system allows 107');
  const { received } = await receiver(path(107));
  using sender = datagramSender(path(107));
  sender.send('fits');
  await vi.waitFor(() => expect(received).toEqual(['fits']));
});

it('notices that its socket file was replaced, and does not remove the new one', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const first = await receiver(path);
  expect(first.intake.ready()).toEqual({ ok: true });
  spawnSync('rm', [path]);
  expect(first.intake.ready()).toMatchObject({ ok: false });
  await receiver(path);
  await first.intake.stop();
  expect(existsSync(path)).toBe(true);
});
