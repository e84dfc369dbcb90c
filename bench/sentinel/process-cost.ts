import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** What one run of a command cost, start-up included. */
export interface ProcessCost {
  readonly wallSeconds: number;
  /** User and system time of the process and its children, as the kernel counted it. */
  readonly cpuSeconds: number;
  /** Largest resident memory, looked at every few milliseconds. */
  readonly peakMegabytes: number;
}

const lookEveryMs = 5;

export interface RunOptions {
  /** File that takes standard output; thrown away otherwise. */
  readonly output?: string;
  /** Fed to standard input. */
  readonly input?: Readable;
}

/** Runs a command to its end. Undefined when it fails. */
export async function processCost(
  command: readonly string[],
  { output = '/dev/null', input }: RunOptions = {},
): Promise<ProcessCost | undefined> {
  const sink = openSync(output, 'w');
  // The shell's own clock: what the kernel charged to the finished process, to the millisecond.
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" 2>/dev/null';
  const child = spawn('bash', ['-c', script, 'bash', ...command], {
    stdio: [input === undefined ? 'ignore' : 'pipe', sink, 'pipe'],
  });
  input?.on('error', () => {}).pipe(child.stdin!);
  child.stdin?.on('error', () => {});
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  let peakKilobytes = 0;
  const looking = setInterval(() => {
    peakKilobytes = Math.max(peakKilobytes, peakOf(child));
  }, lookEveryMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(looking);
  closeSync(sink);
  const [wall, user, system] = said.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  if (code !== 0 || wall === undefined || user === undefined || system === undefined) return undefined;
  return { wallSeconds: wall, cpuSeconds: user + system, peakMegabytes: peakKilobytes / 1024 };
}

/** The high-water mark of the shell's child (kB); 0 when it has just ended. */
function peakOf(shell: ChildProcess): number {
  try {
    const children = readFileSync(`/proc/${shell.pid}/task/${shell.pid}/children`, 'utf8').trim();
    if (children === '') return 0;
    const status = readFileSync(`/proc/${children.split(' ')[0]}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
