import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** One kind of load on one server. */
export interface Load {
  readonly name: string;
  /** The program's arguments for some seconds of it; `log` takes a line per request where the program has that. */
  readonly command: (ports: Ports, seconds: number, log: string) => readonly string[];
}

interface Ports {
  readonly plainPort: number;
  readonly tlsPort: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

const file = 'small.txt';

/** Loads that keep one core of Apache busy with a file of 1 KiB. */
export const loads: readonly Load[] = [
  {
    name: 'HTTP/1.1 keep-alive',
    command: ({ plainPort }, seconds) => [
      ...['wrk', '--threads', '1', '--connections', '32', '--duration', `${seconds}s`, '--latency'],
      `http://127.0.0.1:${plainPort}/${file}`,
    ],
  },
  {
    name: 'HTTP/1.1 over TLS',
    command: ({ tlsPort }, seconds, log) => [
      ...['h2load', '--h1', '-t1', '-c32', `-D${seconds}`, `--log-file=${log}`],
      `https://127.0.0.1:${tlsPort}/${file}`,
    ],
  },
  {
    name: 'HTTP/2 over TLS',
    command: ({ tlsPort }, seconds, log) => [
      ...['h2load', '-t1', '-c8', '-m16', `-D${seconds}`, `--log-file=${log}`],
      `https://127.0.0.1:${tlsPort}/${file}`,
    ],
  },
];

/** HTTP/1.1 at a fixed pace: so many requests per second on 50 connections. */
export const pacedLoad = (requestsPerSecond: number): Load => ({
  name: `HTTP/1.1 keep-alive, paced at ${requestsPerSecond}/s`,
  command: ({ plainPort }, seconds, log) => [
    ...[
      'h2load',
      '--h1',
      '-t1',
      '-c50',
      `--rps=${requestsPerSecond / 50}`,
      `-D${seconds}`,
      `--log-file=${log}`,
    ],
    `http://127.0.0.1:${plainPort}/${file}`,
  ],
});

/**
 * Runs a load to its end.
 *
 * @throws when the program fails or says something else than it used to
 */
export async function runLoad(command: readonly string[], log: string): Promise<LoadResult> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, 'close');
  const result = command.includes('wrk') ? readWrk(said) : readH2load(said, log);
  if (code !== 0 || result === undefined || result.requests === 0) {
    throw new Error(`${command.join(' ')} failed: ${said.trim()}`);
  }
  return result;
}

const milliseconds = { us: 1e-3, ms: 1, s: 1e3 } as const;

function readWrk(said: string): LoadResult | undefined {
  const [, rate] = /Requests\/sec:\s+([\d.]+)/.exec(said) ?? [];
  const [, requests] = /(\d+) requests in/.exec(said) ?? [];
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(said) ?? [];
  if (rate === undefined || requests === undefined || p99 === undefined || unit === undefined)
    return undefined;
  const errors =
    /connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(said)?.slice(1).map(Number) ?? [];
  const [, refused = '0'] = /Non-2xx or 3xx responses: (\d+)/.exec(said) ?? [];
  return {
    requests: Number(requests),
    failed: errors.reduce((sum, count) => sum + count, Number(refused)),
    requestsPerSecond: Number(rate),
    p99Ms: Number(p99) * milliseconds[unit as keyof typeof milliseconds],
  };
}

function readH2load(said: string, log: string): LoadResult | undefined {
  const [, rate] = /finished in [\d.]+m?s, ([\d.]+) req\/s/.exec(said) ?? [];
  const [, done, failed, errored, timedOut] =
    /(\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(said) ?? [];
  if (rate === undefined || done === undefined) return undefined;
  // A line per request: start, status, microseconds.
  const durations = readFileSync(log, 'latin1')
    .split('\n')
    .map((line) => Number(line.slice(line.lastIndexOf('\t') + 1)));
  durations.pop();
  const sorted = Float64Array.from(durations).sort();
  return {
    requests: Number(done),
    failed: Number(failed) + Number(errored) + Number(timedOut),
    requestsPerSecond: Number(rate),
    p99Ms: (sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN) / 1e3,
  };
}
