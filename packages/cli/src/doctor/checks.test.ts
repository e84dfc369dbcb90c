import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { portOf, startHealthServer } from '../service/health-server.ts';
import { judgeClock } from './clock.ts';
import { checkDisk, judgeDisk } from './disk.ts';
import { checkSockets } from './folders.ts';
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

it('asks for the room that spool and store may take, on each disk', () => {
  const gib = 1024 ** 3;
  const spool = { folder: '/a/spool', bytes: 2 * gib, what: 'the spool may still take' };
  const store = { folder: '/a/store', bytes: 2 * gib, what: 'the store wants' };
  const place = { folder: '/a', freeFiles: true, needs: [spool, store] };
  expect(judgeDisk([{ ...place, freeBytes: 4 * gib }])).toMatchObject({ state: 'ok' });
  const narrow = judgeDisk([{ ...place, freeBytes: 3 * gib }]);
  expect(narrow.state).toBe('warning');
  expect(narrow.what).toMatch(/3\.0 GiB free for \/a, but the spool may still take 2\.0 GiB.*spool_max_mb/);
  const twoDisks = [spool, store].map((need) => ({ ...place, freeBytes: 3 * gib, needs: [need] }));
  expect(judgeDisk(twoDisks)).toMatchObject({ state: 'ok' });
  expect(judgeDisk([{ ...place, freeBytes: 9 * gib, freeFiles: false }]).what).toContain('df -i');
});

it('says that the clock is wrong, has gone back, or is kept by nobody', () => {
  const now = new Date('2027-05-01T12:00:00Z');
  const kept = { synchronised: true, errorMs: 3.2 };
  expect(judgeClock(now, now.getTime() - 1000, kept)).toMatchObject({ state: 'ok' });
  expect(judgeClock(now, undefined, kept).what).toContain('to 4 ms');
  expect(judgeClock(now, undefined, undefined)).toMatchObject({ state: 'ok' });
  expect(judgeClock(new Date(0), undefined, kept)).toMatchObject({ state: 'failed' });
  const back = judgeClock(now, now.getTime() + 3_600_000, kept);
  expect(back).toMatchObject({ state: 'failed', what: expect.stringContaining('2027-05-01T13:00:00') });
  const alone = judgeClock(now, undefined, { synchronised: false, errorMs: 16_000_000 });
  expect(alone).toMatchObject({ state: 'warning', what: expect.stringContaining('timedatectl') });
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
  const ours = await startHealthServer('dashboard', service, service.ready, 0);
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

it('tells a service that hangs from another program', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  const { port } = server.address() as AddressInfo;
  const health = await checkHealthPorts(settings({ JA4_SERVICES_HEALTH_PORT: String(port) }));
  expect(health).toMatchObject({ state: 'failed', what: expect.stringMatching(/^store .*does not answer/) });
  const dashboard = await checkDashboardPort(settings({ JA4_DASHBOARD_PORT: String(port) }));
  expect(dashboard.what).toMatch(/does not answer: the dashboard hangs/);
});
