import { setTimeout as sleep } from 'node:timers/promises';
import type { EncodedHttpLogs } from '@ja4/store';
import type { Logger } from 'pino';
import { failureText, insertFailureIsAbout } from './insert-failure.ts';
import { retryDelayMs } from './retry-delay.ts';

/** Stores rows as one block, once per token however often it is called; rejects with AbortError at the signal. */
export type Insert = (batch: EncodedHttpLogs, signal: AbortSignal) => Promise<void>;

/** What became of a batch. `refused`: none of it is in the store, and it can never take it as it is. */
export type Written = { outcome: 'stored' | 'aborted' } | { outcome: 'refused'; why: string };

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
/** A store that has not answered for so long does not take rows, though nothing has failed yet. */
const silentMs = 15_000;
/** So often (about a minute and a half) a batch is too large before it is taken apart. */
const tooLargeAttempts = 20;

/**
 * Brings one batch at a time into the store: repeats it until the store has acknowledged it, under the same
 * token, so that an acknowledgement that was lost on the way does not double rows.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  #failingSinceMs: number | undefined;
  #failure = '';
  #saidMs = Number.NEGATIVE_INFINITY;
  #sentMs: number | undefined;

  readonly #counts = {
    rows_stored: 0,
    batches_stored: 0,
    insert_failures: 0,
    insert_bytes: 0,
    insert_busy_ms: 0,
  };

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  /** Why the store does not take anything at the moment, and for how many milliseconds; undefined = it does. */
  get outage(): { forMs: number; why: string } | undefined {
    const nowMs = this.#options.clock();
    if (this.#failingSinceMs !== undefined) {
      return { forMs: nowMs - this.#failingSinceMs, why: this.#failure };
    }
    if (this.#sentMs === undefined || nowMs - this.#sentMs < silentMs) return undefined;
    return { forMs: nowMs - this.#sentMs, why: 'no answer' };
  }

  counters(): Record<string, number> {
    return { ...this.#counts, store_down: this.outage === undefined ? 0 : 1 };
  }

  /** @param batch its token must stand for exactly these rows in this order */
  async write(batch: EncodedHttpLogs, signal: AbortSignal): Promise<Written> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      const beganMs = this.#options.clock();
      this.#sentMs = beganMs;
      try {
        await this.#options.insert(batch, signal);
        this.#succeeded(batch, beganMs);
        return { outcome: 'stored' };
      } catch (error) {
        if (signal.aborted) break;
        this.#counts.insert_failures++;
        const about = insertFailureIsAbout(error);
        const refused =
          about === 'rows' || (about === 'size' && batch.rows > 1 && attempt >= tooLargeAttempts);
        if (refused) return { outcome: 'refused', why: failureText(error) };
        this.#failed(error, batch.rows);
      } finally {
        this.#sentMs = undefined;
      }
      // An abort ends the wait early, which is all that is wanted of it here.
      await sleep(retryDelayMs(attempt, this.#options.random), undefined, { signal }).catch(() => {});
    }
    return { outcome: 'aborted' };
  }

  #succeeded(batch: EncodedHttpLogs, beganMs: number): void {
    const nowMs = this.#options.clock();
    this.#counts.rows_stored += batch.rows;
    this.#counts.batches_stored++;
    for (const { length } of batch.body) this.#counts.insert_bytes += length;
    this.#counts.insert_busy_ms += Math.round(nowMs - beganMs);
    if (this.#failingSinceMs === undefined) return;
    const seconds = Math.round((nowMs - this.#failingSinceMs) / 1000);
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
    const line = 'the store does not take rows; they wait in the spool and are tried again';
    this.#options.log.warn({ why: this.#failure, rows, seconds }, line);
  }
}
