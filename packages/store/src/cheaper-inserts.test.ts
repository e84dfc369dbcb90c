import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from './connect.ts';
import { insertHttpLogs } from './insert-http-logs.ts';
import { migrate } from './migrate.ts';
import { allMigrations } from './migrations.ts';
import { browserRequest, scriptRequest } from './sample-requests.test-support.ts';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-store.test-support.ts';

let engine: TemporaryEngine;
let store: Store;
beforeAll(async () => {
  engine = await startTemporaryEngine();
  store = engine.store();
});
afterAll(() => engine.stop());

const now = Math.floor(Date.now() / 1000) * 1e6;

async function facts(sql: string): Promise<unknown[]> {
  const result = await store.client.query({ query: sql, format: 'JSONEachRow' });
  return result.json();
}

/** Everything that is stored and aggregated of one address, but when it was stored. */
async function everythingOf(address: string): Promise<unknown[]> {
  const where = `WHERE src_ip = toIPv6('${address}')`;
  return [
    await facts(`SELECT * EXCEPT (src_ip, stored_at) FROM ja4_logs.http_logs ${where} ORDER BY time`),
    await facts(`SELECT * EXCEPT (src_ip, stored_at) APPLY(toString) FROM
      (SELECT * REPLACE (finalizeAggregation(uniq_paths) AS uniq_paths, finalizeAggregation(uniq_ua) AS uniq_ua,
        finalizeAggregation(uniq_query_params) AS uniq_query_params,
        finalizeAggregation(uniq_ja3) AS uniq_ja3) FROM ja4_processing.agg_host_ip_ja4_1h ${where}) ORDER BY ja4`),
    await facts(`SELECT * EXCEPT (src_ip, stored_at) REPLACE (
        finalizeAggregation(distinct_header_orders) AS distinct_header_orders)
      FROM ja4_processing.agg_header_fingerprint_1h ${where} ORDER BY tls_stack`),
  ];
}

test('rows read and aggregate the same, whether they came before inserts became cheaper or after', async () => {
  const visits = (src_ip: string) => [
    ...[0, 1, 2].map((i) =>
      browserRequest({ time: now + i * 1e6, src_ip, path: `/page/${i}`, query: `q=${i}` }),
    ),
    browserRequest({ time: now + 4e6, src_ip, path: '/style.css', header_sec_fetch_dest: 'style' }),
    scriptRequest({ time: now + 5e6, src_ip, method: 'POST', path: '/login', headers: { 'x-a': 'b' } }),
  ];
  const before = allMigrations().filter(({ name }) => name < '0011');
  await migrate(store, { migrations: before });
  await insertHttpLogs(store, visits('198.18.21.1'));
  await migrate(store);
  await insertHttpLogs(store, visits('198.18.21.2'));
  const [old, recent] = [await everythingOf('198.18.21.1'), await everythingOf('198.18.21.2')];
  expect(old.flat().length).toBeGreaterThan(7);
  // The address itself stands in two more columns.
  const text = (found: unknown[]) => JSON.stringify(found).replaceAll('198.18.21.1', '198.18.21.2');
  expect(text(recent)).toBe(text(old));
});
