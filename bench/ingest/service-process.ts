import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ja4 = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** One `ja4` service of its own, as an operator starts it. */
export interface ServiceProcess {
  readonly name: string;
  readonly process: ChildProcess;
  readonly healthUrl: string;
}

export interface StartOptions {
  /** Configuration file. */
  readonly config: string;
  readonly healthUrl: string;
  /** Folder below which V8's profiles of the process and its threads go; undefined = none are taken. */
  readonly profiles: string | undefined;
}

/** Starts a service and waits until it says that it is ready. @throws Error when it does not within 60 s */
export async function startService(
  name: string,
  { config, healthUrl, profiles }: StartOptions,
): Promise<ServiceProcess> {
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profiles, name)}`];
  const child = spawn(process.execPath, [...profiling, ja4, name, '--config', config], {
    // A service's log is what it says on standard output.
    stdio: ['ignore', 2, 'inherit'],
    env: { ...process.env, JA4_LOG_LEVEL: 'warn' },
  });
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    const ready = await fetch(`${healthUrl}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return { name, process: child, healthUrl };
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error(`ja4 ${name} did not become ready`);
}

export async function stopService({ process: child }: ServiceProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** The counters that a service shows at /metrics, by their name without the service's. */
export async function countersOf({ name, healthUrl }: ServiceProcess): Promise<Map<string, number>> {
  const text = await (await fetch(`${healthUrl}/metrics`)).text();
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{[^}]*\})? (\S+)$/.exec(line);
    if (match)
      found.set((match[1] ?? '').replace(`ja4_${name}_`, '').replace(/_total$/, ''), Number(match[2]));
  }
  return found;
}

const ticksPerSecond = 100;

/** Seconds of CPU that a process took so far, threads that have ended included. */
export function cpuSeconds(pid: number): number {
  // The name in brackets may hold spaces; utime and stime are the 14th and 15th field.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Seconds of CPU by the names of the threads that live. */
export function threadCpu(pid: number): Map<string, number> {
  const sum = new Map<string, number>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      const name = readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').trim();
      const [nanoseconds] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
      sum.set(name, (sum.get(name) ?? 0) + Number(nanoseconds) / 1e9);
    } catch {
      // It has ended since the folder was read.
    }
  }
  return sum;
}

/** Resident megabytes now. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
