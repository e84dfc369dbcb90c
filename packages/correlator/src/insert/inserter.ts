import { setTimeout as sleep } from 'node:timers/promises';
import type { Spool, SpoolBatch } from '../spool/index.ts';
import { BatchWriter, type BatchWriterOptions } from './batch-writer.ts';
import { failureText } from './insert-failure.ts';

export interface BatchOptions {
  /** This many waiting rows are sent without waiting longer. */
  readonly rows: number;
  /** No row waits longer than this for its batch, in milliseconds. */
  readonly flushMs: number;
  /** Largest batch, used when the store is slower than the rows come. */
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Views cost the store less per row the larger the block is; 25,000 rows of a busy site are about 20 MB. */
export const defaultBatchOptions: BatchOptions = {
  rows: 25_000,
  flushMs: 500,
  maxRows: 50_000,
  maxBytes: 64 * 1024 * 1024,
};

/** Pause before a spool that could not be read is read again. */
const unreadableMs = 1_000;

/** What the inserter needs of a spool. */
export type BatchSource = Pick<Spool, 'next' | 'shrink' | 'reject' | 'acknowledge' | 'waiting'>;

export interface InserterOptions extends BatchWriterOptions {
  readonly spool: BatchSource;
  readonly batch: BatchOptions;
  /** The token of a batch; default: the spool's, which names a place in the log. */
  readonly tokenOf?: ((batch: SpoolBatch) => string) | undefined;
}

/**
 * Brings the rows of a spool into the store, in batches, one at a time and in order. A batch leaves the spool
 * when the store has acknowledged it, and not before: whatever ends this process, the next one sends the same
 * rows under the same token again.
 *
 * A row that the store can never take must not hold up all others: what the store refuses is halved until the
 * row stands alone; it then goes to the spool's rejected rows. Batches grow again by doubling, so that many
 * such rows in a row cost two inserts each.
 */
export class Inserter {
  readonly #options: InserterOptions;
  readonly #writer: BatchWriter;
  readonly #giveUp = new AbortController();
  readonly #hurry = new AbortController();
  readonly #done: Promise<void>;
  #maxRows: number;
  #rejected = 0;
  #readFailures = 0;

  constructor(options: InserterOptions) {
    this.#options = options;
    this.#writer = new BatchWriter(options);
    this.#maxRows = options.batch.maxRows;
    this.#done = this.#run();
  }

  /**
   * Resolves when the spool is empty or `signal` is aborted: nothing is waited for to make a batch full. To be
   * called when nothing more is appended.
   */
  async finish(signal: AbortSignal): Promise<void> {
    const giveUp = () => this.#giveUp.abort();
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    this.#hurry.abort();
    try {
      await this.#done;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /**
   * As `finish`, for at most `withinMs`, and not at all while the store is away. What is left stays in the spool.
   */
  async stop(withinMs: number): Promise<void> {
    const patience = this.#writer.outage === undefined ? withinMs : 0;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), patience);
    await this.finish(deadline.signal).finally(() => clearTimeout(timer));
  }

  /** Why the store takes nothing at the moment, and for how many milliseconds; undefined = it takes rows. */
  get outage(): { forMs: number; why: string } | undefined {
    return this.#writer.outage;
  }

  /** Whether the store takes rows. */
  ready(): { ok: boolean; why?: string } {
    const { outage } = this.#writer;
    if (outage === undefined) return { ok: true };
    const { rows } = this.#options.spool.waiting();
    return { ok: false, why: `the store does not take rows (${outage.why}); ${rows} wait in the spool` };
  }

  counters(): Record<string, number> {
    return {
      ...this.#writer.counters(),
      rows_rejected: this.#rejected,
      spool_read_failures: this.#readFailures,
    };
  }

  async #run(): Promise<void> {
    const { spool, batch: limits } = this.#options;
    const { signal } = this.#giveUp;
    const wait = AbortSignal.any([signal, this.#hurry.signal]);
    while (!signal.aborted) {
      const hurried = this.#hurry.signal.aborted;
      if (hurried && spool.waiting().rows === 0) return;
      const wanted = {
        maxRows: this.#maxRows,
        maxBytes: limits.maxBytes,
        enoughRows: hurried ? 1 : Math.min(limits.rows, this.#maxRows),
        waitMs: hurried ? 0 : limits.flushMs,
      };
      const batch = await spool.next(wanted, hurried ? signal : wait).catch((error: unknown) => {
        this.#unreadable(error);
        return sleep(unreadableMs, undefined, { signal }).catch(() => undefined);
      });
      if (batch !== undefined) await this.#store(batch, signal);
    }
  }

  #unreadable(error: unknown): void {
    if (this.#readFailures++ > 0) return;
    this.#options.log.error({ why: failureText(error) }, 'the spool cannot be read; it is tried again');
  }

  async #store(first: SpoolBatch, signal: AbortSignal): Promise<void> {
    const { spool, tokenOf, batch: limits } = this.#options;
    for (let batch = first; ; ) {
      const { columns, body, rows } = batch;
      const token = tokenOf === undefined ? batch.token : tokenOf(batch);
      const written = await this.#writer.write({ columns, body, rows, token }, signal);
      if (written.outcome === 'aborted') return;
      if (written.outcome === 'refused' && rows > 1) {
        this.#maxRows = rows >> 1;
        batch = await spool.shrink(batch, this.#maxRows);
        continue;
      }
      if (written.outcome === 'refused') {
        this.#rejected++;
        this.#options.log.warn({ why: written.why }, 'the store cannot take a row; the spool keeps it aside');
        await spool.reject(batch, 0, written.why);
      }
      spool.acknowledge(batch);
      this.#maxRows = Math.min(limits.maxRows, this.#maxRows * 2);
      return;
    }
  }
}
