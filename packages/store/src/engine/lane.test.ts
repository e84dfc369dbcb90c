import { expect, test } from 'vitest';
import { Lane } from './lane.ts';

const never = new AbortController().signal;

/** A task that runs until it is told to end. */
function held(): { task: () => Promise<void>; started: () => boolean; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let started = false;
  return {
    task: () => {
      started = true;
      return promise;
    },
    started: () => started,
    end: resolve,
  };
}

test('runs as many tasks as it is wide, the rest in order', async () => {
  const lane = new Lane('read', 2, 10);
  const tasks = [held(), held(), held(), held()];
  const all = tasks.map((one) => lane.run(one.task, never));
  await Promise.resolve();
  expect(tasks.map((one) => one.started())).toEqual([true, true, false, false]);
  expect([lane.running, lane.waiting]).toEqual([2, 2]);
  tasks[1]?.end();
  await all[1];
  await Promise.resolve();
  expect(tasks.map((one) => one.started())).toEqual([true, true, true, false]);
  for (const one of tasks) one.end();
  await Promise.all(all);
  expect([lane.running, lane.waiting]).toEqual([0, 0]);
});

test('says clearly when its queue is full', async () => {
  const lane = new Lane('write', 1, 1);
  const first = held();
  const running = lane.run(first.task, never);
  const waiting = lane.run(async () => 'second', never);
  await expect(lane.run(async () => 'third', never)).rejects.toMatchObject({ code: 202, status: 503 });
  first.end();
  await running;
  expect(await waiting).toBe('second');
});

test('never starts a task whose client has gone while it waited', async () => {
  const lane = new Lane('read', 1, 10);
  const first = held();
  const running = lane.run(first.task, never);
  const gone = new AbortController();
  const second = held();
  const waiting = lane.run(second.task, gone.signal);
  gone.abort();
  await expect(waiting).rejects.toMatchObject({ code: 394 });
  first.end();
  await running;
  expect(second.started()).toBe(false);
  expect(await lane.run(async () => 'next', never)).toBe('next');
});

test('a failing task frees its place', async () => {
  const lane = new Lane('read', 1, 10);
  await expect(lane.run(() => Promise.reject(new Error('broken')), never)).rejects.toThrow('broken');
  expect(await lane.run(async () => 'next', never)).toBe('next');
});

test('closing waits for what runs, refuses the rest, and gives up after a while', async () => {
  const lane = new Lane('read', 1, 10);
  const first = held();
  const running = lane.run(first.task, never);
  const waiting = lane.run(async () => 'second', never);
  const closed = lane.close(20);
  await expect(waiting).rejects.toMatchObject({ code: 236 });
  await closed;
  await expect(lane.run(async () => 'third', never)).rejects.toMatchObject({ code: 236 });
  first.end();
  await running;
  await lane.close(60_000);
});
