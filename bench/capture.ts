/**
 * Live capture under load: tcpreplay sends 200,000 packets per second with 2,000 ClientHellos per second for ten
 * seconds over a virtual cable, and `ja4 sentinel` captures at its other end, as in production.
 *
 *     npm run bench -- capture [--quick] [--json] [--runs N]
 *
 * Needs root (network namespaces) and tcpreplay; everything is made in a namespace that ends with it. The sender
 * stands for other machines and has the first core for itself; sentinel and receiver share the others. With
 * other work on the machine latencies are that work's, which is why each run is shown (--quick: one of 2 s).
 */
import { type ChildProcess, execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Received } from '../packages/sentinel/src/live/datagram-latency.test-program.ts';
import { type Traffic, writeTraffic } from './capture/traffic.ts';
import { machine } from './report/machine.ts';
import { atMost, type Target, targetLines } from './report/target.ts';

const packetsPerSecond = 200_000;
const hellosPerSecond = 2_000;
const seconds = { quick: 2, full: 10 };
const idleSeconds = { quick: 2, full: 5 };
const healthPort = 9570;
const insideVariable = 'BENCH_IN_NAMESPACE';
const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Run {
  readonly seconds: number;
  readonly packets_sent: number;
  readonly packets_per_second: number;
  /** What the kernel's filter let through, and what it then had no room for. */
  readonly packets_let_through: number;
  readonly kernel_drops: number;
  readonly hellos_sent: number;
  readonly hellos_found: number;
  readonly events_received: number;
  readonly connections_received: number;
  /** User and system time of the sentinel, in cores. */
  readonly cores: number;
  readonly idle_cores: number;
  readonly latency_p50_ms: number;
  readonly latency_p99_ms: number;
  readonly latency_max_ms: number;
  /** Runnable threads on the machine, averaged over the last minute. */
  readonly load: number;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      runs: { type: 'string' },
    },
  });
  const missing = whatIsMissing();
  if (missing !== undefined) {
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ benchmark: 'capture', skipped: missing })}\n`
        : `capture: skipped: ${missing}\n`,
    );
    return;
  }
  if (process.env[insideVariable] === undefined) {
    const cores = cpus().length > 1 ? ['taskset', '--cpu-list', `1-${cpus().length - 1}`] : [];
    const command = ['--net', ...cores, process.execPath, program('./main.ts'), 'capture', ...args];
    const inside = spawnSync('unshare', command, {
      stdio: 'inherit',
      env: { ...process.env, [insideVariable]: '1' },
    });
    process.exitCode = inside.status ?? 1;
    return;
  }
  const size = values.quick ? 'quick' : 'full';
  const report = await measure(size, Math.max(1, Number(values.runs) || (values.quick ? 1 : 3)));
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else print(report);
}

function whatIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root: sudo npm run bench -- capture';
  const absent = ['tcpreplay', 'ip', 'unshare', 'taskset'].filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
  );
  return absent.length === 0
    ? undefined
    : `needs ${absent.join(', ')}: apt-get install tcpreplay iproute2 util-linux`;
}

type Report = Awaited<ReturnType<typeof measure>>;

async function measure(size: 'quick' | 'full', count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'ja4-bench-'));
  try {
    const ip = (...args: string[]) => execFileSync('ip', args);
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
    for (const end of ['va', 'vb']) {
      // Nobody answers on this cable: neighbour discovery would be other traffic.
      execFileSync('sh', ['-c', `echo 1 > /proc/sys/net/ipv6/conf/${end}/disable_ipv6`]);
      ip('link', 'set', end, 'up');
    }
    const path = join(folder, 'traffic.pcap');
    const traffic = writeTraffic(path, hellosPerSecond * seconds[size]);
    const runs: Run[] = [];
    for (let i = 0; i < count; i++) runs.push(await measureOnce(folder, path, traffic, idleSeconds[size]));
    return {
      benchmark: 'capture',
      machine: machine(),
      input: {
        ...traffic,
        max_dgram_qlen: Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8')),
      },
      commands: { sentinel: 'ja4 sentinel', sender: replayCommand(path).join(' ') },
      results: runs,
      targets: targets(runs),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const replayCommand = (path: string) => [
  ...['taskset', '--cpu-list', '0'],
  'tcpreplay',
  '--intf1=va',
  `--pps=${packetsPerSecond}`,
  '--preload-pcap',
  '--quiet',
  path,
];

async function measureOnce(folder: string, path: string, traffic: Traffic, idleFor: number): Promise<Run> {
  const receiver = fork(
    program('../packages/sentinel/src/live/datagram-latency.test-program.ts'),
    [join(folder, 'network.socket')],
    { stdio: 'inherit' },
  );
  const sentinel = startSentinel(folder);
  try {
    await once(receiver, 'message');
    await untilReady(sentinel);
    const idle = await coresDuring(sentinel, () => sleep(idleFor * 1000));
    const before = await counters();
    let replayed = { packets: 0, seconds: 0 };
    const cores = await coresDuring(sentinel, async () => {
      replayed = await replay(path);
    });
    // The last block, and the counters' quarter of a second.
    await sleep(1_000);
    const after = await counters();
    const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    const received = await takeReport(receiver);
    const quantile = (q: number) => received.latenciesMs[Math.floor(received.events * q)] ?? Number.NaN;
    return {
      seconds: replayed.seconds,
      packets_sent: replayed.packets,
      packets_per_second: Math.round(replayed.packets / replayed.seconds),
      packets_let_through: grown('capture_kernel_packets'),
      kernel_drops: grown('capture_kernel_drops'),
      hellos_sent: traffic.hellos,
      hellos_found: grown('hellos'),
      events_received: received.events,
      connections_received: received.connections,
      cores: round(cores, 3),
      idle_cores: round(idle, 4),
      latency_p50_ms: round(quantile(0.5), 2),
      latency_p99_ms: round(quantile(0.99), 2),
      latency_max_ms: round(received.latenciesMs.at(-1) ?? Number.NaN, 2),
      load: round(loadavg()[0] ?? 0, 1),
    };
  } finally {
    for (const child of [sentinel, receiver]) {
      if (child.connected) child.disconnect();
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    rmSync(join(folder, 'network.socket'), { force: true });
  }
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

function startSentinel(folder: string): ChildProcess {
  return spawn(process.execPath, [program('../packages/cli/src/main.ts'), 'sentinel'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      JA4_DATA_DIR: join(folder, 'data'),
      JA4_SOCKETS_DIR: folder,
      JA4_SENTINEL_INTERFACE: 'vb',
      JA4_SERVICES_HEALTH_PORT: String(healthPort),
      // Nobody takes its counters there.
      JA4_STORE_URL: 'http://127.0.0.1:9',
      JA4_LOG_LEVEL: 'error',
    },
  });
}

const healthUrl = (path: string) => `http://127.0.0.1:${healthPort + 2}${path}`;

