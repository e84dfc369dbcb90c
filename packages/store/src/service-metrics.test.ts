import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from './migrate.ts';
import { recordMetrics } from './service-metrics.ts';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-store.test-support.ts';

let engine: TemporaryEngine;
beforeAll(async () => {
  engine = await startTemporaryEngine();
});
afterAll(() => engine.stop());

test('a reading of counters is stored with service, instance and times', async () => {
  const store = engine.store();
  await migrate(store);
  const recordedAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 250);
  await recordMetrics(
    store,
    'correlator',
    { rows: 12, lag_ms: 0.5, unknown: Number.NaN },
    { instance: 'web1:7', startedAt: new Date(recordedAt.getTime() - 60_000), recordedAt },
  );
  const result = await store.client.query({
    query: `SELECT service, instance, counters, toUnixTimestamp64Milli(recorded_at) - toUnixTimestamp64Milli(started_at)
      AS up_ms FROM ja4_processing.service_metrics`,
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([
    { service: 'correlator', instance: 'web1:7', counters: { rows: 12, lag_ms: 0.5 }, up_ms: '60000' },
  ]);
});
