import { request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { portOf, startHealthServer } from './health-server.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

const service = (ok: boolean) => ({
  counters: () => ({ rows: 3, 'odd name': 1, nothing: Number.NaN }),
  ready: () => (ok ? { ok } : { ok, why: 'the store is down' }),
  stop: async () => {},
});

it('answers liveness, readiness with the reason, and metrics', async () => {
  const server = await startHealthServer('correlator', service(false), service(false).ready, 0);
  open.push(server);
  const get = (path: string) => fetch(`http://127.0.0.1:${portOf(server)}${path}`);
  expect((await get('/health')).status).toBe(200);
  const ready = await get('/ready');
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({ ok: false, why: 'the store is down' });
  expect(await (await get('/metrics')).text()).toContain('\nja4_correlator_rows_total 3\n');
  expect((await get('/other')).status).toBe(404);
});

it('answers to this machine’s names only', async () => {
  const server = await startHealthServer('store', service(true), service(true).ready, 0);
  open.push(server);
  const status = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ port: portOf(server), path: '/metrics', headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
  expect(await status('evil.example:9470')).toBe(403);
  expect(await status('127.0.0.1.evil.example')).toBe(403);
  expect(await status('localhost:9470')).toBe(200);
});

it('is not healthy while a thread of it hangs', async () => {
  const hung = { ...service(true), alive: () => ({ ok: false, why: 'the thread is silent' }) };
  const server = await startHealthServer('sentinel', hung, hung.ready, 0);
  open.push(server);
  const health = await fetch(`http://127.0.0.1:${portOf(server)}/health`);
  expect(health.status).toBe(503);
  expect(await health.json()).toMatchObject({
    ok: false,
    why: 'the thread is silent',
    counters: { rows: 3 },
  });
});

it('says which port is in use and what to set', async () => {
  const server = await startHealthServer('store', service(true), service(true).ready, 0);
  open.push(server);
  await expect(
    startHealthServer('store', service(true), service(true).ready, portOf(server)),
  ).rejects.toThrow(/port \d+ .*services\.health_port/);
});
