import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { portOf, startHealthServer } from '../service/health-server.ts';
import { checkDisk, checkSockets } from './folders.ts';
import { checkDashboardPort, checkHealthPorts } from './ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'ja4-doctor-'));
const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = (variables: NodeJS.ProcessEnv) =>
  loadConfig({ environment: { JA4_DATA_DIR: join(folder, 'data'), ...variables } });

async function stranger(): Promise<number> {
  const server: Server = createServer((socket) => socket.end('hello\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}

it('looks at the disk without making the data folder', async () => {
  expect(await checkDisk(settings({}))).toMatchObject({ name: 'disk' });
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

it('says that a group is missing or does not exist, and that a path is too long', () => {
  expect(checkSockets(settings({}))).toMatchObject({ state: 'warning' });
  expect(checkSockets(settings({ JA4_SOCKETS_GROUP: 'no-such-group' })).state).toBe('failed');
  expect(checkSockets(settings({ JA4_SOCKETS_GROUP: 'root' })).state).toBe('ok');
  const long = checkSockets(settings({ JA4_SOCKETS_DIR: `/tmp/${'x'.repeat(100)}` }));
  expect(long).toMatchObject({ state: 'failed' });
  expect(long.what).toMatch(/has 127 bytes, the limit is 107/);
});

it('tells a dashboard of ours from another program on its port', async () => {
  const service = { counters: () => ({ x: 1 }), ready: () => ({ ok: true }), stop: async () => {} };
  const ours = await startHealthServer('dashboard', service, 0);
  open.push(ours);
  const at = (port: number) => checkDashboardPort(settings({ JA4_DASHBOARD_PORT: String(port) }));
  expect(await at(portOf(ours))).toMatchObject({ state: 'ok' });
  expect(await at(await stranger())).toMatchObject({ state: 'failed' });
});

it('names the health ports that another program has', async () => {
  const port = await stranger();
  const check = await checkHealthPorts(settings({ JA4_SERVICES_HEALTH_PORT: String(port) }));
  expect(check).toMatchObject({ state: 'failed' });
  expect(check.what).toContain(String(port));
});
