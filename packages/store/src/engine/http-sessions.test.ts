import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HttpSessions, sessionSeconds } from './http-sessions.ts';

const request = (id: string, timeoutSeconds = 60, mustExist = false) => ({ id, timeoutSeconds, mustExist });

test('a session remembers between its requests, for the role that began it', async () => {
  const sessions = new HttpSessions();
  await sessions.inside(request('a'), 'writer', async (session) => session.settings.set('max_threads', '1'));
  const seen = (id: string, role: 'writer' | 'reader') =>
    sessions.inside(request(id), role, async (session) => session.settings.get('max_threads'));
  expect(await seen('a', 'writer')).toBe('1');
  expect(await seen('b', 'writer')).toBeUndefined();
  expect(await seen('a', 'reader')).toBeUndefined();
  await sessions.close();
});

test('a session takes one request at a time', async () => {
  const sessions = new HttpSessions();
  const inner = () => sessions.inside(request('a'), 'admin', async () => 1);
  await expect(sessions.inside(request('a'), 'admin', inner)).rejects.toMatchObject({ code: 373 });
  expect(await inner()).toBe(1);
  await sessions.close();
});

test('a session ends when it is not used, and a client can ask whether it still exists', async () => {
  const sessions = new HttpSessions();
  const check = () => sessions.inside(request('a', 0, true), 'admin', async () => 1);
  await expect(check()).rejects.toMatchObject({ code: 372 });
  await sessions.inside(request('a', 0), 'admin', async () => 1);
  await sleep(20);
  await expect(check()).rejects.toMatchObject({ code: 372 });
  await sessions.inside(request('a', 60), 'admin', async () => 1);
  expect(await check()).toBe(1);
  await sessions.close();
});

test('there is an end to how many sessions a client can open', async () => {
  const sessions = new HttpSessions();
  for (let i = 0; i < 1_000; i++) await sessions.inside(request(String(i)), 'admin', async () => i);
  await expect(sessions.inside(request('one more'), 'admin', async () => 1)).rejects.toMatchObject({
    code: 202,
  });
  expect(await sessions.inside(request('7'), 'admin', async () => 7)).toBe(7);
  expect(await sessions.inside(request('one more'), 'reader', async () => 8)).toBe(8);
  await sessions.close();
  expect(sessions.size).toBe(0);
});

test('a time-out is a number of seconds up to an hour', () => {
  expect([null, '0', '60', '3600'].map(sessionSeconds)).toEqual([60, 0, 60, 3600]);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (text) => {
      try {
        const seconds = sessionSeconds(text);
        return seconds >= 0 && seconds <= 3600;
      } catch (error) {
        expect(error).toMatchObject({ code: 374 });
        return true;
      }
    }),
  );
});
