/**
 * What mod_reqin_log costs a busy Apache, and whether events get lost: real Apaches (event MPM) with and without
 * the module, a live receiver attached, loaded in turn.
 *
 *     npm run bench -- apache [--quick] [--json] [--rounds N] [--seconds N] [--module FILE] [--bare]
 *
 * Apache runs as Debian installs it: its modules and its access log (--bare: only what the page needs, no log).
 * Needs root (a network namespace with net.unix.max_dgram_qlen = 512), apache2-dev, wrk and h2load. Apache has the
 * first core for itself, so that its work alone bounds the rate; load and receiver share the others. Rounds
 * alternate (A B, B A, …) and each gives one ratio, so that a slow minute of the machine hits both. In the last
 * part requests come at a fixed pace just below 20,000 per second and Apache may use every core.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Apache, buildModule } from '../test/setup/apache.ts';
import { type Load, type LoadResult, loads, pacedLoad, runLoad } from './apache/load.ts';
import { treeCpuMicroseconds } from './apache/process-tree.ts';
import type { ReceiverTotals } from './apache/receiver.ts';
import { print, type Report, type Round } from './apache/report.ts';
import { machine } from './report/machine.ts';
import { median } from './report/median.ts';
import { atLeast, type Target } from './report/target.ts';

const queueLength = 512;
const pacedRate = 19_500;
const rateTarget = 0.97;
const insideVariable = 'BENCH_IN_NAMESPACE';
const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const manyCores = cpus().length > 1;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      module: { type: 'string' },
      bare: { type: 'boolean', default: false },
    },
  });
  const missing = whatIsMissing();
  if (missing !== undefined) {
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ benchmark: 'apache', skipped: missing })}\n`
        : `apache: skipped: ${missing}\n`,
    );
    return;
  }
  if (process.env[insideVariable] === undefined) {
    const cores = manyCores ? ['taskset', '--cpu-list', `1-${cpus().length - 1}`] : [];
    const command = ['--net', ...cores, process.execPath, program('./main.ts'), 'apache', ...args];
    const inside = spawnSync('unshare', command, {
      stdio: 'inherit',
      env: { ...process.env, [insideVariable]: '1' },
    });
    process.exitCode = inside.status ?? 1;
    return;
  }
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 8));
  const seconds = Number(values.seconds ?? (values.quick ? 1 : 4));
  const report = await measure(
    { rounds: Math.max(1, rounds), seconds: Math.max(1, seconds), bare: values.bare },
    values.module ?? buildModule(),
  );
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else print(report);
}

function whatIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root: sudo npm run bench -- apache';
  const absent = ['apache2', 'apxs', 'wrk', 'h2load', 'ip', 'unshare', 'taskset'].filter(
    (name) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${name}`]).status !== 0,
  );
  return absent.length === 0
    ? undefined
    : `needs ${absent.join(', ')}: apt-get install apache2 apache2-dev wrk nghttp2-client iproute2 util-linux`;
}

const pool = `ServerLimit 2
StartServers 2
ThreadsPerChild 64
MaxRequestWorkers 128
MaxSpareThreads 128`;

/** Beside those that every Apache of ours has: what Debian switches on. */
const debianModules = [
  ...[
    'alias',
    'auth_basic',
    'authn_core',
    'authn_file',
    'authz_user',
    'autoindex',
    'deflate',
    'env',
    'filter',
  ],
  ...['negotiation', 'reqtimeout', 'status'],
];

const accessLog = (
  folder: string,
) => `LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog ${folder}/access.log combined
`;

interface Scope {
  readonly rounds: number;
  readonly seconds: number;
  readonly bare: boolean;
}

