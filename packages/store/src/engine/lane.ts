import { failure } from './clickhouse-error.ts';

interface Waiting {
  start: () => void;
  cancel: (error: Error) => void;
}

/**
 * Runs at most `width` tasks at a time and keeps at most `queueLimit` waiting, first come, first served.
 * One chDB session runs one statement at a time, so a lane's width is the number of sessions it may use.
 */
export class Lane {
  readonly name: string;
  readonly width: number;
  readonly queueLimit: number;
  #running = 0;
  #closed = false;
  #idle: (() => void)[] = [];
  readonly #queue = new Set<Waiting>();

  constructor(name: string, width: number, queueLimit: number) {
    this.name = name;
    this.width = width;
    this.queueLimit = queueLimit;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Waits for a place, then runs the task; a task whose signal fires while it waits never starts.
   * @throws ClickHouseFailure TOO_MANY_SIMULTANEOUS_QUERIES when the queue is full, ABORTED after close
   */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  /** Refuses new tasks and those that wait; resolves when the running ones have ended or after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue)
      waiting.cancel(failure('ABORTED', 'The store is stopping; try again later.'));
    this.#queue.clear();
    if (this.#running === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    const timer = setTimeout(resolve, graceMs);
    await promise;
    clearTimeout(timer);
  }

  async #enter(signal: AbortSignal): Promise<void> {
    if (this.#closed) throw failure('ABORTED', 'The store is stopping; try again later.');
    signal.throwIfAborted();
    if (this.#running < this.width) {
      this.#running++;
      return;
    }
    if (this.#queue.size >= this.queueLimit)
      throw failure(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many statements: ${this.#running} ${this.name} statements run and ${this.#queue.size} wait. Try again later.`,
      );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { start: resolve, cancel: reject };
    this.#queue.add(waiting);
    const onAbort = (): void => {
      if (this.#queue.delete(waiting)) reject(failure('QUERY_WAS_CANCELLED', 'Query was cancelled.'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #leave(): void {
    const next = this.#queue.values().next().value;
    if (next !== undefined) {
      this.#queue.delete(next);
      next.start();
      return;
    }
    this.#running--;
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
