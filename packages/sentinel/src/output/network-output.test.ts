import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { datagramReceiver, temporaryFolder } from './datagram-receiver.test-support.ts';
import { createNetworkOutput, type NetworkOutputOptions } from './network-output.ts';

function output(socketPath: string, options: Partial<NetworkOutputOptions> = {}) {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const made = createNetworkOutput({ socketPath, log, ...options });
  onTestFinished(() => made.stop());
  return { output: made, lines };
}

const texts = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => JSON.stringify({ n: from + i }));

it('sends each event as one datagram, at once', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'network.socket');
  using receiver = datagramReceiver(path);
  const { output: out, lines } = output(path);
  for (const text of texts(0, 5)) out.send(text);
  expect(receiver.take()).toEqual(texts(0, 5));
  expect(out.counters()).toMatchObject({ sent: 5, queued: 0, connects: 1 });
  expect(lines).toEqual([]);
});

it('keeps events in order while the receiver is full', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'network.socket');
  using receiver = datagramReceiver(path);
  const { output: out } = output(path);
  const sent = texts(0, 3_000);
  for (const text of sent) out.send(text);
  expect(out.counters().waits_full).toBeGreaterThan(0);
  const received: string[] = [];
  for (let turn = 0; turn < 5_000 && received.length < sent.length; turn++) {
    await sleep(1);
    received.push(...receiver.take());
  }
  expect(received).toEqual(sent);
});

it('waits for a receiver that is not there yet, says so once, and says when it is', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'network.socket');
  const { output: out, lines } = output(path);
  for (const text of texts(0, 20)) out.send(text);
  await sleep(250);
  expect(out.ready()).toMatchObject({ ok: false });
  expect(lines.filter((line) => line.level === 40).length).toBe(1);
  using receiver = datagramReceiver(path);
  const received: string[] = [];
  await vi.waitFor(() => {
    received.push(...receiver.take());
    expect(received).toEqual(texts(0, 20));
  });
  expect(lines.at(-1)?.msg).toBe('network events are received again');
  expect(out.ready()).toEqual({ ok: true });
});

it('follows a receiver that was replaced', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'network.socket');
  const { output: out } = output(path);
  {
    using first = datagramReceiver(path);
    out.send('"first"');
    expect(first.take()).toEqual(['"first"']);
  }
  out.send('"between"');
  using second = datagramReceiver(path);
  out.send('"after"');
  const received: string[] = [];
  await vi.waitFor(() => {
    received.push(...second.take());
    expect(received).toEqual(['"between"', '"after"']);
  });
  expect(out.counters()).toMatchObject({ sent: 3, connects: 2 });
});

it('drops the oldest events when its queue is full, and counts them', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'network.socket');
  const { output: out } = output(path, { maxQueued: 10 });
  for (const text of texts(0, 25)) out.send(text);
  expect(out.counters()).toMatchObject({ dropped_queue: 15, queued: 10 });
  using receiver = datagramReceiver(path);
  const received: string[] = [];
  await vi.waitFor(() => {
    received.push(...receiver.take());
    expect(received).toEqual(texts(15, 25));
  });
});

it('drops an event that no datagram can carry, and goes on', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'network.socket');
  using receiver = datagramReceiver(path);
  const { output: out } = output(path);
  out.send('ü'.repeat(40_000));
  out.send('"next"');
  expect(receiver.take()).toEqual(['"next"']);
  expect(out.counters()).toMatchObject({ dropped_too_large: 1, sent: 1 });
});

it('stops within its grace and counts what it could not deliver', async () => {
  using folder = temporaryFolder();
  const { output: out } = output(join(folder.path, 'network.socket'));
  out.send('"lost"');
  await out.stop();
  out.send('"late"');
  expect(out.counters()).toMatchObject({ dropped_stop: 2, queued: 0, sent: 0 });
});

it('refuses a socket path that the system cannot hold', () => {
  expect(() => output(`/tmp/${'x'.repeat(103)}`)).toThrow('has 108 bytes, the system allows 107');
});
