/** The command from end to end: a recording whose parts fit together, and nothing left behind by a crash. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type NetworkEvent, readCaptureFile } from '@ja4/sentinel';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program, root } from '../../../test/setup/needs.ts';
import { eventually, ja4 } from '../../../test/setup/platform.ts';
import { run, testbedMark } from '../run.ts';
import { readEvent } from './event-line.ts';
import type { Summary } from './summary.ts';

const needs = [
  root,
  program('ip', 'iproute2'),
  program('gcc'),
  { what: '/dev/net/tun', install: 'modprobe tun', present: () => existsSync('/dev/net/tun') },
  program('tcpdump'),
  program('apache2'),
  program('apxs', 'apache2-dev'),
  program('make'),
  program('openssl'),
  program('curl'),
];
const it = itNeeds(...needs);
const canRun = needs.every((need) => need.present());
const main = join(import.meta.dirname, '../main.ts');
const folder = mkdtempSync(join(tmpdir(), 'testbed-recording-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the command; `said` grows with what it prints. */
function testbed(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const running = {
    child,
    said: '',
    ended: new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code))),
  };
  child.stderr.on('data', (data: Buffer) => {
    running.said += data.toString();
  });
  return running;
}

describe('recording the scenario ci', () => {
  const out = join(folder, 'ci');
  const read = (name: string) => readFileSync(join(out, name));
  let summary: Summary;

  beforeAll(async () => {
    if (!canRun) return;
    const beganMs = performance.now();
    const recording = testbed('record', '--scenario', 'ci', '--out', out);
    expect(await recording.ended, recording.said).toBe(0);
    const tookMs = performance.now() - beganMs;
    summary = JSON.parse(read('recording.json').toString()) as Summary;
    process.stdout.write(`scenario ci: ${(tookMs / 1000).toFixed(0)} s, ${summary.requests} requests\n`);
    for (const { client, why } of summary.leftOut) process.stdout.write(`left out: ${client}: ${why}\n`);
    for (const { client, why } of summary.failures) process.stdout.write(`failed: ${client}: ${why}\n`);
  }, 600_000);

  it('has people, robots and bots, and leaves nothing unexplained', () => {
    const labels = new Set(Object.values(summary.kinds).map(({ label }) => label));
    expect(labels.has('bot') && labels.has('robot')).toBe(true);
    expect(summary.unexplained).toEqual({ connections: 0, events: 0 });
    expect(summary.eventsUnreadable).toBe(0);
    expect(summary.eventsLost).toBe(0);
  });

  it('says with which versions it was made, and nothing of the machine', () => {
    expect(summary.versions.apache2).toMatch(/^2\.4/);
    expect(summary.versions.node).toBe(process.versions.node);
    expect(JSON.stringify(summary)).not.toContain(process.cwd());
  });

  it('has a label and a handshake for every request', async () => {
    const labels = read('labels.csv').toString().trim().split('\n').slice(1);
    const labelled = Map.groupBy(
      labels.map((line) => line.split(',')),
      ([address, port]) => `${address} ${port}`,
    );
    const handshakes = new Map<string, NetworkEvent[]>();
    for await (const event of readCaptureFile(join(out, 'capture.pcap.gz')).events) {
      const key = `${event.src_ip} ${event.src_port}`;
      handshakes.set(key, [...(handshakes.get(key) ?? []), event]);
    }
    const lines = gunzipSync(read('http.jsonl.gz')).toString().trim().split('\n');
    expect(lines.length).toBe(summary.requests);
    for (const line of lines) {
      const event = readEvent(line);
      const key = `${event?.address} ${event?.port}`;
      const ms = (event?.timeUs ?? 0) / 1000;
      const label = labelled
        .get(key)
        ?.find(([, , from = '', to = '']) => Date.parse(from) <= ms && ms <= Date.parse(to) + 1);
      expect(label, line).toBeDefined();
      expect(
        handshakes.get(key)?.some(({ timestamp }) => timestamp / 1e6 <= ms + 50),
        line,
      ).toBe(true);
    }
  });

  it('is read by evaluate without a session that has no label', () => {
    const { status, stdout, stderr } = ja4(['evaluate', '--labels', join(out, 'labels.csv'), '--json']);
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout) as { sessions: Record<string, number> };
    expect(report.sessions.unlabelled).toBe(0);
    expect(report.sessions.bot).toBeGreaterThan(10);
  });
});

describe('a recorder that is killed', () => {
  /** What of a testbed is on the machine. */
  async function traces(slot: string): Promise<string[]> {
    const marked = readdirSync('/proc').filter((pid) => {
      try {
        return (
          /^\d+$/.test(pid) &&
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${testbedMark}=${slot}\0`)
        );
      } catch {
        return false;
      }
    });
    const names = (await run('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0] ?? '');
    const links = JSON.parse(await run('ip', ['-j', 'link', 'show'])) as { ifname: string }[];
    return [
      ...names.filter((name) => name.startsWith(`${slot}-`)),
      ...links.map(({ ifname }) => ifname).filter((name) => name.startsWith(slot)),
      ...marked.filter((pid) => Number(pid) !== process.pid),
      ...readdirSync('/tmp').filter((name) => name === slot || name.startsWith(`${slot}-`)),
      ...readdirSync('/etc/netns').filter((name) => name.startsWith(`${slot}-`)),
      ...(existsSync(`/run/${slot}.pid`) ? [`/run/${slot}.pid`] : []),
    ];
  }

  /** Begins to record and waits until a client has done its work; returns the slot of the testbed, too. */
  async function recordingInTheMiddle(name: string) {
    const recording = testbed('record', '--scenario', 'smoke', '--out', join(folder, name));
    const pid = String(recording.child.pid);
    const slots = Array.from({ length: 10 }, (_, i) => `ja4tb${i}`);
    await eventually('a first client', async () => /^\d+ s {2}/m.exec(recording.said) ?? undefined);
    const slot = slots.find(
      (one) => existsSync(`/run/${one}.pid`) && readFileSync(`/run/${one}.pid`, 'utf8') === pid,
    );
    if (slot === undefined) throw new Error(`No slot is held by ${pid}: ${recording.said}`);
    return { recording, slot };
  }

  it('leaves nothing on the machine after clean', async () => {
    const { recording, slot } = await recordingInTheMiddle('killed');
    expect((await traces(slot)).length).toBeGreaterThan(3);
    recording.child.kill('SIGKILL');
    await recording.ended;
    const cleaning = testbed('clean');
    expect(await cleaning.ended, cleaning.said).toBe(0);
    expect(await traces(slot)).toEqual([]);
  });

  it('leaves nothing when it is interrupted', async () => {
    const { recording, slot } = await recordingInTheMiddle('interrupted');
    recording.child.kill('SIGINT');
    expect(await recording.ended).toBe(1);
    expect(await traces(slot)).toEqual([]);
  });
});
