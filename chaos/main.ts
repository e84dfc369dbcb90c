/**
 * `npm run chaos -- [--kills N] [--seed N] [--minutes N] [--rate N] [--json]`: kills the platform's services at
 * random while events flow, and proves that the store has exactly what the spool accepted.
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isPrivate, preparePlace, runInPrivate } from './private-place.ts';
import { seededRandom } from './random.ts';
import { type RunReport, run } from './run.ts';
import { schedule } from './schedule.ts';

const usage = 'npm run chaos -- [--kills N] [--seed N] [--minutes N] [--rate EVENTS_PER_SECOND] [--json]';
const defaults = { kills: 200, rate: 2_000, meanPauseMs: 2_500 };
const senders = 4;
const queueLength = 512;
const diskBytes = 64 * 2 ** 20;
const inside = isPrivate();

interface Arguments {
  kills: number;
  seed: number;
  minutes: number | undefined;
  rate: number;
  json: boolean;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      rate: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'kills' | 'seed' | 'minutes' | 'rate', least: number): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isFinite(value) || value < least)
      throw new RangeError(`--${name}: expected ${least} or more`);
    return value;
  };
  return {
    kills: Math.round(number('kills', 1) ?? defaults.kills),
    seed: Math.round(number('seed', 0) ?? randomInt(2 ** 31)),
    minutes: number('minutes', 0.1),
    rate: number('rate', senders) ?? defaults.rate,
    json: values.json,
  };
}

/** Three ports in a row that are free, below those that the system gives to outgoing connections. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    const free = await Promise.all([port, port + 1, port + 2].map(isFree));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function chaos({ kills, seed, minutes, rate, json }: Arguments): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const say = (text: string) => process.stderr.write(`${text}\n`);
  if (inside) preparePlace(queueLength);
  const folder = mkdtempSync(join(tmpdir(), 'ja4-chaos-'));
  const random = seededRandom(seed);
  const meanPauseMs = minutes === undefined ? defaults.meanPauseMs : (minutes * 60_000) / (kills * 1.2);
  const outageMs = Math.round(Math.min(120_000, meanPauseMs * kills * 0.24));
  const steps = schedule(random, { kills, meanPauseMs, outageMs, canFill: inside });
  say(`seed ${seed}, ${kills} kills, ${rate} events/s${inside ? '' : '; without root: no disk is filled'}`);
  try {
    const report = await run({
      folder,
      port: await freePorts(),
      senders,
      perSecond: rate,
      random,
      steps,
      diskBytes: inside ? diskBytes : undefined,
      queueLength: Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8')),
      say,
      signal: interrupted.signal,
    });
    const text = json ? JSON.stringify({ seed, ...report }) : reportText(seed, report);
    process.stdout.write(`${text}\n`);
    if (report.verdict.violations.length > 0 || Object.keys(report.troubles).length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function reportText(
  seed: number,
  { verdict, blows, segments, troubles, counters, seconds }: RunReport,
): string {
  const { made, sent, refused, cutShort, accepted, stored, lost, lostShown, mostLostByOneKill } = verdict;
  const { violations } = verdict;
  const dealt = Object.entries(blows).map(([kind, count]) => `${count} × ${kind}`);
  return [
    `${seconds.toFixed(0)} s, seed ${seed}: ${dealt.join(', ')}`,
    `events    ${made} made: ${sent} sent, ${refused} refused by the kernel and counted, ${cutShort} cut short with their sender`,
    `accepted  ${accepted} rows on disk in ${segments} segments`,
    `stored    ${stored} rows, each once: ${stored === accepted ? 'the same' : 'NOT THE SAME'}`,
    `lost      ${lost} sent but not yet accepted at a kill; ${lostShown} of them show as gaps of seq, ${lost - lostShown} were a sender's last`,
    `          at most ${mostLostByOneKill.lost} by one kill, which could hold ${mostLostByOneKill.held}`,
    `counted   by the correlator: ${counters.seq_lost ?? 0} lost, at most ${counters.seq_lost_over_kill ?? 0} more over its kills; ${counters.sender_dropped ?? 0} dropped by senders`,
    ...Object.entries(troubles).map(([text, count]) => `TROUBLE   ${text} (${count} times)`),
    ...violations.map((text) => `VIOLATED  ${text}`),
    violations.length === 0 ? 'Nothing accepted was lost, nothing came twice.' : 'It does not hold.',
  ].join('\n');
}

try {
  const given = readArguments();
  const status = await runInPrivate();
  if (status === undefined) await chaos(given);
  else process.exitCode = status;
} catch (error) {
  if (error instanceof Error && error.name === 'AbortError') process.exitCode = 1;
  else if (error instanceof TypeError || error instanceof RangeError) {
    process.stderr.write(`chaos: ${error.message}\n${usage}\n`);
    process.exitCode = 2;
  } else throw error;
}
