import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { itNeeds, program, root } from '../setup/needs.ts';

type Counts = Record<string, number>;

const file = (name: string) => fileURLToPath(new URL(`../setup/${name}.test-program.ts`, import.meta.url));

async function answer(from: ChildProcess): Promise<Counts> {
  const [counts] = (await once(from, 'message')) as [Counts];
  return counts;
}

/** The receiver runs in a network namespace of its own, where the kernel's queue has the length that is advised. */
async function receiver(folder: string): Promise<ChildProcess> {
  const inside = 'echo 512 >/proc/sys/net/unix/max_dgram_qlen && exec "$@"';
  const command = ['--net', 'sh', '-c', inside, 'sh', process.execPath, file('flood-receiver'), folder];
  const started = spawn('unshare', command, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  onTestFinished(() => {
    started.kill('SIGKILL');
  });
  await answer(started);
  return started;
}

async function sent(path: string, kind: string, rate: number, seconds: number): Promise<Counts> {
  const started = fork(file('flood-sender'), [path, kind, String(rate), String(seconds)]);
  onTestFinished(() => {
    started.kill('SIGKILL');
  });
  return await answer(started);
}

const seconds = 5;

itNeeds(root, program('unshare', 'util-linux')).each(['http', 'network'] as const)(
  'garbage at 100,000 a second on the %s socket stops no good event on any of the four',
  async (flooded) => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-flood-'));
    const started = await receiver(folder.path);
    const path = (name: string) => join(folder.path, `${name}.socket`);
    const [garbage, ...good] = await Promise.all([
      sent(path(flooded), 'garbage', 100_000, seconds),
      sent(path('http'), 'http', 1_000, seconds),
      sent(path('network'), 'network', 1_000, seconds),
      sent(path('http.stream'), 'http', 1_000, seconds),
      sent(path('network.stream'), 'network', 1_000, seconds),
    ]);
    expect(good.map((counts) => counts.sent)).toEqual(good.map(() => 1_000 * seconds));

    started.send('stop');
    const counters = await answer(started);
    const other = flooded === 'http' ? 'network' : 'http';
    expect(counters).toMatchObject({
      ...{ http_events: 2_000 * seconds, network_events: 2_000 * seconds, rows: 2_000 * seconds },
      ...{ [`${flooded}_rejected`]: garbage?.sent, [`${other}_rejected`]: 0, http_evicted: 0 },
      ...{ network_evicted: 0, http_socket_truncated: 0, network_socket_truncated: 0 },
      [`${flooded}_socket_datagrams`]: (garbage?.sent ?? 0) + 1_000 * seconds,
      [`${other}_socket_datagrams`]: 1_000 * seconds,
    });
    expect(garbage?.sent).toBeGreaterThan(0);
  },
);
