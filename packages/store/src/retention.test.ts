import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from './connect.ts';
import { migrate } from './migrate.ts';
import { migratedRetention, plannedRetention } from './retention.ts';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-store.test-support.ts';

let engine: TemporaryEngine;
let store: Store;
beforeAll(async () => {
  engine = await startTemporaryEngine();
  store = engine.store();
  await migrate(store);
});
afterAll(() => engine.stop());

test('the days of a configuration that says nothing are those of the migrations', async () => {
  expect(migratedRetention().get('http_logs')).toBe(7);
  expect(migratedRetention().get('audit_logs')).toBe(365);
  expect(await plannedRetention(store, { days: 7 })).toEqual([]);
});

test('every table whose rows expire in the engine is one that the retention knows', async () => {
  const result = await store.client.query({
    query: "SELECT name FROM system.tables WHERE database LIKE 'ja4_%' AND create_table_query LIKE '% TTL %'",
    format: 'JSONEachRow',
  });
  const names = (await result.json<{ name: string }>()).map(({ name }) => name);
  expect(names.toSorted()).toEqual([...migratedRetention().keys()].toSorted());
});

test('what is kept for a week is kept as long as the configuration says, and single tables as it says for them', async () => {
  const retention = { days: 30, overrides: { audit_logs: 10, http_logs: 3, service_metrics: undefined } };
  const { retention: changes } = await migrate(store, { retention });
  const days = new Map(changes.map(({ table, toDays }) => [table, toDays]));
  expect(days.get('ja4_logs.http_logs')).toBe(3);
  expect(days.get('ja4_processing.ml_all_scores')).toBe(30);
  expect(days.get('ja4_processing.audit_logs')).toBe(10);
  // Pace needs the last hours only, training records a quarter: neither is a week.
  expect(days.has('ja4_processing.agg_requests_1s')).toBe(false);
  expect(days.has('ja4_processing.ml_performance_metrics')).toBe(false);
  expect((await migrate(store, { retention })).retention).toEqual([]);
  const back = await migrate(store, { retention: { days: 7 } });
  expect(back.retention.map(({ fromDays }) => fromDays).toSorted((a, b) => a - b)).toEqual(
    [...days.values()].toSorted((a, b) => a - b),
  );
});

test('rows older than that go', async () => {
  await store.client.insert({
    table: 'ja4_processing.service_metrics',
    values: [2, 20].map((days) => ({
      recorded_at: Date.now() - days * 86_400_000,
      service: 'store',
      instance: `${days}`,
    })),
    format: 'JSONEachRow',
  });
  await migrate(store, { retention: { days: 7, overrides: { service_metrics: 5 } } });
  await store.client.command({ query: 'OPTIMIZE TABLE ja4_processing.service_metrics FINAL' });
  const result = await store.client.query({
    query: 'SELECT instance FROM ja4_processing.service_metrics',
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ instance: '2' }]);
});

test('an override of a table whose rows do not expire is refused', async () => {
  await expect(plannedRetention(store, { days: 7, overrides: { ref_clients: 1 } })).rejects.toMatchObject({
    code: 'RETENTION_UNKNOWN_TABLE',
  });
});
