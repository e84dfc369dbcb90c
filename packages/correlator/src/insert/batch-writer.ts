import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpLogRow } from '@ja4/store';
import type { Logger } from 'pino';
import { failureText, insertFailureIsAbout } from './insert-failure.ts';
import { retryDelayMs } from './retry-delay.ts';

/** Stores rows as one block, once per token however often it is called. */
export type Insert = (rows: readonly HttpLogRow[], token: string) => Promise<void>;

export interface BatchWriterOptions {
  readonly insert: Insert;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** [0, 1), spreads repetitions. */
  readonly random: () => number;
  readonly log: Logger;
}

/** An outage is said once when it begins and then at this interval. */
const sayAgainMs = 30_000;

/**
 * Brings batches into the store: repeats one until the store has acknowledged it, under the same token, so
 * that an acknowledgement that was lost on the way does not double rows. A row that the store can never take
 * is found by halving its batch, dropped and counted, so that it does not hold up all others.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  #failingSinceMs: number | undefined;
  #failure = '';
  #saidMs = Number.NEGATIVE_INFINITY;

  readonly #counts = { rows_stored: 0, rows_rejected: 0, batches_stored: 0, insert_failures: 0 };

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  /** Why the store does not take anything at the moment, and since when; undefined = it does. */
  get outage(): { sinceMs: number; why: string } | undefined {
    return this.#failingSinceMs === undefined
      ? undefined
      : { sinceMs: this.#failingSinceMs, why: this.#failure };
  }

  counters(): Record<string, number> {
    return { ...this.#counts, store_down: this.#failingSinceMs === undefined ? 0 : 1 };
  }

  /**
   * Resolves with the number of rows that were not stored: 0, unless `signal` ended the repetitions first.
   * @param token must stand for exactly these rows in this order
   */
  async write(rows: readonly HttpLogRow[], token: string, signal: AbortSignal): Promise<number> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#options.insert(rows, token);
        this.#succeeded(rows.length);
        return 0;
      } catch (error) {
        this.#counts.insert_failures++;
        if (insertFailureIsAbout(error) === 'rows') return this.#split(rows, token, error, signal);
        this.#failed(error, rows.length);
      }
      // An abort ends the wait early, which is all that is wanted of it here.
      await sleep(retryDelayMs(attempt, this.#options.random), undefined, { signal }).catch(() => {});
    }
    return rows.length;
  }

  async #split(
    rows: readonly HttpLogRow[],
    token: string,
    error: unknown,
    signal: AbortSignal,
  ): Promise<number> {
    if (rows.length === 1) {
      this.#counts.rows_rejected++;
      this.#options.log.warn({ why: failureText(error) }, 'the store cannot take a row; it is dropped');
      return 0;
    }
    const middle = rows.length >> 1;
    const first = await this.write(rows.slice(0, middle), `${token}/0`, signal);
    return first + (await this.write(rows.slice(middle), `${token}/1`, signal));
  }

  #succeeded(rows: number): void {
    this.#counts.rows_stored += rows;
    this.#counts.batches_stored++;
    if (this.#failingSinceMs === undefined) return;
    const seconds = Math.round((this.#options.clock() - this.#failingSinceMs) / 1000);
    this.#failingSinceMs = undefined;
    this.#saidMs = Number.NEGATIVE_INFINITY;
    // As loud as its beginning was, so that whoever has read that reads this too.
    this.#options.log.warn({ seconds }, `the store takes rows again after ${seconds} s`);
  }

  #failed(error: unknown, rows: number): void {
    const nowMs = this.#options.clock();
    this.#failingSinceMs ??= nowMs;
    this.#failure = failureText(error);
    if (nowMs - this.#saidMs < sayAgainMs) return;
    this.#saidMs = nowMs;
    const seconds = Math.round((nowMs - this.#failingSinceMs) / 1000);
    const line = 'the store does not take rows; they are kept in memory and tried again';
    this.#options.log.warn({ why: this.#failure, rows, seconds }, line);
  }
}
