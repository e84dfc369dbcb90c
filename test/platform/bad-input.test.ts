import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { itNeeds, program, root } from '../setup/needs.ts';
import { isolation, ja4, Platform } from '../setup/platform.ts';

const sample = fileURLToPath(new URL('../../samples/first-contact/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ja4-bad-'));

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function isolated() {
  const space = await isolation();
  cleanUps.push(space.remove);
  return space;
}

/** One line, no stack. */
const oneLine = /^ja4: [^\n]+\n$/;

describe('bad files', () => {
  it('fingerprints what a truncated capture still holds and says that it is cut', () => {
    const whole = gunzipSync(readFileSync(join(sample, 'capture.pcap.gz')));
    const cut = join(folder, 'cut.pcap');
    writeFileSync(cut, whole.subarray(0, whole.length - 7));
    const result = ja4(['fingerprint', '--format', 'jsonl', cut]);
    expect(result.status).toBe(0);
    expect(result.stdout.split('\n').length).toBeGreaterThan(10);
    expect(result.stderr).toMatch(oneLine);
  });

  it('also when the gzip around it is cut', () => {
    const whole = readFileSync(join(sample, 'capture.pcap.gz'));
    const cut = join(folder, 'cut.pcap.gz');
    writeFileSync(cut, whole.subarray(0, whole.length >> 1));
    const result = ja4(['fingerprint', '--format', 'jsonl', cut]);
    expect(result.status).toBe(0);
    expect(result.stdout.split('\n').length).toBeGreaterThan(10);
    expect(result.stderr).toMatch(oneLine);
  });

  it.each([
    ['text', Buffer.from('this is not a capture\n')],
    ['empty', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(4096)],
  ])('says that a foreign file (%s) is no capture and goes on with the next', (name, content) => {
    const foreign = join(folder, `${name}.pcap`);
    writeFileSync(foreign, content);
    const alone = ja4(['fingerprint', foreign]);
    expect(alone.status).toBe(1);
    expect(alone.stderr).toMatch(oneLine);
    const both = ja4(['fingerprint', '--format', 'jsonl', foreign, join(sample, 'capture.pcap.gz')]);
    expect(both.status).toBe(0);
    expect(both.stdout.split('\n').length).toBeGreaterThan(10);
  });

  it('counts HTTP events that are no JSON, lack a key or hold a wrong type, and stores the rest', async () => {
    const { environment } = await isolated();
    const good = gunzipSync(readFileSync(join(sample, 'http.jsonl.gz')))
      .toString()
      .split('\n')
      .slice(0, 20);
    const event = JSON.parse(good[0] ?? '{}') as Record<string, unknown>;
    const { timestamp: _timestamp, ...noTime } = event;
    const bad = ['not json', '[]', JSON.stringify(noTime), JSON.stringify({ ...event, src_port: 'x' })];
    const file = join(folder, 'mixed.jsonl');
    writeFileSync(file, [...good, ...bad].join('\n'));
    const result = ja4(['replay', '--http', file, '--shift-to-now', '--json'], environment);
    expect(result.status).toBe(0);
    const report = JSON.parse(result.stdout) as { rows: number; rejected: Record<string, number> };
    expect(report.rows).toBe(20);
    expect(Object.values(report.rejected).reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(Object.keys(report.rejected).length).toBeGreaterThanOrEqual(3);
  });
});

describe('bad use', () => {
  it.each([
    [['nonsense']],
    [['fingerprint']],
    [['fingerprint', '--format', 'xml', 'x']],
    [['replay']],
    [['replay', '--http', 'x', '--rate', '-1']],
    [['detect']],
    [['--config', '/nowhere/ja4.yml', 'config', 'check']],
  ])('%j ends with status 2 and says why', (args) => {
    const result = ja4(args);
    expect(result.status).toBe(2);
    expect(result.stderr.trim()).not.toBe('');
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it('every command explains itself with an example', () => {
    const commands = [...ja4(['--help']).stdout.matchAll(/^ {2}(\w+)/gm)].map((match) => match[1] ?? '');
    expect(commands.length).toBeGreaterThan(10);
    for (const command of commands.filter((name) => name !== 'help')) {
      expect(ja4([command, '--help']).status, command).toBe(0);
    }
  });
});

describe('bad surroundings', () => {
  it('says that a port is in use, and by which setting to change it', async () => {
    const { environment } = await isolated();
    const squatter = createServer().listen(Number(environment.JA4_STORE_PORT), '127.0.0.1');
    await once(squatter, 'listening');
    cleanUps.push(() => squatter.close());
    const result = ja4(['store'], environment);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/port/i);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it('says that a data folder is in use', async () => {
    const { environment } = await isolated();
    const platform = new Platform([], { ...environment, JA4_SERVICES_RUN: 'store' });
    cleanUps.push(() => platform.stop());
    await platform.waitFor(/Ctrl-C/);
    const result = ja4(['store'], { ...environment, JA4_STORE_PORT: '0' });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/in use|another/);
  });

  it('says that a socket path is too long', async () => {
    const { environment, dataDir } = await isolated();
    const dir = join(dataDir, 'x'.repeat(120));
    mkdirSync(dir);
    const store = new Platform([], { ...environment, JA4_SERVICES_RUN: 'store' });
    cleanUps.push(() => store.stop());
    await store.waitFor(/Ctrl-C/);
    const result = ja4(['correlator'], { ...environment, JA4_SOCKETS_DIR: dir });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/107/);
  });

  it('says that the store is down', async () => {
    const { environment } = await isolated();
    const result = ja4(['db', 'status'], { ...environment, JA4_STORE_URL: 'http://127.0.0.1:1' });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(oneLine);
  });

  itNeeds(root, program('setpriv', 'util-linux'))('says that the right to capture is missing', async () => {
    const { environment } = await isolated();
    const result = spawnSync(
      'setpriv',
      [
        '--bounding-set=-all',
        '--inh-caps=-all',
        '--no-new-privs',
        process.execPath,
        'packages/cli/bin/ja4.js',
        'sentinel',
      ],
      { encoding: 'utf8', env: { ...process.env, ...environment }, timeout: 30_000 },
    );
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/CAP_NET_RAW|root/);
  });
});
