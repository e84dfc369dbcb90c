/**
 * What @ja4/node-source costs a Node server that does nothing but answer, and whether events get lost: with the
 * source, without it, and with it but without a look at HTTP/2 prefaces, loaded in turn, a receiver attached.
 *
 *     npm run bench -- node-source [--quick] [--json] [--rounds N] [--seconds N]
 *
 * Needs wrk, h2load and taskset. The servers have the first core, load and receiver the others. Each round loads
 * each server directly after the other, so that a slow minute of the machine hits all; figures are medians.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runLoad } from './apache/load.ts';
import { treeCpuMicroseconds } from './apache/process-tree.ts';
import { machine } from './report/machine.ts';
import { median } from './report/median.ts';
import { atMost } from './report/target.ts';

const variants = ['none', 'source', 'no-preface'] as const;
type Variant = (typeof variants)[number];

/** Of a browser's navigation. */
const headers = [
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: de-DE,de;q=0.9,en;q=0.8',
  'Cookie: session=abcdefghijklmnop',
  'Sec-CH-UA: "Not:A-Brand";v="8", "Chromium";v="156"',
  'Sec-CH-UA-Mobile: ?0',
  'Sec-CH-UA-Platform: "Linux"',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Site: none',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
].flatMap((header) => ['-H', header]);

const loads: Record<string, (ports: readonly number[], seconds: number, log: string) => string[]> = {
  'HTTP/1.1 keep-alive': ([plain], seconds) => [
    ...['wrk', '--threads', '1', '--connections', '32', '--duration', `${seconds}s`, '--latency', ...headers],
    `http://127.0.0.1:${plain}/shop/list?page=2`,
  ],
  'HTTP/2 over TLS': ([, secure], seconds, log) => [
    ...['h2load', '-t1', '-c8', '-m16', `-D${seconds}`, `--log-file=${log}`, ...headers],
    `https://127.0.0.1:${secure}/shop/list?page=2`,
  ],
  'HTTP/2 over TLS, a connection per request': ([, secure], seconds, log) => [
    ...['h2load', '-t1', `-n${300 * seconds}`, `-c${300 * seconds}`, '-m1', `--log-file=${log}`, ...headers],
    `https://127.0.0.1:${secure}/shop/list?page=2`,
  ],
};

interface Running {
  readonly process: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

interface Measured {
  readonly load: string;
  readonly variant: Variant;
  readonly requestsPerSecond: number;
  readonly cpuMicroseconds: number;
}

const program = (name: string) => fileURLToPath(new URL(`node-source/${name}.ts`, import.meta.url));

function start(core: string, ...args: string[]): Running {
  const child = spawn('taskset', ['-c', core, process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { process: child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function nextLine(running: Running): Promise<unknown> {
  const { value } = await running.lines.next();
  if (value === undefined) throw new Error('a program of the benchmark ended; its errors are above');
  return value === 'ready' ? value : JSON.parse(value);
}

async function end(running: Running): Promise<unknown> {
  running.process.kill('SIGTERM');
  const last = await nextLine(running);
  if (running.process.exitCode === null) await once(running.process, 'exit');
  return last;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const absent = ['wrk', 'h2load', 'taskset'].filter((name) => spawnSync('which', [name]).status !== 0);
  if (absent.length > 0) {
    const skipped = `needs ${absent.join(', ')}: apt-get install wrk nghttp2-client util-linux`;
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ benchmark: 'node-source', skipped })}\n`
        : `node-source: skipped: ${skipped}\n`,
    );
    return;
  }
  const rounds = Math.max(1, Number(values.rounds ?? (values.quick ? 2 : 6)));
  const seconds = Math.max(1, Number(values.seconds ?? (values.quick ? 1 : 3)));
  const report = await measure(rounds, seconds);
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else print(report);
}

type Report = Awaited<ReturnType<typeof measure>>;

async function measure(rounds: number, seconds: number) {
  const folder = mkdtempSync(join(tmpdir(), 'ja4-bench-'));
  const socket = join(folder, 'http.stream.socket');
  const log = join(folder, 'h2load.log');
  const others = cpus().length > 1 ? `1-${cpus().length - 1}` : '0';
  const receiver = start(others, program('receiver'), socket);
  await nextLine(receiver);
  const servers = new Map<Variant, Running & { ports: readonly number[] }>();
  for (const variant of variants) {
    const running = start('0', program('server'), variant, socket);
    servers.set(variant, { ...running, ports: (await nextLine(running)) as number[] });
  }
  const measured: Measured[] = [];
  for (let round = -1; round < rounds; round++) {
    for (const [load, command] of Object.entries(loads)) {
      for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
        const server = servers.get(variant)!;
        const pid = server.process.pid ?? 0;
        const before = treeCpuMicroseconds(pid);
        const taskset = ['taskset', '-c', others];
        const result = await runLoad(
          [...taskset, ...command(server.ports, round < 0 ? 1 : seconds, log)],
          log,
        );
        const cpuMicroseconds = (treeCpuMicroseconds(pid) - before) / result.requests;
        // The first round warms the servers up.
        if (round >= 0)
          measured.push({ load, variant, requestsPerSecond: result.requestsPerSecond, cpuMicroseconds });
      }
    }
  }
  let events = 0;
  let dropped = 0;
  for (const server of servers.values()) {
    const counters = (await end(server)) as { events?: number; dropped?: number };
    events += counters.events ?? 0;
    dropped += counters.dropped ?? 0;
  }
  const received = Number(await end(receiver));
  rmSync(folder, { recursive: true, force: true });
  const results = Object.keys(loads).map((load) => {
    const of = (variant: Variant, key: 'requestsPerSecond' | 'cpuMicroseconds') =>
      median(measured.filter((one) => one.load === load && one.variant === variant).map((one) => one[key]));
    const figures = (variant: Variant) => ({
      requestsPerSecond: of(variant, 'requestsPerSecond'),
      cpuMicroseconds: of(variant, 'cpuMicroseconds'),
    });
    return { load, none: figures('none'), source: figures('source'), 'no-preface': figures('no-preface') };
  });
  return {
    benchmark: 'node-source',
    machine: machine(),
    load: loadavg()[0] ?? 0,
    results: { loads: results, events, dropped, received },
    targets: [atMost('events lost', Math.abs(events - received), 0)],
  };
}

function print({ machine, load, results }: Report): void {
  const lines = [`${machine}, load ${load.toFixed(1)}`];
  for (const one of results.loads) {
    lines.push('', one.load);
    for (const variant of variants) {
      const { requestsPerSecond, cpuMicroseconds } = one[variant];
      const more = cpuMicroseconds - one.none.cpuMicroseconds;
      lines.push(
        `  ${variant.padEnd(11)} ${requestsPerSecond.toFixed(0).padStart(7)} requests/s  ${cpuMicroseconds.toFixed(1).padStart(7)} µs CPU/request  ${variant === 'none' ? '' : `+${more.toFixed(1)} µs, ${(requestsPerSecond / one.none.requestsPerSecond).toFixed(3)} of the rate`}`,
      );
    }
  }
  lines.push('', `${results.events} events made, ${results.received} received, ${results.dropped} dropped`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
