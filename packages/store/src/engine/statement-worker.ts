import { Worker } from 'node:worker_threads';
import { engineFailure, failure } from './clickhouse-error.ts';

/** A statement ready to run: `prelude` sets database, settings and parameters. */
export interface WorkerJob {
  dataDir: string;
  prelude: string;
  sql: string;
  format: string;
  stream: boolean;
  /** Leave the session open for this thread's next statement. */
  keep: boolean;
}

/** Messages to the worker thread; `next` and `cancel` answer a chunk. */
export type ToWorker =
  | { kind: 'run'; job: WorkerJob }
  | { kind: 'next' }
  | { kind: 'cancel' }
  | { kind: 'forget' }
  | { kind: 'close' };

/** What a finished statement gave. */
export interface JobResult {
  bytes: Uint8Array;
  rowsRead: number;
  bytesRead: number;
  /** Seconds in the engine. */
  elapsed: number;
}

/** Messages of the worker thread; every job ends with `result`, `end` or `failed`. */
export type FromWorker =
  | { kind: 'ready' }
  | ({ kind: 'result' } & JobResult)
  | { kind: 'chunk'; bytes: Uint8Array; rows: number }
  | { kind: 'end' }
  | { kind: 'failed'; message: string };

/** One piece of a streamed result. */
export interface Chunk {
  bytes: Uint8Array;
  rows: number;
}

/** A thread that runs one statement at a time on chDB. */
export class StatementWorker {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #answer: { resolve: (message: FromWorker) => void; reject: (error: Error) => void } | undefined;
  #dead: Error | undefined;

  private constructor() {
    this.#worker = new Worker(new URL('./statement.worker.ts', import.meta.url));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    this.#worker.on('message', (message: FromWorker) => {
      const answer = this.#answer;
      this.#answer = undefined;
      answer?.resolve(message);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => {
      this.#fail(new Error('The thread of a statement ended.'));
      resolve();
    });
  }

  /** Starts a thread and waits until it has loaded the engine. */
  static async start(): Promise<StatementWorker> {
    const worker = new StatementWorker();
    await worker.#message();
    return worker;
  }

  /** Whether the thread has ended; a new one must take its place. */
  get dead(): boolean {
    return this.#dead !== undefined;
  }

  /**
   * Runs a statement to its end.
   * @throws ClickHouseFailure with the engine's own code
   */
  async run(job: Omit<WorkerJob, 'stream'>): Promise<JobResult> {
    const message = await this.#ask({ kind: 'run', job: { ...job, stream: false } });
    if (message.kind === 'result') return message;
    throw unexpected(message);
  }

  /**
   * Yields a result's chunks as the engine produces them. Leaving the loop early cancels the statement.
   * @throws ClickHouseFailure with the engine's own code
   */
  async *stream(job: Omit<WorkerJob, 'stream'>): AsyncGenerator<Chunk> {
    let message = await this.#ask({ kind: 'run', job: { ...job, stream: true } });
    let done = false;
    try {
      while (message.kind === 'chunk') {
        yield message;
        message = await this.#ask({ kind: 'next' });
      }
      done = true;
    } finally {
      if (!done && message.kind === 'chunk') await this.#ask({ kind: 'cancel' });
    }
    if (message.kind !== 'end') throw unexpected(message);
  }

  /** Closes the session that a job with `keep` left open. */
  async forget(): Promise<void> {
    await this.#ask({ kind: 'forget' });
  }

  /** Ends the thread; only while no statement runs. */
  async close(): Promise<void> {
    if (!this.dead) this.#worker.postMessage({ kind: 'close' } satisfies ToWorker);
    await this.#exited;
  }

  #ask(message: ToWorker): Promise<FromWorker> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const answer = this.#message();
    this.#worker.postMessage(message);
    return answer;
  }

  #message(): Promise<FromWorker> {
    const { promise, resolve, reject } = Promise.withResolvers<FromWorker>();
    this.#answer = { resolve, reject };
    return promise;
  }

  #fail(error: Error): void {
    this.#dead ??= error;
    this.#answer?.reject(error);
    this.#answer = undefined;
  }
}

function unexpected(message: FromWorker): Error {
  return message.kind === 'failed'
    ? engineFailure(new Error(message.message))
    : failure('UNKNOWN_EXCEPTION', `The engine answered ${message.kind}.`);
}