async function measure({ rounds, seconds, bare }: Scope, module: string): Promise<Report> {
  spawnSync('ip', ['link', 'set', 'lo', 'up']);
  writeFileSync('/proc/sys/net/unix/max_dgram_qlen', String(queueLength));
  const folder = Apache.newFolder();
  const socket = join(folder, 'http.socket');
  const receiver = await startReceiver(socket);
  const common = {
    pool,
    modules: bare ? [] : debianModules,
    around: manyCores ? ['taskset', '--cpu-list', '0'] : [],
  };
  const log = (at: string) => (bare ? '' : accessLog(at));
  const folderWithout = Apache.newFolder();
  const without = await Apache.start(folderWithout, {
    ...common,
    module: null,
    configuration: log(folderWithout),
  });
  const withModule = await Apache.start(folder, {
    ...common,
    module,
    configuration: log(folder) + moduleConfiguration(socket),
  });
  const everywhere = `0-${cpus().length - 1}`;
  try {
    const results: Round[] = [];
    for (const load of loads) {
      for (const apache of [without, withModule]) await measureOnce(load, apache, 1);
      for (let round = 0; round < rounds; round++) {
        const before = await receiver.settled();
        const order = round % 2 === 0 ? [without, withModule] : [withModule, without];
        const first = await measureOnce(load, order[0] ?? without, seconds);
        const second = await measureOnce(load, order[1] ?? without, seconds);
        const [bare, module] = round % 2 === 0 ? [first, second] : [second, first];
        results.push({
          load: load.name,
          without: bare,
          with: module,
          ...events(before, await receiver.settled()),
        });
      }
    }
    for (const apache of [without, withModule])
      spawnSync('taskset', ['-apc', everywhere, String(apache.pid)]);
    for (const pid of childrenOf(withModule.pid)) spawnSync('taskset', ['-apc', everywhere, pid]);
    const load = pacedLoad(pacedRate);
    const before = await receiver.settled();
    const result = await measureOnce(load, withModule, seconds * 3);
    const paced = { load: load.name, with: result, ...events(before, await receiver.settled()) };
    return {
      benchmark: 'apache',
      machine: machine(),
      load: loadavg()[0] ?? 0,
      apache: (
        spawnSync('/usr/sbin/apache2', ['-v'], { encoding: 'utf8' }).stdout.split('\n')[0] ?? ''
      ).trim(),
      bare,
      max_dgram_qlen: Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8')),
      commands: [...loads, load].map((one) => one.command(withModule, seconds, 'FILE').join(' ')),
      results: { rounds: results, paced },
      targets: targets(results, paced),
    };
  } finally {
    await without.stop();
    await withModule.stop();
    await receiver.stop();
  }
}

const moduleConfiguration = (socket: string) => `JsonSockLogEnabled On
JsonSockLogSocket ${socket}
JsonSockLogHeaders User-Agent Accept Accept-Encoding Accept-Language Content-Type Referer X-Forwarded-For
JsonSockLogHeaders Sec-CH-UA Sec-CH-UA-Mobile Sec-CH-UA-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site`;

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);

async function measureOnce(
  load: Load,
  apache: Apache,
  seconds: number,
): Promise<LoadResult & { cpuMicroseconds: number }> {
  const log = join(apache.folder, 'requests.log');
  const before = treeCpuMicroseconds(apache.pid);
  const result = await runLoad(load.command(apache, seconds, log), log);
  const cpuMicroseconds = (treeCpuMicroseconds(apache.pid) - before) / result.requests;
  if (existsSync(log)) rmSync(log);
  return { ...result, cpuMicroseconds };
}

/** What became of the events between two moments. */
function events(before: ReceiverTotals, after: ReceiverTotals) {
  const made = after.made - before.made;
  const received = after.events - before.events;
  return {
    events: made,
    lost: made - received,
    dropped_by_sender: after.dropped - before.dropped,
    refused: after.refused - before.refused,
  };
}

async function startReceiver(socket: string) {
  const child = spawn(process.execPath, [program('./apache/receiver.ts'), socket], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const ask = async (): Promise<ReceiverTotals> => {
    const answer = once(child, 'message');
    child.send('totals');
    const [totals] = (await answer) as [ReceiverTotals];
    return totals;
  };
  return {
    /** The totals when nothing has come in for a while. */
    async settled(): Promise<ReceiverTotals> {
      for (let last = await ask(); ; ) {
        await pause(150);
        const now = await ask();
        if (now.events === last.events) return now;
        last = now;
      }
    },
    async stop() {
      child.send('stop');
      await once(child, 'exit');
    },
  };
}

function targets(rounds: readonly Round[], paced: Report['results']['paced']): Target[] {
  const rates = loads.map(({ name }) => {
    const own = rounds.filter((round) => round.load === name);
    const value = median(own.map((round) => round.with.requestsPerSecond / round.without.requestsPerSecond));
    return atLeast(`rate with the module over rate without, ${name}`, value, rateTarget);
  });
  return [
    ...rates,
    {
      name: `events lost at ${Math.round(paced.with.requestsPerSecond)} requests/s`,
      value: paced.lost,
      target: 0,
      ok: paced.lost === 0 && paced.events >= paced.with.requests,
    },
  ];
}
