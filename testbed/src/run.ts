import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** In the environment of everything that a testbed starts, so that its processes can be told after a crash. */
export const testbedMark = 'TESTBED_SLOT';

function markOfTestbed(): NodeJS.ProcessEnv {
  const slot = process.env[testbedMark];
  return slot === undefined ? {} : { [testbedMark]: slot };
}

/** Runs a command to its end and returns its output; an Error with the command line and stderr if it fails. */
export async function run(command: string, args: readonly string[], input?: string): Promise<string> {
  const running = execute(command, args, { maxBuffer: 64 * 1024 * 1024 });
  if (input !== undefined) running.child.stdin?.end(input);
  try {
    return (await running).stdout;
  } catch (cause) {
    const detail = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
    throw new Error(`${command} ${args.join(' ')} failed: ${detail}`, { cause });
  }
}

/** A long-running program of the testbed: ended by its own id, with everything it started. */
export interface Running {
  readonly process: ChildProcess;
  /** Settles when the program has ended, with its exit code (null after a signal). */
  readonly ended: Promise<number | null>;
  /** Asks it to end, insists after `patienceMs`, and waits. */
  stop(patienceMs?: number): Promise<void>;
}

/** Starts a program as the leader of its own process group, so that stopping it leaves no orphans. */
export function start(
  command: string,
  args: readonly string[],
  options: {
    env?: NodeJS.ProcessEnv;
    cwd?: string;
    stdin?: 'ignore' | 'pipe';
    stderr?: 'inherit' | 'ignore' | 'pipe';
  } = {},
): Running {
  const child = spawn(command, args, {
    detached: true,
    stdio: [options.stdin ?? 'ignore', 'pipe', options.stderr ?? 'ignore'],
    ...(options.env ? { env: { ...options.env, ...markOfTestbed() } } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  child.stdout?.resume();
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  });
  ended.catch(() => {});
  const signal = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // The group is gone already.
    }
  };
  const end = async (patienceMs: number) => {
    signal('SIGTERM');
    const insist = setTimeout(() => signal('SIGKILL'), patienceMs);
    await ended.catch(() => null);
    clearTimeout(insist);
    signal('SIGKILL');
  };
  let stopping: Promise<void> | undefined;
  return {
    process: child,
    ended,
    // Once only: later the id may belong to something else.
    stop(patienceMs = 5000) {
      stopping ??= end(patienceMs);
      return stopping;
    },
  };
}
