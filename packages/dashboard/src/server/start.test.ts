import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectStore, migrate, readStorePassword, startEngine } from '@ja4/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silent } from './sample-traffic.test-support.ts';
import { startDashboard } from './start.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'ja4-dashboard-start-'));
/** A port nobody listens on while the store is down. */
let port: number;

beforeAll(async () => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  port = (probe.address() as AddressInfo).port;
  await new Promise((resolve) => probe.close(resolve));
});

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const optionsFor = (store: ReturnType<typeof connectStore>) => ({
  host: '127.0.0.1',
  port: 0,
  datasets: [{ name: 'live', label: 'Live', store }],
  dataDir,
  log: silent,
});

describe('the dashboard as a service', () => {
  it('refuses an address that others can reach, and says why and what to do', async () => {
    const store = connectStore({ url: `http://127.0.0.1:${port}` });
    for (const host of ['0.0.0.0', '::', '198.18.0.1', 'www.example']) {
      await expect(startDashboard({ ...optionsFor(store), host })).rejects.toMatchObject({
        code: 'dashboard-not-loopback',
        message: expect.stringMatching(/nobody can sign in.*127\.0\.0\.1.*ssh -L/s),
      });
    }
    await store.close();
  });

  it('names a port that is in use', async () => {
    const store = connectStore({ url: `http://127.0.0.1:${port}` });
    const first = await startDashboard(optionsFor(store));
    const taken = Number(new URL(first.url).port);
    await expect(startDashboard({ ...optionsFor(store), port: taken })).rejects.toMatchObject({
      code: 'dashboard-port-in-use',
      message: expect.stringContaining(`dashboard.port ${taken}`),
    });
    await first.stop();
    await store.close();
  });

  it('stays calm while the store is away, and recovers when it comes back', async () => {
    const engine = await startEngine({ dataDir, port, log: silent });
    const store = connectStore({ url: engine.url, password: readStorePassword(dataDir) });
    await migrate(store);
    await engine.stop();
    const dashboard = await startDashboard(optionsFor(store));

    const page = await fetch(`${dashboard.url}/`);
    expect(page.status).toBe(503);
    expect(page.headers.get('refresh')).toBe('5');
    expect(await page.text()).toContain('The store does not answer right now.');
    const api = await fetch(`${dashboard.url}/api/scores`);
    expect(api.status).toBe(503);
    expect(await api.json()).toMatchObject({
      error: { code: 'store-unreachable', advice: expect.stringContaining('ja4 store') },
    });
    expect(dashboard.ready()).toMatchObject({ ok: false, why: expect.any(String) });
    expect((await fetch(`${dashboard.url}/health`)).status).toBe(200);

    const again = await startEngine({ dataDir, port, log: silent });
    const recovered = await fetch(`${dashboard.url}/`);
    expect(recovered.status).toBe(200);
    expect(dashboard.ready()).toEqual({ ok: true });

    await dashboard.stop();
    await store.close();
    await again.stop();
  });

  it('lets only the first wait for a store that hangs', async () => {
    const sockets: Socket[] = [];
    const hung = createTcpServer((socket) => sockets.push(socket.on('error', () => {}))).listen(
      0,
      '127.0.0.1',
    );
    await once(hung, 'listening');
    const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}`;
    const store = connectStore({ url, requestTimeoutMs: 1_000 });
    const dashboard = await startDashboard(optionsFor(store));
    const page = () => fetch(`${dashboard.url}/`);
    expect((await page()).status).toBe(503);
    const connections = sockets.length;
    const pages = await Promise.all([page(), page(), page()]);
    expect(pages.map(({ status }) => status)).toEqual([503, 503, 503]);
    // One ping for the three of them, and none of their queries.
    expect(sockets.length - connections).toBe(1);

    await dashboard.stop();
    await store.close();
    for (const socket of sockets) socket.destroy();
    hung.close();
  });
});
