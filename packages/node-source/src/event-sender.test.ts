import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventSender } from './event-sender.ts';
import { Receiver, until } from './receiver.test-support.ts';

let receiver: Receiver;
let sender: EventSender | undefined;
const said: string[] = [];

beforeEach(async () => {
  said.length = 0;
  receiver = await Receiver.open();
});
afterEach(async () => {
  await sender?.close();
  await receiver.remove();
});

function send(options: { maxBufferBytes?: number } = {}): EventSender {
  sender = new EventSender({
    path: receiver.path,
    serverId: 'test/1',
    maxBufferBytes: options.maxBufferBytes ?? 1 << 20,
    log: (message) => said.push(message),
  });
  return sender;
}

describe('the sender of events', () => {
  it('numbers its events and sends each as a line', async () => {
    const to = send();
    for (let i = 0; i < 3; i++) to.send(`"n":${i}`);
    await until('three lines', () => receiver.lines.length === 3);
    expect(receiver.events).toEqual(
      [0, 1, 2].map((n) => ({ source: 'node', server_id: 'test/1', seq: n, dropped_total: 0, n })),
    );
    await until('all sent', () => to.counters().sent === 3);
    expect(to.counters()).toMatchObject({ events: 3, dropped: 0, buffered_bytes: 0, connected: true });
    expect(said).toEqual([]);
  });

  it('keeps events while the receiver is away and sends them when it is back', async () => {
    const to = send();
    to.send('"n":0');
    await until('a line', () => receiver.lines.length === 1);
    await receiver.stop();
    await until('the loss to be seen', () => !to.counters().connected);
    for (let i = 1; i < 100; i++) to.send(`"n":${i}`);
    await receiver.start();
    await until('all lines', () => receiver.lines.length === 100);
    expect(receiver.events.map((event) => event.seq)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(to.counters()).toMatchObject({ connections: 2, dropped: 0 });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(receiver.path);
  });

  it('finds a receiver that comes later than itself', async () => {
    await receiver.stop();
    const to = send();
    to.send('"n":0');
    await until('an attempt', () => said.length > 0);
    expect(said[0]).toMatch(/ENOENT/);
    await receiver.start();
    await until('a line', () => receiver.lines.length === 1);
    expect(to.counters().dropped).toBe(0);
  });

  it('drops and counts what its buffer does not hold, and says so in the next event', async () => {
    await receiver.stop();
    const to = send({ maxBufferBytes: 65_536 });
    const filler = `"filler":"${'x'.repeat(1_000)}"`;
    for (let i = 0; i < 100; i++) to.send(filler);
    const { dropped, buffered_bytes } = to.counters();
    expect(dropped).toBeGreaterThan(30);
    expect(buffered_bytes).toBeLessThanOrEqual(65_536);
    await receiver.start();
    await until('what was kept', () => receiver.lines.length === 100 - dropped);
    to.send('"n":1');
    await until('the next', () => receiver.lines.length === 101 - dropped);
    expect(receiver.events.at(-1)).toMatchObject({ seq: 100, dropped_total: dropped });
  });

  it('never waits for a receiver that does not read', async () => {
    const to = send({ maxBufferBytes: 1 << 17 });
    to.send('"n":0');
    await until('a line', () => receiver.lines.length === 1);
    receiver.pause();
    const filler = `"filler":"${'x'.repeat(10_000)}"`;
    for (let round = 0; round < 40 && to.counters().dropped === 0; round++) {
      for (let i = 0; i < 20; i++) to.send(filler);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    expect(to.counters().dropped).toBeGreaterThan(0);
    expect(to.counters().buffered_bytes).toBeLessThanOrEqual(1 << 17);
    receiver.resume();
    await until('the rest', () => to.counters().buffered_bytes === 0);
    const { events, sent, dropped } = to.counters();
    expect(sent + dropped).toBe(events);
    await until('all that was sent', () => receiver.lines.length === sent);
  });

  it('sends what waits when it is closed, and takes nothing any more', async () => {
    const to = send();
    await until('the connection', () => to.counters().connected);
    for (let i = 0; i < 500; i++) to.send(`"filler":"${'x'.repeat(1_000)}"`);
    await to.close();
    to.send('"n":501');
    await until('all lines', () => receiver.lines.length === 500);
    expect(to.counters()).toMatchObject({ events: 501, sent: 500, dropped: 1 });
  });

  it('closes within a second when there is nobody to send to', async () => {
    await receiver.stop();
    const to = send();
    to.send('"n":0');
    await to.close();
    expect(to.counters()).toMatchObject({ events: 1, sent: 0, dropped: 1 });
  });

  it('does not keep a process alive, connected or not', () => {
    const source = fileURLToPath(new URL('./index.ts', import.meta.url));
    for (const path of [receiver.path, `${receiver.path}.nobody`]) {
      const program = `import { ja4Source } from ${JSON.stringify(source)};
        ja4Source({ socket: ${JSON.stringify(path)}, log: () => {} });
        setTimeout(() => {}, 300);`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        timeout: 20_000,
        encoding: 'utf8',
      });
      expect([run.status, run.stderr]).toEqual([0, '']);
    }
  });
});
