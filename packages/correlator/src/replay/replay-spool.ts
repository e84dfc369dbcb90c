import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type HttpLogRow, insertEncodedHttpLogs, type Store } from '@ja4/store';
import type { Logger } from 'pino';
import { Inserter } from '../insert/inserter.ts';
import { Spool } from '../spool/index.ts';
import { batchToken } from './batch-token.ts';

export interface ReplaySpoolOptions {
  readonly store: Store;
  /** A folder for this replay's files is made below it, and removed at the end. */
  readonly workDir: string;
  /** Rows of a batch: batches are cut by what is in them alone, because a clock would cut them differently every time. */
  readonly batchRows: number;
  readonly log: Logger;
}

const maxBatchBytes = 32 * 1024 * 1024;
const maxSpoolBytes = 256 * 1024 * 1024;
/** How long the store may be away before a replay gives up, and how often that is looked at. */
const storePatienceMs = 60_000;
const lookEveryMs = 500;

/** What a replay brought into the store. */
interface Brought {
  readonly rows_stored: number;
  readonly rows_rejected: number;
  readonly insert_failures: number;
}

/**
 * The way of replayed rows into the store: the same spool and inserter as live ones, with batches and tokens
 * that depend on the rows only.
 */
export class ReplaySpool {
  readonly #folder: string;
  readonly #spool: Spool;
  readonly #inserter: Inserter;
  readonly #giveUp = new AbortController();
  readonly #storeIsDown = Promise.withResolvers<never>();
  readonly #timer: NodeJS.Timeout;

  private constructor(folder: string, spool: Spool, { store, batchRows, log }: ReplaySpoolOptions) {
    this.#folder = folder;
    this.#spool = spool;
    this.#inserter = new Inserter({
      spool,
      insert: (batch, signal) => insertEncodedHttpLogs(store, batch, signal),
      batch: {
        rows: batchRows,
        flushMs: Number.POSITIVE_INFINITY,
        maxRows: batchRows,
        maxBytes: maxBatchBytes,
      },
      tokenOf: batchToken,
      clock: () => performance.now(),
      random: Math.random,
      log,
    });
    // It is looked at only where somebody waits.
    this.#storeIsDown.promise.catch(() => {});
    this.#timer = setInterval(() => {
      const { outage } = this.#inserter;
      if (outage !== undefined && outage.forMs > storePatienceMs) {
        this.#storeIsDown.reject(storeIsDown(outage.why));
      }
    }, lookEveryMs);
  }

  /** Removes what replays that were killed have left in `workDir`. */
  static async open(options: ReplaySpoolOptions): Promise<ReplaySpool> {
    await mkdir(options.workDir, { recursive: true, mode: 0o700 });
    await removeLeftOvers(options.workDir);
    const folder = await mkdtemp(join(options.workDir, `${process.pid}-`));
    // It need not outlive a power failure: the recording is still there.
    const spool = await Spool.open({ folder, log: options.log, maxBytes: maxSpoolBytes, fsync: false });
    return new ReplaySpool(folder, spool, options);
  }

  get rowsStored(): number {
    return this.#inserter.counters().rows_stored ?? 0;
  }

  append(row: HttpLogRow): void {
    this.#spool.append(row);
  }

  /** Resolves when there is room for more; undefined = at once. @throws as `finish` */
  room(): Promise<void> | undefined {
    const room = this.#spool.room();
    return room && Promise.race([room, this.#storeIsDown.promise]);
  }

  /**
   * Resolves when the store has every row, with how many it took and refused.
   * @throws Error `JA4_STORE_DOWN` when it has taken nothing for a minute
   */
  async finish(): Promise<Brought> {
    const all = this.#spool.flush().then(() => this.#inserter.finish(this.#giveUp.signal));
    await Promise.race([all, this.#storeIsDown.promise]);
    const { rows_stored = 0, rows_rejected = 0, insert_failures = 0 } = this.#inserter.counters();
    return { rows_stored, rows_rejected, insert_failures };
  }

  /** Ends whatever still runs and removes the files. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#giveUp.abort();
    await this.#inserter.finish(this.#giveUp.signal);
    await this.#spool.close(0);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function removeLeftOvers(workDir: string): Promise<void> {
  for (const name of await readdir(workDir)) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isRunning(pid)) await rm(join(workDir, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function storeIsDown(why: string): Error {
  return Object.assign(
    new Error(
      `the store took nothing for ${storePatienceMs / 1000} s (${why}): start it, or correct store.url, and replay again`,
    ),
    { code: 'JA4_STORE_DOWN' },
  );
}
