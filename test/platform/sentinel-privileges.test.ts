import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished } from 'vitest';
import { itNeeds, type Need, program, root } from '../setup/needs.ts';
import { eventually, freePorts } from '../setup/platform.ts';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
/** nobody and nogroup. */
const stranger = 65_534;
const noCapability = '0000000000000000';

/** Whether every folder above may be entered by everybody. */
function isOpenToAll(path: string): boolean {
  return (statSync(path).mode & 0o005) === 0o005 && (path === '/' || isOpenToAll(dirname(path)));
}

const openCheckout: Need = {
  what: 'a checkout that every user may read',
  install: 'chmod o+rx on its folders',
  present: () => isOpenToAll(dirname(main)) && isOpenToAll(dirname(process.execPath)),
};
const setpriv = program('setpriv', 'util-linux');

interface Watcher {
  readonly pid: number;
  /** A port nobody listens on, which is watched. */
  readonly port: number;
  /** Everything it said. */
  said(): string;
  counters(): Promise<Record<string, number>>;
}

/** Starts `ja4 sentinel` on loopback through a command that sets its privileges, with its own folder. */
async function startSentinel(
  prefix: readonly string[],
  prepare: (folder: string) => Record<string, string> = () => ({}),
): Promise<Watcher> {
  const folder = mkdtempSync(join(tmpdir(), 'ja4-privileges-'));
  chmodSync(folder, 0o755);
  chownSync(folder, stranger, stranger);
  const [port = 0, healthPort = 0] = await freePorts(2);
  const [command = '', ...args] = [...prefix, process.execPath, main, 'sentinel'];
  const child: ChildProcess = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      JA4_DATA_DIR: join(folder, 'data'),
      JA4_STORE_URL: 'http://127.0.0.1:9',
      JA4_SENTINEL_INTERFACE: 'lo',
      JA4_SENTINEL_PORTS: String(port),
      JA4_SERVICES_HEALTH_PORT: String(healthPort - 2),
      ...prepare(folder),
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill()) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });
  const health = `http://127.0.0.1:${healthPort}/health`;
  await eventually(`ja4 sentinel\n${said}`, async () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${said}`);
    return (await fetch(health)).ok ? true : undefined;
  });
  return {
    pid: child.pid ?? -1,
    port,
    said: () => said,
    counters: async () => {
      const answer = (await (await fetch(health)).json()) as { counters: Record<string, number> };
      return answer.counters;
    },
  };
}

/** What each thread of a process may do, without repetitions. */
function privilegesOf(pid: number): string[] {
  const names = ['CapInh', 'CapPrm', 'CapEff', 'CapAmb', 'NoNewPrivs'];
  const threads = readdirSync(`/proc/${pid}/task`);
  // The main thread, the capturing one, and Node's own.
  expect(threads.length).toBeGreaterThan(5);
  const all = threads.map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
    return names.map((name) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1]).join(' ');
  });
  return [...new Set(all)];
}

const nothing = [[noCapability, noCapability, noCapability, noCapability, '1'].join(' ')];

/** A connection attempt that nobody answers is one packet to the watched port. */
async function sees(watcher: Watcher): Promise<void> {
  const attempt = dial(watcher.port, '127.0.0.1');
  attempt.on('error', () => {}); // Nobody listens; the SYN is enough.
  await eventually('the SYN', async () => {
    const { syns = 0 } = await watcher.counters();
    return syns > 0 ? true : undefined;
  });
}

describe('the process that parses packets', () => {
  itNeeds(root)('has no capability in any thread when root started it', async () => {
    const watcher = await startSentinel([]);
    await sees(watcher);
    expect(privilegesOf(watcher.pid)).toEqual(nothing);
  });

  itNeeds(
    root,
    setpriv,
    openCheckout,
  )('has none when a user started it who has CAP_NET_RAW and no other', async () => {
    const watcher = await startSentinel([
      ...['setpriv', `--reuid=${stranger}`, `--regid=${stranger}`, '--clear-groups'],
      ...['--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw', '--bounding-set=-all,+net_raw'],
    ]);
    await sees(watcher);
    expect(privilegesOf(watcher.pid)).toEqual(nothing);
  });

  itNeeds(
    root,
    setpriv,
    openCheckout,
    program('tcpdump'),
    program('setcap', 'libcap2-bin'),
  )('has none when only tcpdump may capture, and says that it captures through it', async () => {
    const watcher = await startSentinel(
      ['setpriv', `--reuid=${stranger}`, `--regid=${stranger}`, '--clear-groups', '--inh-caps=-all'],
      (folder) => {
        const own = join(folder, 'tcpdump');
        copyFileSync(spawnSync('which', ['tcpdump'], { encoding: 'utf8' }).stdout.trim(), own);
        chmodSync(own, 0o755);
        spawnSync('setcap', ['cap_net_raw+ep', own]);
        return { PATH: `${folder}:${process.env.PATH}` };
      },
    );
    await sees(watcher);
    expect(watcher.said()).toContain('trying tcpdump');
    expect(privilegesOf(watcher.pid)).toEqual(nothing);
    const children = readFileSync(`/proc/${watcher.pid}/task/${watcher.pid}/children`, 'utf8').trim();
    process.kill(watcher.pid, 'SIGKILL');
    // tcpdump goes with the process that it captures for, even if that one could not say so.
    await eventually('the end of tcpdump', async () =>
      readdirSync('/proc').includes(children) ? undefined : true,
    );
  });
});
