import { existsSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { IntakeOptions } from './datagram-intake.ts';
import { silent, temporaryFolder } from './datagram-sender.test-support.ts';
import { openStreamIntake } from './stream-intake.ts';

async function receiver(path: string, options: Partial<IntakeOptions> = {}) {
  const received: string[] = [];
  const intake = await openStreamIntake({
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

async function sender(path: string): Promise<Socket> {
  const socket = connect(path);
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

it('hands over the lines of several senders, each in its order', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { intake, received } = await receiver(path);
  const [a, b] = [await sender(path), await sender(path)];
  for (let i = 0; i < 1_000; i++) {
    a.write(`a${i}\n`);
    b.write(`b${i}\r\n`);
  }
  await vi.waitFor(() => expect(received.length).toBe(2_000));
  expect(received.filter((line) => line.startsWith('a'))).toEqual(
    Array.from({ length: 1_000 }, (_, i) => `a${i}`),
  );
  expect(received.filter((line) => line.startsWith('b'))).toEqual(
    Array.from({ length: 1_000 }, (_, i) => `b${i}`),
  );
  expect(intake.counters()).toMatchObject({ lines: 2_000, connections: 2, open: 2 });
  expect(statSync(path).mode & 0o777).toBe(0o660);
});

it('skips a line that never seems to end without holding it, and goes on', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { intake, received } = await receiver(path);
  const socket = await sender(path);
  for (let i = 0; i < 40; i++) socket.write(Buffer.alloc(50_000, 'x'));
  socket.end('\nafter');
  await vi.waitFor(() => expect(received).toEqual(['after']));
  expect(intake.counters()).toMatchObject({ oversize: 1, lines: 2 });
});

it('slows a sender down while its lines are worked on', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const gate = Promise.withResolvers<void>();
  let lines = 0;
  const { intake } = await receiver(path, {
    onMessages: async (batch) => {
      await gate.promise;
      lines += batch.length;
    },
  });
  const socket = await sender(path);
  const line = `${'x'.repeat(999)}\n`;
  for (let i = 0; i < 4_000; i++) socket.write(line);
  await sleep(100);
  expect(socket.writableLength).toBeGreaterThan(2_000_000);
  expect(intake.counters().paused).toBe(1);
  gate.resolve();
  await vi.waitFor(() => expect(lines).toBe(4_000));
});

it('takes what was sent before a stop, then closes and removes its socket', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { intake, received } = await receiver(path);
  const socket = await sender(path);
  for (let i = 0; i < 500; i++) socket.write(`${i}\n`);
  await intake.stop();
  expect(received.length).toBe(500);
  expect(existsSync(path)).toBe(false);
});

it('never replaces a living receiver', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  await receiver(path);
  await expect(receiver(path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
