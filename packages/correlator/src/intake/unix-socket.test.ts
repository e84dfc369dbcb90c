import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { datagramSender, temporaryFolder } from './datagram-sender.test-support.ts';
import { receiverFor } from './intake.test-support.ts';

const receiver = receiverFor(onTestFinished);
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

it('gives the socket its mode and group', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  await receiver(path, {}, { mode: 0o620, group: process.getgid?.() ?? 0 });
  expect(statSync(path).mode & 0o777).toBe(0o620);
  expect(statSync(path).gid).toBe(process.getgid?.());
});

it('says which group is missing, and leaves no socket behind', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const opened = receiver(path, {}, { group: 'no-such-group' });
  await expect(opened).rejects.toThrow('there is no group no-such-group');
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
  await eventually(() => expect(received).toEqual(['hello']));
});

it.each(['http.socket', 'http.stream.socket'])('never replaces a living receiver on %s', async (file) => {
  using folder = temporaryFolder();
  const path = join(folder.path, file);
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
  await eventually(() => expect(received).toEqual(['fits']));
});
