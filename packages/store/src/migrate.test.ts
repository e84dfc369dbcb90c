import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpLogColumns } from './http-log-row.ts';
import { migrate, migrationStatus } from './migrate.ts';
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
  const steps: string[] = [];
  const first = await migrate(store, (name) => steps.push(name));
  expect(first.applied).toEqual(allMigrations().map(({ name }) => name));
  expect(steps).toEqual(first.applied);
  expect(await migrate(store)).toEqual({ applied: [], unchanged: first.applied.length });
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
  await migrate(store, () => {}, [migration('0001_t', table, false)]);
  const changed = [migration('0001_t', `${table} -- more`, false)];
  expect(await migrationStatus(store, changed)).toMatchObject([{ name: '0001_t', state: 'changed' }]);
  await expect(migrate(store, () => {}, changed)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
  await expect(migrate(store, () => {}, [])).rejects.toMatchObject({ code: 'MIGRATION_UNKNOWN' });
});

test('a view is replaced when its text changes', async () => {
  const store = engine.store({ logs: 'view_logs', processing: 'view_processing' });
  const view = (value: number) =>
    migration('view:v', `CREATE OR REPLACE VIEW ja4_processing.v AS SELECT ${value} AS a`, true);
  await migrate(store, () => {}, [view(1)]);
  expect((await migrate(store, () => {}, [view(2)])).applied).toEqual(['view:v']);
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
  await expect(migrate(store, () => {}, [broken])).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('0001_t failed at "CREATE TABLE broken_logs.u'),
  });
  expect((await migrate(store, () => {}, [migration('0001_t', table, false)])).applied).toEqual(['0001_t']);
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
