import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectStore, type Store } from '../connect.ts';
import { absentHttpLogRow } from '../http-log-row.ts';
import { insertHttpLogs } from '../insert-http-logs.ts';
import { migrate, renderMigrations } from '../migrate.ts';
import { loadReferenceData } from '../reference-data.ts';

/** What a server of the cluster is sent: statements, and the settings beside each. */
const told: { statement: string; settings: URLSearchParams }[] = [];
/** An empty answer to everything: a server without our tables. */
const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://server');
  const body = await text(request);
  told.push({ statement: searchParams.get('query') ?? body, settings: searchParams });
  response.end();
});
let store: Store;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  store = connectStore({ url, topology: { kind: 'cluster', cluster: 'edge' } });
});
beforeEach(() => {
  told.length = 0;
});
afterAll(async () => {
  await store.close();
  server.close();
});

const statements = (pattern: RegExp) =>
  told.map(({ statement }) => statement).filter((statement) => pattern.test(statement));

test('a cluster is told exactly what a dry run prints, and each step is recorded', async () => {
  await migrate(store, { retention: { days: 30 } });
  const printed = renderMigrations(store).flatMap((step) => step.statements);
  expect(statements(/^(CREATE|ALTER|DROP)/)).toEqual(printed);
  const recorded = statements(/^INSERT INTO ja4_processing\.schema_migrations/);
  expect(recorded).toHaveLength(renderMigrations(store).length - 1);
});

test('every server of a cluster has the new reference data before its dictionaries are loaded again', async () => {
  await loadReferenceData(store);
  const system = statements(/^SYSTEM/);
  expect(system[0]).toMatch(/^SYSTEM SYNC REPLICA ON CLUSTER 'edge' ja4_processing\.ref_\w+$/);
  expect(system.at(-1)).toMatch(/^SYSTEM RELOAD DICTIONARY ON CLUSTER 'edge' ja4_processing\.dict_\w+$/);
  const kinds = system.map((statement) => statement.split(' ')[1]);
  expect(kinds).toEqual(kinds.toSorted().toReversed());
});

test('a batch is acknowledged by the shards themselves, under its own token', async () => {
  await insertHttpLogs(store, [absentHttpLogRow()], 'spool-1-0-1');
  expect(told).toHaveLength(1);
  const [insert] = told;
  expect(insert?.statement).toMatch(/^INSERT INTO ja4_logs\.http_logs_raw /);
  expect(Object.fromEntries(insert?.settings ?? [])).toMatchObject({
    distributed_foreground_insert: '1',
    async_insert: '0',
    insert_deduplicate: '1',
    insert_deduplication_token: 'spool-1-0-1',
  });
});