async function untilReady(sentinel: ChildProcess): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (sentinel.exitCode !== null) throw new Error('ja4 sentinel ended');
    const answer = await fetch(healthUrl('/ready')).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(100);
  }
  throw new Error('ja4 sentinel is not ready after 20 s');
}

/** The sentinel's counters now. */
async function counters(): Promise<Record<string, number>> {
  const health = (await (await fetch(healthUrl('/health'))).json()) as { counters: Record<string, number> };
  return health.counters;
}

/** CPU seconds of all threads of a process so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // Fields 14 and 15 of proc(5), in hundredths of a second whatever the kernel's tick.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function coresDuring({ pid }: ChildProcess, work: () => Promise<void>): Promise<number> {
  if (pid === undefined) throw new Error('ja4 sentinel has not started');
  const [cpu, wall] = [cpuSeconds(pid), performance.now()];
  await work();
  return (cpuSeconds(pid) - cpu) / ((performance.now() - wall) / 1000);
}

async function replay(path: string): Promise<{ packets: number; seconds: number }> {
  const [command = '', ...args] = replayCommand(path);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  await once(child, 'close');
  const [, packets, taken] = /Actual: (\d+) packets \(\d+ bytes\) sent in ([\d.]+) seconds/.exec(said) ?? [];
  if (packets === undefined) throw new Error(`tcpreplay has not sent: ${said.trim()}`);
  return { packets: Number(packets), seconds: Number(taken) };
}

async function takeReport(receiver: ChildProcess): Promise<Received> {
  const answer = once(receiver, 'message');
  receiver.send('report');
  const [received] = (await answer) as [Received];
  return received;
}

/** Losses must not happen in any run; times are the middle run's. */
function targets(runs: readonly Run[]): Target[] {
  const middle = (of: (run: Run) => number) => runs.map(of).sort((a, b) => a - b)[runs.length >> 1] ?? 0;
  const worst = (of: (run: Run) => number) => Math.max(...runs.map(of));
  const slowest = Math.min(...runs.map((run) => run.packets_per_second));
  return [
    {
      name: 'packets per second sent, in every run',
      value: slowest,
      target: packetsPerSecond,
      ok: slowest >= packetsPerSecond * 0.99,
    },
    atMost(
      'kernel drops, in all runs',
      worst((run) => run.kernel_drops),
      0,
    ),
    atMost(
      'hellos without an event, in all runs',
      worst((run) => run.hellos_sent - run.connections_received),
      0,
    ),
    atMost(
      'cores of the sentinel, middle run',
      middle((run) => run.cores),
      0.5,
    ),
    atMost(
      'milliseconds to the datagram, p99, middle run',
      middle((run) => run.latency_p99_ms),
      5,
    ),
  ];
}

function print({ machine, input, commands, results, targets: list }: Report): void {
  const rows = Object.keys(results[0] ?? {}) as (keyof Run)[];
  const lines = [
    machine,
    `${input.packets} packets, ${input.megabytes} MB, ${input.hellos} ClientHellos, ${input.wanted} packets that the filter should let through`,
    `net.unix.max_dgram_qlen is ${input.max_dgram_qlen}`,
    '',
    ...rows.map((row) => row.padEnd(22) + results.map((run) => String(run[row]).padStart(12)).join('')),
    '',
    ...Object.entries(commands).map(([who, command]) => `${who}: ${command}`),
    '',
    ...targetLines(list),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
