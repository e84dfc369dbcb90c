import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ServiceName } from '../service/service.ts';
import { restartDelay } from './backoff.ts';

/** Exit status of a service that was configured wrongly: starting it again cannot help. */
const usedWrongly = 2;
/** Failures that only the operator can mend, by the code of the error that a service reports as its last word. */
const hopeless: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'CAPTURE_NOT_PERMITTED',
  'CAPTURE_UNSUPPORTED',
]);
/** The store lets running statements end (30 s), then kills and drops what is left (12 s). */
const killAfterMs = 45_000;

export interface ChildServiceOptions {
  readonly name: ServiceName;
  /** The command line after the Node binary. */
  readonly args: readonly string[];
  readonly onLog: (name: ServiceName, line: string) => void;
  readonly onState: (name: ServiceName, state: ChildState) => void;
}

export type ChildState =
  | { readonly kind: 'ready'; readonly pid: number }
  | { readonly kind: 'died'; readonly why: string; readonly restartInMs: number }
  | { readonly kind: 'gave-up'; readonly why: string };

/** What a service tells its supervisor. */
interface Message {
  readonly type?: 'ready' | 'failed';
  readonly line?: string;
  readonly code?: string;
}

/** One service as a child process that is started again, with back-off, whenever it dies. */
export class ChildService {
  readonly #options: ChildServiceOptions;
  #process: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #startedAt = 0;
  #stopping = false;
  #failure: { line: string; code: string } | undefined;

  constructor(options: ChildServiceOptions) {
    this.#options = options;
  }

  /** Starts it; resolves when it is ready for the first time, or has died before that. */
  start(): Promise<boolean> {
    return new Promise((resolve) => this.#spawn(resolve));
  }

  /** Asks it to stop and waits for its end; after 45 s it is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    await ended;
    clearTimeout(timer);
  }

  #spawn(onFirst: (ready: boolean) => void): void {
    const { name, args, onLog, onState } = this.#options;
    this.#startedAt = performance.now();
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C reaches a whole group at once, and the store must not go before those
      // that still flush into it.
      detached: true,
      // Each running statement of the store holds a thread of libuv's pool, whose default is four.
      env: { ...process.env, UV_THREADPOOL_SIZE: '8' },
    });
    this.#process = child;
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        onLog(name, line);
      });
    }
    this.#failure = undefined;
    child.on('message', (message: Message) => {
      if (message.type === 'failed') this.#failure = { line: message.line ?? '', code: message.code ?? '' };
      if (message.type !== 'ready') return;
      onState(name, { kind: 'ready', pid: child.pid ?? 0 });
      onFirst(true);
    });
    let ended = false;
    const end = (why: string, code: number | null) => {
      if (ended || this.#stopping) return;
      ended = true;
      onFirst(false);
      const reason = this.#failure?.line ?? why;
      if (code === usedWrongly || hopeless.has(this.#failure?.code ?? '')) {
        onState(name, { kind: 'gave-up', why: reason });
        return;
      }
      const { delayMs, failures } = restartDelay(performance.now() - this.#startedAt, this.#failures);
      this.#failures = failures;
      onState(name, { kind: 'died', why: reason, restartInMs: delayMs });
      this.#timer = setTimeout(() => this.#spawn(onFirst), delayMs);
    };
    child.on('error', (error) => end(error.message, null));
    child.on('exit', (code, signal) =>
      end(signal === null ? `exit status ${code}` : `signal ${signal}`, code),
    );
  }
}
