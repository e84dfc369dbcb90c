import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { checkSocketAccess, type Sender, webServerProcesses } from './socket-access.ts';

const folder = mkdtempSync(join(tmpdir(), 'ja4-access-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ours = process.getgid?.() ?? 0;
const stranger = 4_000_000_001;
const apache: Sender = { program: 'apache2', pid: 7, uid: stranger, groups: [stranger] };
const inOurGroup: Sender = { ...apache, groups: [stranger, ours] };

function settingsFor(dir: string, mode = '0660') {
  return loadConfig({
    environment: { JA4_DATA_DIR: folder, JA4_SOCKETS_DIR: join(folder, dir), JA4_SOCKETS_MODE: mode },
  });
}

it('says before the sockets are there whether a web server will reach them', () => {
  expect(checkSocketAccess(settingsFor('later'), [inOurGroup])).toMatchObject({ state: 'ok' });
  const refused = checkSocketAccess(settingsFor('later'), [inOurGroup, apache]);
  expect(refused.state).toBe('failed');
  expect(refused.what).toMatch(/apache2 \(process 7, user 4000000001\) cannot write.*sockets\.group/);
  expect(checkSocketAccess(settingsFor('later', '0666'), [apache])).toMatchObject({ state: 'ok' });
  expect(checkSocketAccess(settingsFor('later'), [])).toMatchObject({ state: 'ok' });
});

it('looks at the socket itself where there is one, and at every folder above it', () => {
  mkdirSync(join(folder, 'run'));
  const socket = join(folder, 'run', 'http.socket');
  writeFileSync(socket, '');
  chmodSync(socket, 0o600);
  expect(checkSocketAccess(settingsFor('run', '0666'), [inOurGroup])).toMatchObject({
    state: 'failed',
    what: expect.stringContaining('mode 0600'),
  });
  chmodSync(socket, 0o666);
  expect(checkSocketAccess(settingsFor('run'), [apache])).toMatchObject({ state: 'ok' });
  chmodSync(join(folder, 'run'), 0o750);
  expect(checkSocketAccess(settingsFor('run'), [apache])).toMatchObject({
    state: 'failed',
    what: expect.stringContaining(`${join(folder, 'run')} is closed to it`),
  });
  expect(checkSocketAccess(settingsFor('run'), [{ ...apache, uid: 0 }])).toMatchObject({ state: 'ok' });
});

it('finds the processes of web servers that handle requests, with all their groups', () => {
  const proc = join(folder, 'proc');
  const process = (pid: number, name: string, uid: number, groups: string) => {
    mkdirSync(join(proc, String(pid)), { recursive: true });
    const ids = (id: number) => [id, id, id, id].join('\t');
    const status = `Name:\t${name}\nUid:\t${ids(uid)}\nGid:\t${ids(uid)}\nGroups:\t${groups} \n`;
    writeFileSync(join(proc, String(pid), 'status'), status);
  };
  process(10, 'apache2', 0, '0');
  process(11, 'apache2', 33, '4 33');
  process(12, 'apache2', 33, '4 33');
  process(13, 'bash', 1000, '');
  mkdirSync(join(proc, '14'));
  expect(webServerProcesses(proc)).toEqual([{ program: 'apache2', pid: 11, uid: 33, groups: [33, 4, 33] }]);
  expect(webServerProcesses(join(folder, 'no-proc'))).toEqual([]);
});
