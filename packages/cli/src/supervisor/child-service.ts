import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ServiceName } from '../service/service.ts';
import { serviceManagerVariables } from '../service/service-manager.ts';
import { restartDelay } from './backoff.ts';

/** Exit status of a service that was configured wrongly: starting it again cannot help. */
const usedWrongly = 2;
/** Failures that only the operator can mend, by the code of the error that a service reports as its last word. */
const hopeless: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENAMETOOLONG', 'dashboard-not-loopback']);
/** The store lets running statements end (30 s), then kills and drops what is left (12 s). */
const killAfterMs = 45_000;
const maxHeldLines = 100;
/** A service that does not say that it has reloaded is not waited for any longer. */
const reloadWithinMs = 5_000;

export interface ChildServiceOptions {
  readonly name: ServiceName;
  /** The command line after the Node binary. */
  readonly args: readonly string[];
  /** Whether a first start that fails ends it all: then it is not tried again, and `onState` is not told. */
  readonly required: boolean;
  readonly onLog: (name: ServiceName, line: string) => void;
  readonly onState: (name: ServiceName, state: ChildState) => void;
}

export type ChildState =
  | { readonly kind: 'ready'; readonly pid: number }
  /** `repeated`: of the same reason as the time before, without having been ready in between. */
  | { readonly kind: 'died'; readonly why: string; readonly restartInMs: number; readonly repeated: boolean }
  | { readonly kind: 'gave-up'; readonly why: string };

/** How a first start went. */
export type FirstStart = { readonly ready: true } | { readonly ready: false; readonly why: string };

/** What a service tells its supervisor. */
interface Message {
  readonly type?: 'ready' | 'failed' | 'reloaded';
  readonly line?: string;
  readonly code?: string;
}

/** One run of the service's process. */
class Run {
  readonly startedMs = performance.now();
  readonly process: ChildProcess;
  ready = false;
  ended = false;
  failure: { line: string; code: string } | undefined;
  #held: string[] = [];

  constructor(child: ChildProcess) {
    this.process = child;
  }

  /**
   * The lines to show now that this one came. What is no log line (a library's own words) waits until the
   * service is ready: when it fails to start, its last word says the same and what to do.
   */
  lines(line: string): readonly string[] {
    if (this.ready || line.startsWith('{')) return [line];
    if (this.ended) return this.failure === undefined ? [line] : [];
    if (this.#held.length < maxHeldLines) this.#held.push(line);
    return [];
  }

  /** The lines that waited, or none when the service has said why it failed. */
  release(): readonly string[] {
    const lines = this.failure === undefined ? this.#held : [];
    this.#held = [];
    return lines;
  }
}

/** One service as a child process that is started again, with back-off, whenever it dies. */
export class ChildService {
  readonly #options: ChildServiceOptions;
  #run: Run | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #lastWhy: string | undefined;
  #stopping = false;

  constructor(options: ChildServiceOptions) {
    this.#options = options;
  }

  /** Starts it; resolves when it is ready for the first time, or has died before that. */
  start(): Promise<FirstStart> {
    return new Promise((resolve) => this.#spawn(resolve, this.#options.required));
  }

  /** Passes on a request to open files again, and waits until that is done. One that is not ready opens them anyway. */
  async reload(): Promise<void> {
    const run = this.#run;
    if (run === undefined || !run.ready || run.ended) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, reloadWithinMs);
      function done() {
        clearTimeout(timer);
        run?.process.off('message', hear).off('exit', done);
        resolve();
      }
      function hear(message: Message) {
        if (message.type === 'reloaded') done();
      }
      run.process.on('message', hear).on('exit', done);
      run.process.kill('SIGHUP');
    });
  }

  /** Asks it to stop and waits for its end; after 45 s it is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#run?.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    await ended;
    clearTimeout(timer);
  }

  #spawn(onFirst: (outcome: FirstStart) => void, required: boolean): void {
    const { name, args, onState } = this.#options;
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C reaches a whole group at once, and the store must not go before those
      // that still flush into it.
      detached: true,
      // Each running statement of the store holds a thread of libuv's pool, whose default is four.
      env: { ...environmentOfServices(), UV_THREADPOOL_SIZE: '8' },
    });
    const run = new Run(child);
    this.#run = run;
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => this.#show(run.lines(line)));
    }
    child.on('message', (message: Message) => {
      if (message.type === 'failed') run.failure = { line: message.line ?? '', code: message.code ?? '' };
      if (message.type !== 'ready') return;
      run.ready = true;
      this.#lastWhy = undefined;
      this.#show(run.release());
      onState(name, { kind: 'ready', pid: child.pid ?? 0 });
      onFirst({ ready: true });
    });
    const end = (reason: string, code: number | null) => {
      if (run.ended) return;
      run.ended = true;
      this.#show(run.release());
      const why = run.failure?.line ?? reason;
      onFirst({ ready: false, why });
      if (this.#stopping || (required && !run.ready)) return;
      if (code === usedWrongly || hopeless.has(run.failure?.code ?? '')) {
        onState(name, { kind: 'gave-up', why });
        return;
      }
      const { delayMs, failures } = restartDelay(performance.now() - run.startedMs, this.#failures);
      this.#failures = failures;
      onState(name, { kind: 'died', why, restartInMs: delayMs, repeated: why === this.#lastWhy });
      this.#lastWhy = why;
      this.#timer = setTimeout(() => this.#spawn(onFirst, false), delayMs);
    };
    child.on('error', (error) => end(error.message, null));
    child.on('exit', (code, signal) =>
      end(signal === null ? `exit status ${code}` : `signal ${signal}`, code),
    );
  }

  #show(lines: readonly string[]): void {
    for (const line of lines) this.#options.onLog(this.#options.name, line);
  }
}

/** What systemd tells the supervisor is not meant for what it supervises. */
function environmentOfServices(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  for (const name of serviceManagerVariables) delete environment[name];
  return environment;
}
