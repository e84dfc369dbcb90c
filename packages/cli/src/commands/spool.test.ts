import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Spool } from '@ja4/correlator';
import { absentHttpLogRow } from '@ja4/store';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A data folder that is removed when the test ends. */
function dataFolder(): string {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-spool-command-'));
  onTestFinished(() => folder.remove());
  return folder.path;
}

function ja4(dataDir: string, ...args: string[]) {
  return spawnSync(process.execPath, [main, 'spool', ...args], {
    encoding: 'utf8',
    env: { ...process.env, JA4_DATA_DIR: dataDir },
  });
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** A spool with these many requests in it, of which the store has refused the first. */
async function fill(folder: string, rows: number): Promise<Spool> {
  const spool = await Spool.open({ folder, commitMs: 1, log: pino({ level: 'silent' }) });
  for (let row = 0; row < rows; row++) {
    const time = Date.now() * 1000 + row;
    const addresses = { src_ip: '198.18.16.5', peer_ip: '198.18.16.5' };
    spool.append({
      ...absentHttpLogRow(),
      ...addresses,
      time,
      method: 'GET',
      host: 'shop.example',
      path: `/${row}`,
    });
  }
  await spool.flush();
  const first = await spool.next({ maxRows: 1, maxBytes: 1e9 }, new AbortController().signal);
  if (first) {
    await spool.reject(first, 0, 'INCORRECT_DATA: it cannot be read');
    spool.acknowledge(first);
  }
  return spool;
}

it('tells what lies in the spool of a running correlator', async () => {
  const dataDir = dataFolder();
  const spool = await fill(join(dataDir, 'spool'), 4);
  onTestFinished(async () => {
    await spool.close();
  });
  await expect
    .poll(() => JSON.parse(ja4(dataDir, 'status', '--json').stdout), { timeout: 20_000 })
    .toMatchObject({
      heldBy: process.pid,
      rows: 3,
      rejected: { rows: 1 },
      damaged: { files: 0 },
      findings: [],
    });
  expect(ja4(dataDir, 'status').stdout).toMatch(
    /^folder .*\/spool \(process \d+ uses it\)\nwaiting {4}3 rows, /,
  );
  const { stdout } = ja4(dataDir, 'inspect', '--limit', '2');
  expect(linesOf(stdout)).toMatchObject([
    { path: '/1', src_ip: '198.18.16.5', host: 'shop.example' },
    { path: '/2', method: 'GET' },
  ]);
  expect(linesOf(ja4(dataDir, 'inspect', '--rejected').stdout)).toMatchObject([
    { why: 'INCORRECT_DATA: it cannot be read', row: { path: '/0' } },
  ]);
  const replay = ja4(dataDir, 'replay');
  expect(replay.stderr).toMatch(/^ja4: the spool in .* is in use by process \d+: stop it first/);
  expect(replay.status).toBe(1);
}, 120_000);

it('brings what lies in a spool that nobody uses into the store', async () => {
  const dataDir = dataFolder();
  const elsewhere = join(dataDir, 'saved');
  await (await fill(elsewhere, 30)).close();
  const replay = ja4(dataDir, 'replay', elsewhere, '--json');
  expect(replay.stderr).toBe('');
  expect(JSON.parse(replay.stdout)).toMatchObject({ rowsStored: 29, rowsRejected: 0 });
  const count = spawnSync(
    process.execPath,
    [main, 'db', 'query', 'SELECT count() FROM ja4_logs.http_logs', '--format', 'TSV'],
    { encoding: 'utf8', env: { ...process.env, JA4_DATA_DIR: dataDir } },
  );
  expect(count.stdout).toBe('29\n');
  expect(JSON.parse(ja4(dataDir, 'status', elsewhere, '--json').stdout)).toMatchObject({
    rows: 0,
    heldBy: null,
  });
}, 120_000);

it('says where it looked for a spool that is not there', () => {
  const dataDir = dataFolder();
  for (const command of ['status', 'inspect', 'replay']) {
    const { status, stderr } = ja4(dataDir, command);
    expect([status, stderr]).toEqual([1, `ja4: there is no spool in ${join(dataDir, 'spool')}\n`]);
  }
  expect(ja4(dataDir, 'inspect', '--limit', 'many').status).toBe(2);
}, 60_000);
