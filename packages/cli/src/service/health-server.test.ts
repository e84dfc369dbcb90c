import { request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { portOf, prometheusText, startHealthServer } from './health-server.ts';

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
  const server = await startHealthServer('correlator', service(false), 0);
  open.push(server);
  const get = (path: string) => fetch(`http://127.0.0.1:${portOf(server)}${path}`);
  expect((await get('/health')).status).toBe(200);
  const ready = await get('/ready');
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({ ok: false, why: 'the store is down' });
  expect(await (await get('/metrics')).text()).toContain('ja4_correlator_rows 3\n');
  expect((await get('/other')).status).toBe(404);
});

it('answers to this machine’s names only', async () => {
  const server = await startHealthServer('store', service(true), 0);
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

it('makes valid metric names of any counter and leaves out what is not a number', () => {
  expect(prometheusText('x', service(true).counters())).toBe(
    '# TYPE ja4_x_rows untyped\nja4_x_rows 3\n# TYPE ja4_x_odd_name untyped\nja4_x_odd_name 1\n',
  );
});

it('says which port is in use and what to set', async () => {
  const server = await startHealthServer('store', service(true), 0);
  open.push(server);
  await expect(startHealthServer('store', service(true), portOf(server))).rejects.toThrow(
    /port \d+ .*services\.health_port/,
  );
});
