/**
 * How many requests a second a machine takes in for good: recorded events, multiplied, sent by a process of their
 * own over the sockets, joined, spooled with fsync, and in the embedded store with everything that is aggregated
 * from them. Beside it: what merely parsing the same events as JSON costs on one thread, in the same run, and what
 * the store alone takes, by format and size of block.
 *
 *     npm run bench -- ingest [--quick] [--json] [--seconds N] [--rate N] [--slices N] [--minutes N] [--dir DIR]
 *                             [--profile DIR] [--no-alone]
 *
 * --rate sends so many requests a second (default: as many as are taken). --minutes then goes on at half of what
 * was reached, and looks at memory. --slices spreads a visitor's requests over more time (see
 * multiplied-traffic.ts). --dir holds the data folder: its disk is part of what is measured. --profile keeps V8's
 * profiles of both services there, whose largest functions are printed. --no-alone leaves the store alone out. As
 * root the benchmark runs in a network namespace of its own, where net.unix.max_dgram_qlen is what `ja4 doctor`
 * asks for.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseBaseline } from './ingest/parse-baseline.ts';
import { Platform } from './ingest/pipeline-run.ts';
import { type ProfileLine, profileSummary } from './ingest/profile-summary.ts';
import { recordedTraffic } from './ingest/recorded-connections.ts';
import { print, type Report } from './ingest/report.ts';
import { storeAlone } from './ingest/store-alone.ts';
import { machine } from './report/machine.ts';
import { atLeast, atMost } from './report/target.ts';

const queueLength = '/proc/sys/net/unix/max_dgram_qlen';
const wantedQueue = 512;
/** Of the rate at which one thread merely parses. */
const targetRatio = 0.1;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      rate: { type: 'string', default: '0' },
      slices: { type: 'string', default: '360' },
      minutes: { type: 'string', default: '0' },
      dir: { type: 'string', default: tmpdir() },
      profile: { type: 'string' },
      'no-alone': { type: 'boolean', default: false },
    },
  });
  if (await ranInNamespace(args)) return;
  const report = await measure({
    seconds: Number(values.seconds ?? (values.quick ? 5 : 60)),
    rate: Number(values.rate),
    slices: Math.min(1000, Math.max(1, Number(values.slices))),
    minutes: Number(values.minutes),
    quick: values.quick,
    dir: values.dir,
    profiles: values.profile === undefined ? undefined : resolve(values.profile),
    alone: !values['no-alone'],
  });
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else print(report);
}

const currentQueue = (): number => Number(readFileSync(queueLength, 'utf8'));

/**
 * Runs the benchmark again in a network namespace of its own, where the length of the queues can be set without
 * touching the machine. False when this is that namespace, or when nothing needs to or can be set.
 */
async function ranInNamespace(args: readonly string[]): Promise<boolean> {
  if (process.env.INGEST_BENCH_NAMESPACE !== undefined) {
    writeFileSync(queueLength, String(wantedQueue));
    return false;
  }
  if (currentQueue() >= wantedQueue || process.getuid?.() !== 0) return false;
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const script = 'ip link set lo up && exec "$@"';
  const command = ['--net', 'sh', '-c', script, 'sh', process.execPath, main, 'ingest', ...args];
  const child = spawn('unshare', command, {
    stdio: 'inherit',
    env: { ...process.env, INGEST_BENCH_NAMESPACE: '1' },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
  return true;
}

interface Options {
  readonly seconds: number;
  readonly rate: number;
  readonly slices: number;
  readonly minutes: number;
  readonly quick: boolean;
  readonly dir: string;
  readonly profiles: string | undefined;
  readonly alone: boolean;
}

async function measure({
  seconds,
  rate,
  slices,
  minutes,
  quick,
  dir,
  profiles,
  alone,
}: Options): Promise<Report> {
  const recorded = await recordedTraffic();
  const folder = mkdtempSync(join(dir, 'ja4-ingest-'));
  try {
    const parsing = parseBaseline(recorded, slices);
    const platform = await Platform.start(folder, profiles);
    let sustained: Awaited<ReturnType<Platform['run']>>;
    let steady: Awaited<ReturnType<Platform['run']>> | undefined;
    let blocks: Awaited<ReturnType<typeof storeAlone>>;
    try {
      sustained = await platform.run({ seconds, rate, slices });
      const half = Math.floor(sustained.requestsPerSecond / 2);
      steady = minutes > 0 ? await platform.run({ seconds: minutes * 60, rate: half, slices }) : undefined;
      blocks = alone ? await storeAlone(platform, recorded, { slices, quick }) : [];
    } finally {
      await platform.stop();
    }
    const ratio = sustained.requestsPerSecond / parsing.requestsPerSecond;
    const lost =
      sustained.sent.requests - sustained.stored + (steady ? steady.sent.requests - steady.stored : 0);
    const unequal = Math.abs(sustained.stored - sustained.aggregated);
    const growth = steady?.services.map(({ megabytes }) => megabytes.end / megabytes.early) ?? [];
    return {
      benchmark: 'ingest',
      machine: machine(),
      load: loadavg()[0] ?? 0,
      max_dgram_qlen: currentQueue(),
      results: {
        parsing,
        sustained,
        ...(steady ? { steady } : {}),
        storeAlone: blocks,
        ...profilesIn(profiles),
      },
      targets: [
        atLeast('of the rate of JSON.parse on one thread', ratio, targetRatio),
        atMost('requests sent and not in the store', lost, 0),
        atMost('requests stored and not aggregated, or more than once', unequal, 0),
        ...(steady ? [atMost('growth of memory', Math.max(...growth), 1.1)] : []),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function profilesIn(folder: string | undefined): { profiles?: Record<string, ProfileLine[]> } {
  if (folder === undefined) return {};
  const named = ['correlator', 'store'].flatMap((service) =>
    Object.entries(profileSummary(join(folder, service))).map(
      ([file, lines]) => [`${service}, thread ${file.split('.').at(-3) ?? file}`, lines] as const,
    ),
  );
  return { profiles: Object.fromEntries(named) };
}
