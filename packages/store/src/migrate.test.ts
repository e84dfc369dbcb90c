import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpLogColumns } from './http-log-row.ts';
import { migrate, migrationStatus, plannedMigrations } from './migrate.ts';
import { allMigrations, migration } from './migrations.ts';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-store.test-support.ts';

let engine: TemporaryEngine;
beforeAll(async () => {
  engine = await startTemporaryEngine();
});
afterAll(() => engine.stop());

const demo = { logs: 'demo_ja4_logs', processing: 'demo_ja4_processing' };

test('a new store gets every migration in order, and a second run changes nothing', async () => {
  const store = engine.store();
  expect((await migrationStatus(store)).every(({ state }) => state === 'pending')).toBe(true);
  const planned = (await plannedMigrations(store)).map(({ name }) => name);
  expect((await migrationStatus(store)).every(({ state }) => state === 'pending')).toBe(true);
  const steps: string[] = [];
  const first = await migrate(store, { onStep: (name) => steps.push(name) });
  expect(planned).toEqual(['databases and history', ...steps]);
  expect(await plannedMigrations(store)).toEqual([]);
  expect(first.applied).toEqual(allMigrations().map(({ name }) => name));
  expect(steps).toEqual(first.applied);
  expect(await migrate(store)).toEqual({
    applied: [],
    unchanged: first.applied.length,
    retention: [],
  });
  expect(
    (await migrationStatus(store)).every(({ state, appliedAt }) => state === 'applied' && appliedAt),
  ).toBe(true);
});

test('a second pair of databases with other names stands beside the first', async () => {
  const store = engine.store(demo);
  await migrate(store);
  const result = await store.client.query({
    query:
      "SELECT database, count() AS tables FROM system.tables WHERE database LIKE '%ja4_%' GROUP BY 1 ORDER BY 1",
    format: 'JSONEachRow',
  });
  const tables = new Map(
    (await result.json<{ database: string; tables: string }>()).map((r) => [r.database, r.tables]),
  );
  expect(tables.get('demo_ja4_logs')).toBe(tables.get('ja4_logs'));
  expect(tables.get('demo_ja4_processing')).toBe(tables.get('ja4_processing'));
});

test('a file that was changed after it was applied is refused by name', async () => {
  const store = engine.store({ logs: 'changed_logs', processing: 'changed_processing' });
  const table = 'CREATE TABLE IF NOT EXISTS ja4_logs.t (a UInt8) ENGINE = Memory';
  await migrate(store, { migrations: [migration('0001_t', table, false)] });
  const changed = [migration('0001_t', `${table} -- more`, false)];
  expect(await migrationStatus(store, changed)).toMatchObject([{ name: '0001_t', state: 'changed' }]);
  await expect(migrate(store, { migrations: changed })).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
});

test('a store that a newer version has migrated is refused, and its status says so', async () => {
  const store = engine.store({ logs: 'newer_logs', processing: 'newer_processing' });
  const table = 'CREATE TABLE IF NOT EXISTS ja4_logs.t (a UInt8) ENGINE = Memory';
  await migrate(store, {
    migrations: [migration('0001_t', table, false), migration('0002_u', table, false)],
  });
  const known = [migration('0001_t', table, false)];
  for (const run of [() => migrate(store, { migrations: known }), () => plannedMigrations(store, known)]) {
    await expect(run()).rejects.toMatchObject({
      code: 'MIGRATION_UNKNOWN',
      message: expect.stringMatching(/0002_u.*newer version/),
    });
  }
  expect(await migrationStatus(store, known)).toMatchObject([
    { name: '0001_t', state: 'applied' },
    { name: '0002_u', state: 'unknown' },
  ]);
});

test('tables of a single server are not taken for those of a cluster', async () => {
  const store = engine.store({ logs: 'single_logs', processing: 'single_processing' });
  await migrate(store, { migrations: [] });
  const spread = { ...store, topology: { kind: 'cluster', cluster: 'edge' } } as const;
  await expect(migrate(spread)).rejects.toMatchObject({
    code: 'MIGRATION_TOPOLOGY',
    message: expect.stringContaining('store.cluster'),
  });
});

test('a view is replaced when its text changes', async () => {
  const store = engine.store({ logs: 'view_logs', processing: 'view_processing' });
  const view = (value: number) =>
    migration('view:v', `CREATE OR REPLACE VIEW ja4_processing.v AS SELECT ${value} AS a`, true);
  await migrate(store, { migrations: [view(1)] });
  expect((await migrate(store, { migrations: [view(2)] })).applied).toEqual(['view:v']);
  const result = await store.client.query({
    query: 'SELECT a FROM view_processing.v',
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ a: 2 }]);
});

test('a statement that the engine refuses stops the run, is named, and the step can be repeated', async () => {
  const store = engine.store({ logs: 'broken_logs', processing: 'broken_processing' });
  const table = 'CREATE TABLE IF NOT EXISTS ja4_logs.t (a UInt8) ENGINE = Memory;';
  const broken = migration('0001_t', `${table} CREATE TABLE ja4_logs.u (a Nonsense) ENGINE = Memory`, false);
  await expect(migrate(store, { migrations: [broken] })).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('0001_t failed at "CREATE TABLE broken_logs.u'),
  });
  expect((await migrate(store, { migrations: [migration('0001_t', table, false)] })).applied).toEqual([
    '0001_t',
  ]);
});

test('names that are not plain identifiers are refused before anything is sent', async () => {
  const store = engine.store({ logs: 'x; DROP DATABASE y', processing: 'p' });
  await expect(migrate(store)).rejects.toMatchObject({ code: 'INVALID_DATABASE_NAME' });
});

test('http_logs_raw has exactly the columns of the row type, in order', async () => {
  const store = engine.store();
  const result = await store.client.query({
    query: `SELECT name, type FROM system.columns
      WHERE database = 'ja4_logs' AND table = 'http_logs_raw' ORDER BY position`,
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual(httpLogColumns.map(({ name, type }) => ({ name, type })));
});
