import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { datagramSender, temporaryFolder } from './datagram-sender.test-support.ts';
import { receiverFor } from './intake.test-support.ts';

const receiver = receiverFor(onTestFinished);
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

it('hands over every datagram in order', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { received, counters } = await receiver(path);
  using sender = datagramSender(path);
  const sent: string[] = [];
  for (let i = 0; i < 5_000; i++) {
    const text = JSON.stringify({ i, name: 'ü€😀' });
    while (!sender.send(text)) await sleep(1);
    sent.push(text);
  }
  await eventually(() => expect(received.length).toBe(sent.length));
  expect(received).toEqual(sent);
  expect(counters()).toMatchObject({ datagrams: 5_000, invalid_utf8: 0, truncated: 0, empty: 0, paused: 0 });
});

it('counts what is too long or empty, makes bytes visible that are no text, and goes on', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { received, counters } = await receiver(path);
  using sender = datagramSender(path);
  sender.send(Uint8Array.of(0x7b, 0xc3, 0x28));
  sender.send(Buffer.alloc(70_000, 'x'));
  sender.send('');
  sender.send(Buffer.alloc(65_536, 'y'));
  sender.send('\ufffd was sent');
  sender.send('last');
  await eventually(() => expect(received.length).toBe(4));
  expect(received[0]).toBe('{\ufffd(');
  expect(received[1]).toBe('y'.repeat(65_536));
  expect(received.slice(2)).toEqual(['\ufffd was sent', 'last']);
  expect(counters()).toMatchObject({ datagrams: 6, invalid_utf8: 1, truncated: 1, empty: 1 });
});

it('stops receiving while its reader lags, and loses nothing that the kernel took', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const gate = Promise.withResolvers<void>();
  const received: string[] = [];
  const onMessages = async (batch: string[]) => {
    await gate.promise;
    received.push(...batch);
  };
  const ringBytes = { datagram: 256 * 1024, stream: 1 << 20 };
  const { counters } = await receiver(path, { onMessages }, { ringBytes });
  using sender = datagramSender(path);
  const text = (i: number) => `${i}`.padEnd(1_000, '.');
  let taken = 0;
  await eventually(() => {
    while (sender.send(text(taken))) taken++;
    expect(counters().paused).toBeGreaterThan(0);
  });
  while (sender.send(text(taken))) taken++;
  expect(counters().waiting_bytes).toBeLessThanOrEqual(ringBytes.datagram);
  gate.resolve();
  await eventually(() => expect(received.length).toBe(taken));
  expect(received).toEqual(Array.from({ length: taken }, (_, i) => text(i)));
  expect(counters().waiting_bytes).toBe(0);
});

it('hands over what is queued when it stops, and removes its socket', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { intake, received } = await receiver(path);
  using sender = datagramSender(path);
  let taken = 0;
  for (let i = 0; i < 50; i++) if (sender.send(String(i))) taken += 1;
  await intake.stop();
  expect(received.length).toBe(taken);
  expect(existsSync(path)).toBe(false);
  expect(sender.send('late')).toBe(false);
});
