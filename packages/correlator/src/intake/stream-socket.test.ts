import { existsSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from './datagram-sender.test-support.ts';
import { receiverFor } from './intake.test-support.ts';

const receiver = receiverFor(onTestFinished);
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

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

const numbers = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

it('hands over the lines of several senders, each in its order', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { received, counters } = await receiver(path);
  const [a, b] = [await sender(path), await sender(path)];
  for (let i = 0; i < 1_000; i++) {
    a.write(`a${i}\n`);
    b.write(`b${i}\r\n`);
  }
  await eventually(() => expect(received.length).toBe(2_000));
  expect(received.filter((line) => line.startsWith('a'))).toEqual(numbers('a', 1_000));
  expect(received.filter((line) => line.startsWith('b'))).toEqual(numbers('b', 1_000));
  expect(counters()).toMatchObject({ lines: 2_000, connections: 2, open: 2 });
  expect(statSync(path).mode & 0o777).toBe(0o660);
});

it('takes a last line without an end when its sender closes in order', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { received, counters } = await receiver(path);
  (await sender(path)).end('first\nlast');
  await eventually(() => expect(received).toEqual(['first', 'last']));
  await eventually(() => expect(counters().open).toBe(0));
});

it('skips a line that never seems to end without holding it, and goes on', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { received, counters } = await receiver(path);
  const socket = await sender(path);
  for (let i = 0; i < 40; i++) socket.write(Buffer.alloc(50_000, 'x'));
  socket.end('\nafter');
  await eventually(() => expect(received).toEqual(['after']));
  expect(counters()).toMatchObject({ oversize: 1, lines: 2 });
});

it('takes a line with bytes that are not UTF-8, makes them visible and counts it', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { received, counters } = await receiver(path);
  (await sender(path)).write(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0x63, 0x0a]));
  await eventually(() => expect(received).toEqual(['a\ufffdb', 'c']));
  expect(counters()).toMatchObject({ lines: 2, invalid_utf8: 1 });
});

it('slows a sender down while its lines are worked on', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const gate = Promise.withResolvers<void>();
  let lines = 0;
  const onMessages = async (batch: string[]) => {
    await gate.promise;
    lines += batch.length;
  };
  const { counters } = await receiver(path, { onMessages });
  const socket = await sender(path);
  const line = `${'x'.repeat(999)}\n`;
  for (let i = 0; i < 4_000; i++) socket.write(line);
  await eventually(() => expect(counters().paused).toBeGreaterThan(0));
  await sleep(20);
  expect(socket.writableLength).toBeGreaterThan(2_000_000);
  gate.resolve();
  await eventually(() => expect(lines).toBe(4_000));
});

it('refuses more senders than it can hold, counts them, and takes others when one has gone', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { received, counters } = await receiver(path);
  const senders: Socket[] = [];
  // No more at once than may wait to be accepted.
  while (senders.length < 260) {
    senders.push(...(await Promise.all(Array.from({ length: 52 }, () => sender(path)))));
    await eventually(() => {
      const { connections = 0, connections_refused = 0 } = counters();
      expect(connections + connections_refused).toBe(senders.length);
    });
  }
  expect(counters()).toMatchObject({ connections: 256, connections_refused: 4, open: 256 });
  senders[0]?.destroy();
  await eventually(() => expect(counters().open).toBe(255));
  (await sender(path)).write('welcome\n');
  await eventually(() => expect(received).toEqual(['welcome']));
});

it('takes what was sent before a stop, then closes and removes its socket', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { intake, received } = await receiver(path);
  const socket = await sender(path);
  // In one piece, so that the kernel has all of it when the stop begins.
  socket.write(numbers('', 500).join('\n').concat('\n'));
  await intake.stop();
  expect(received).toEqual(numbers('', 500));
  expect(existsSync(path)).toBe(false);
});
