import { recordMetrics, type Store } from '@ja4/store';
import type { Logger } from 'pino';
import type { Service, ServiceName, State } from './service.ts';

const defaultEveryMs = 10_000;
const sayAfterFailures = 3;

export interface CounterRecordsOptions {
  readonly name: ServiceName;
  readonly service: Pick<Service, 'counters' | 'carried'>;
  /** Where the counters go. It may throw as long as there is no store yet, and is then tried again. */
  readonly openStores: () => readonly Store[];
  readonly log: Logger;
  /** Milliseconds between two readings; default ten seconds. */
  readonly everyMs?: number;
}

export interface CounterRecords {
  /** Whether the store took the last ones. */
  state(): State;
  stop(): Promise<void>;
}

/** Stores a service's counters every ten seconds, which is how the dashboard knows them, until it is stopped. */
export function recordCounters(options: CounterRecordsOptions): CounterRecords {
  const { name, service, openStores, log } = options;
  let stores: readonly Store[] | undefined;
  const asked = new Set<Store>();
  let failures = 0;
  let lastFailure = '';

  const failed = (error: unknown) => {
    lastFailure = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    // Once per outage, and not while the store is only started again: that is said elsewhere.
    failures += 1;
    if (failures === sayAfterFailures) log.warn({ error: String(error) }, 'counters cannot be stored');
  };
  const timer = setInterval(() => {
    try {
      stores ??= openStores();
    } catch (error) {
      return failed(error);
    }
    for (const store of stores) {
      // A store that hangs is not asked again before it has answered, or was given up.
      if (asked.has(store)) continue;
      asked.add(store);
      recordMetrics(store, name, ownCounters(service))
        .then(() => {
          failures = 0;
        }, failed)
        .finally(() => asked.delete(store));
    }
  }, options.everyMs ?? defaultEveryMs);
  timer.unref();
  return {
    state: () =>
      failures === 0 ? { ok: true } : { ok: false, why: `the store takes nothing: ${lastFailure}` },
    stop: async () => {
      clearInterval(timer);
      await Promise.allSettled((stores ?? []).map((store) => store.close()));
    },
  };
}

/** What this process counted: the store adds the processes up itself. */
function ownCounters(service: CounterRecordsOptions['service']): Record<string, number> {
  const counters = service.counters();
  for (const [counter, count] of Object.entries(service.carried?.() ?? {})) {
    counters[counter] = Math.max(0, (counters[counter] ?? 0) - count);
  }
  return counters;
}
