import { hostname } from 'node:os';
import type { Store } from './connect.ts';
import { dateTimeText } from './date-time.ts';

export interface ServiceInstance {
  /** Tells several of one kind apart; default host name and process id. */
  readonly instance?: string;
  /** Totals begin again here; default the start of this process. */
  readonly startedAt?: Date;
  readonly recordedAt?: Date;
}

/** Stores one reading of a service's counters; values that are not finite are left out. */
export async function recordMetrics(
  store: Store,
  service: string,
  counters: Readonly<Record<string, number>>,
  {
    instance = `${hostname()}:${process.pid}`,
    startedAt = new Date(Date.now() - process.uptime() * 1000),
    recordedAt = new Date(),
  }: ServiceInstance = {},
): Promise<void> {
  await store.client.insert({
    table: `${store.databases.processing}.service_metrics`,
    values: [
      {
        recorded_at: dateTimeText(recordedAt),
        service,
        instance,
        started_at: dateTimeText(startedAt),
        counters: Object.fromEntries(Object.entries(counters).filter(([, value]) => Number.isFinite(value))),
      },
    ],
    format: 'JSONEachRow',
  });
}
