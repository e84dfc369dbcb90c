import { existsSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { datagramSender, silent, temporaryFolder } from './datagram-sender.test-support.ts';
import { receiverFor } from './intake.test-support.ts';
import { openIntake } from './intake.ts';

const receiver = receiverFor(onTestFinished);
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

const often = { checkEveryMs: 20 };

it('opens a socket again whose file was removed, and counts on', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { intake, received, counters } = await receiver(path, {}, often);
  {
    using sender = datagramSender(path);
    sender.send('before');
    await eventually(() => expect(received).toEqual(['before']));
    unlinkSync(path);
    // What was sent to the old socket still arrives.
    sender.send('meanwhile');
  }
  await eventually(() => expect(counters().reopened).toBe(1));
  expect(intake.ready()).toEqual({ ok: true });
  using sender = datagramSender(path);
  sender.send('after');
  await eventually(() => expect(received).toEqual(['before', 'meanwhile', 'after']));
  expect(counters()).toMatchObject({ datagrams: 3, waiting_bytes: 0 });
});

it('leaves the path to another process that receives there, and takes it back afterwards', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { intake } = await receiver(path, {}, often);
  unlinkSync(path);
  const other = createServer().listen(path);
  await eventually(() => expect(intake.ready().why).toMatch(/another process receives/));
  other.close();
  await eventually(() => expect(intake.ready()).toEqual({ ok: true }));
});

it('notices that its socket file is gone, does not remove a new one, and opens nothing after its stop', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const first = await receiver(path);
  unlinkSync(path);
  expect(first.intake.ready()).toMatchObject({ ok: false });
  const second = await receiver(path, {}, often);
  await first.intake.stop();
  expect(existsSync(path)).toBe(true);
  await second.intake.stop();
  await sleep(60);
  expect(existsSync(path)).toBe(false);
});

it('leaves none of its sockets open when one of them cannot be', async () => {
  using folder = temporaryFolder();
  const socket = (file: string) => ({
    ...{ name: file, path: join(folder.path, file), kind: 'datagram' as const },
    onMessages: () => {},
  });
  const sockets = [socket('a.socket'), socket('b.socket'), socket('x'.repeat(108))];
  await expect(openIntake({ sockets, mode: 0o660, log: silent })).rejects.toMatchObject({
    code: 'ENAMETOOLONG',
  });
  expect(existsSync(join(folder.path, 'a.socket'))).toBe(false);
  const intake = await openIntake({ sockets: sockets.slice(0, 2), mode: 0o660, log: silent });
  await intake.stop();
});

it('goes on with the other sockets while one of them is worked on', async () => {
  using folder = temporaryFolder();
  const gate = Promise.withResolvers<void>();
  const received: string[] = [];
  const [slow, quick] = [join(folder.path, 'slow.socket'), join(folder.path, 'quick.socket')];
  const intake = await openIntake({
    sockets: [
      {
        ...{ name: 'slow', path: slow, kind: 'datagram' },
        onMessages: async (batch) => {
          await gate.promise;
          received.push(...batch);
        },
      },
      {
        ...{ name: 'quick', path: quick, kind: 'datagram' },
        onMessages: (batch) => {
          received.push(...batch);
        },
      },
    ],
    mode: 0o660,
    log: silent,
  });
  onTestFinished(() => intake.stop());
  using toSlow = datagramSender(slow);
  using toQuick = datagramSender(quick);
  toSlow.send('slow 1');
  await eventually(() => expect(intake.counters().slow_socket_datagrams).toBe(1));
  toQuick.send('quick');
  toSlow.send('slow 2');
  await eventually(() => expect(received).toEqual(['quick']));
  gate.resolve();
  await eventually(() => expect(received).toEqual(['quick', 'slow 1', 'slow 2']));
});
