import { unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openDatagramIntake } from './datagram-intake.ts';
import { datagramSender, silent, temporaryFolder } from './datagram-sender.test-support.ts';
import { openLastingIntake } from './lasting-intake.ts';
import { openStreamIntake } from './stream-intake.ts';

async function receiver(path: string, open = openDatagramIntake) {
  const received: string[] = [];
  const onMessages = (batch: string[]) => {
    received.push(...batch);
  };
  const intake = await openLastingIntake(open, { path, mode: 0o660, log: silent, onMessages }, 20);
  onTestFinished(() => intake.stop());
  return { intake, received };
}

it('opens a socket again whose file was removed, and counts on', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { intake, received } = await receiver(path);
  {
    using sender = datagramSender(path);
    sender.send('before');
    await vi.waitFor(() => expect(received).toEqual(['before']));
    unlinkSync(path);
    // What was sent to the old socket still arrives.
    sender.send('meanwhile');
  }
  await vi.waitFor(() => expect(intake.counters().reopened).toBe(1));
  expect(intake.ready()).toEqual({ ok: true });
  using sender = datagramSender(path);
  sender.send('after');
  await vi.waitFor(() => expect(received).toEqual(['before', 'meanwhile', 'after']));
  expect(intake.counters()).toMatchObject({ datagrams: 3, in_flight: 0 });
});

it('leaves the path to another process that receives there, and takes it back afterwards', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.stream.socket');
  const { intake } = await receiver(path, openStreamIntake);
  unlinkSync(path);
  const other = createServer().listen(path);
  await vi.waitFor(() => expect(intake.ready().why).toMatch(/another process receives/));
  other.close();
  await vi.waitFor(() => expect(intake.ready()).toEqual({ ok: true }));
});

it('does not open anything again that is stopped', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'http.socket');
  const { intake } = await receiver(path);
  await intake.stop();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(() => datagramSender(path)).toThrow();
});
