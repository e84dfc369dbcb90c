import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestEngine, type TestEngine } from './engine.test-support.ts';

let server: TestEngine;
beforeAll(async () => {
  server = await startTestEngine();
});
afterAll(() => server.stop());
beforeEach(() =>
  define([
    'DROP TABLE IF EXISTS mv_inverse',
    'DROP TABLE IF EXISTS inverse',
    'DROP TABLE IF EXISTS requests',
    'CREATE TABLE requests (a UInt32) ENGINE = MergeTree PARTITION BY a % 2 ORDER BY a',
    'CREATE TABLE inverse (n UInt64) ENGINE = MergeTree ORDER BY n',
    'CREATE MATERIALIZED VIEW mv_inverse TO inverse AS SELECT intDiv(1000, min(a)) AS n FROM requests',
  ]),
);

async function define(statements: readonly string[]): Promise<void> {
  for (const query of statements) await server.admin.client.command({ query });
}

function insert(
  rows: readonly number[],
  token: string,
  settings: Record<string, string> = {},
): Promise<unknown> {
  return server.admin.client.insert({
    table: 'requests',
    format: 'JSONEachRow',
    values: rows.map((a) => ({ a })),
    clickhouse_settings: { insert_deduplication_token: token, ...settings },
  });
}

async function stored(): Promise<{ requests: number[]; inverse: number[] }> {
  const numbers = async (query: string): Promise<number[]> => {
    const result = await server.admin.client.query({ query, format: 'JSONCompactEachRow' });
    return (await result.json<[unknown]>()).map(([value]) => Number(value));
  };
  return {
    requests: await numbers('SELECT a FROM requests ORDER BY a'),
    inverse: await numbers('SELECT n FROM inverse ORDER BY n'),
  };
}

test('the same token stores nothing again, in the table nor through its views', async () => {
  for (let i = 0; i < 3; i++) await insert([10, 20, 21], 'one');
  expect(await stored()).toEqual({ requests: [10, 20, 21], inverse: [100] });
  expect(server.engine.counters().inserts_repeated).toBe(2);
});

test('another token stores the same rows again', async () => {
  await insert([10], 'one');
  await insert([10], 'two');
  expect((await stored()).requests).toEqual([10, 10]);
});

test('the same token for another table is another insert, also where that has the name of one that was dropped', async () => {
  await insert([10], 'one');
  await server.admin.client.insert({
    table: 'inverse',
    format: 'JSONEachRow',
    values: [{ n: 7 }],
    clickhouse_settings: { insert_deduplication_token: 'one' },
  });
  expect(await stored()).toEqual({ requests: [10], inverse: [7, 100] });
});

test('an insert that a view refuses leaves nothing in any table, and its token is free', async () => {
  await insert([10], 'before');
  await expect(insert([0, 1, 2], 'one')).rejects.toMatchObject({ code: '153' });
  expect(await stored()).toEqual({ requests: [10], inverse: [100] });
  // In halves, as a sender does that looks for the row that is refused.
  await expect(insert([0], 'half')).rejects.toMatchObject({ code: '153' });
  await insert([1, 2], 'other half');
  await insert([4], 'one');
  expect(await stored()).toEqual({ requests: [1, 2, 4, 10], inverse: [100, 250, 1000] });
});

test('rows that cannot be read leave nothing', async () => {
  await expect(
    server.admin.client.command({
      query: "INSERT INTO requests SETTINGS insert_deduplication_token = 'one' FORMAT CSV 1\nx\n",
    }),
  ).rejects.toMatchObject({ code: '117' });
  expect(await stored()).toEqual({ requests: [], inverse: [] });
});

test('an INSERT … SELECT with a token is single too', async () => {
  for (let i = 0; i < 2; i++)
    await define([
      "INSERT INTO requests SETTINGS insert_deduplication_token = 'select' SELECT number + 1 FROM numbers(2)",
    ]);
  expect((await stored()).requests).toEqual([1, 2]);
});

test('without a token, or with insert_deduplicate = 0, every insert counts', async () => {
  for (let i = 0; i < 2; i++) await insert([10], '');
  for (let i = 0; i < 2; i++) await insert([10], 'one', { insert_deduplicate: '0' });
  expect((await stored()).requests).toEqual([10, 10, 10, 10]);
});

test('tokens are forgotten when rows are removed on purpose', async () => {
  await insert([10], 'one');
  await define(['TRUNCATE TABLE requests']);
  await insert([10], 'one');
  expect((await stored()).requests).toEqual([10]);
});

test('an unknown table is named by the engine', async () => {
  await expect(
    define(["INSERT INTO nowhere SETTINGS insert_deduplication_token = 'one' SELECT 1"]),
  ).rejects.toMatchObject({ code: '60' });
});
