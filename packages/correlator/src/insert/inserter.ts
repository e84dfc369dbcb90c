import type { HttpLogRow } from '@ja4/store';
import { BatchWriter, type BatchWriterOptions } from './batch-writer.ts';
import { RowQueue } from './row-queue.ts';

export interface BatchOptions {
  /** This many waiting rows are sent without waiting longer. */
  readonly rows: number;
  /** No row waits longer than this for its batch, in milliseconds. */
  readonly flushMs: number;
  /** Largest batch, used when the store is slower than the rows come. */
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Rows that may wait in memory; beyond it the producer has to wait. */
  readonly queueRows: number;
  readonly queueBytes: number;
}

export const defaultBatchOptions: BatchOptions = {
  rows: 5_000,
  flushMs: 500,
  maxRows: 25_000,
  maxBytes: 64 * 1024 * 1024,
  queueRows: 50_000,
  queueBytes: 128 * 1024 * 1024,
};

export interface InserterOptions extends BatchWriterOptions {
  readonly batch: BatchOptions;
  /** Different for every inserter that ever wrote to this store: tokens begin with it. */
  readonly instance: string;
}

/**
 * Takes rows over and sees to it that the store gets them, in batches, one at a time and in order.
 *
 * What this class takes over with `add` lives in memory. It is the place for a spool on disk: `add` would
 * append to it, and the loop below would read batches from it and remove what `BatchWriter` has brought in.
 */
export class Inserter {
  readonly #options: InserterOptions;
  readonly #queue: RowQueue;
  readonly #writer: BatchWriter;
  readonly #giveUp = new AbortController();
  readonly #done: Promise<void>;
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #due = false;
  #stopping = false;
  #batches = 0;
  #inFlight = 0;
  #lost = 0;

  constructor(options: InserterOptions) {
    this.#options = options;
    this.#queue = new RowQueue({ maxRows: options.batch.queueRows, maxBytes: options.batch.queueBytes });
    this.#writer = new BatchWriter(options);
    this.#done = this.#run();
  }

  add(row: HttpLogRow): void {
    this.#queue.add(row);
    if (this.#queue.size >= this.#options.batch.rows) this.#becomeDue();
    else this.#timer ??= setTimeout(() => this.#becomeDue(), this.#options.batch.flushMs);
  }

  /** Resolves when more rows may be added; undefined = at once. */
  room(): Promise<void> | undefined {
    return this.#queue.room();
  }

  /** Nobody waits for room any more; the next call is `stop`. */
  liftBounds(): void {
    this.#queue.liftBounds();
  }

  /**
   * Stores what is left, for at most `withinMs`. Resolves with the number of rows that could not be stored:
   * they are lost, and the caller has to say so.
   */
  async stop(withinMs: number): Promise<number> {
    this.#stopping = true;
    this.#becomeDue();
    const deadline = setTimeout(() => this.#giveUp.abort(), withinMs);
    const gaveUp = new Promise<void>((resolve) => {
      this.#giveUp.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    // An insert that hangs cannot be called back, so its end is not waited for beyond the deadline.
    await Promise.race([this.#done, gaveUp]);
    clearTimeout(deadline);
    clearTimeout(this.#timer);
    this.#lost += this.#queue.size + this.#inFlight;
    this.#inFlight = 0;
    return this.#lost;
  }

  /** Whether the store takes rows. */
  ready(): { ok: boolean; why?: string } {
    const { outage } = this.#writer;
    if (outage === undefined) return { ok: true };
    const waiting = this.#queue.size + this.#inFlight;
    return { ok: false, why: `the store does not take rows (${outage.why}); ${waiting} wait` };
  }

  counters(): Record<string, number> {
    return {
      ...this.#writer.counters(),
      rows_waiting: this.#queue.size + this.#inFlight,
      rows_waiting_bytes: this.#queue.bytes,
      queue_full: this.#queue.full ? 1 : 0,
      rows_lost: this.#lost,
    };
  }

  #becomeDue(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = true;
    this.#wake();
  }

  async #untilDue(): Promise<void> {
    if (!this.#due && !this.#stopping) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#due = false;
  }

  async #run(): Promise<void> {
    const { batch, instance } = this.#options;
    const { signal } = this.#giveUp;
    while (!signal.aborted) {
      await this.#untilDue();
      // More may have come in while the last batch was on its way: take it all, in batches as large as allowed.
      while (this.#queue.size > 0 && !signal.aborted) {
        const rows = this.#queue.take(batch.maxRows, batch.maxBytes);
        this.#inFlight = rows.length;
        const lost = await this.#writer.write(rows, `${instance}-${this.#batches++}`, signal);
        if (signal.aborted) return;
        this.#lost += lost;
        this.#inFlight = 0;
        if (!this.#due && !this.#stopping && this.#queue.size < batch.rows) break;
      }
      if (this.#stopping && this.#queue.size === 0) return;
      if (this.#queue.size > 0) this.#timer ??= setTimeout(() => this.#becomeDue(), batch.flushMs);
    }
  }
}
