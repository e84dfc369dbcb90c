import { performance } from 'node:perf_hooks';
import { insertEncodedHttpLogs, type Store } from '@ja4/store';
import type { Logger } from 'pino';
import { type BatchSource, defaultBatchOptions, Inserter } from './inserter.ts';

export interface DrainReport {
  readonly rowsStored: number;
  readonly rowsRejected: number;
  /** Why rows are left, when some are. */
  readonly why: string | undefined;
}

/** Brings what lies in a spool into the store; resolves when it is empty, or at the signal with the rest in it. */
export async function drainSpool(
  spool: BatchSource,
  store: Store,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<DrainReport> {
  const inserter = new Inserter({
    spool,
    insert: (batch, signal) => insertEncodedHttpLogs(store, batch, signal),
    batch: defaultBatchOptions,
    clock: () => performance.now(),
    random: Math.random,
    log,
  });
  await inserter.finish(signal);
  const { rows_stored = 0, rows_rejected = 0 } = inserter.counters();
  const why = spool.waiting().rows === 0 ? undefined : (inserter.outage?.why ?? 'it was ended');
  return { rowsStored: rows_stored, rowsRejected: rows_rejected, why };
}
