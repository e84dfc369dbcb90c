import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from './connect.ts';
import { encodedHttpLogColumns, HttpLogEncoder } from './http-log-encoder.ts';
import { absentHttpLogRow, type HttpLogRow, httpLogColumns } from './http-log-row.ts';
import { insertEncodedHttpLogs, insertHttpLogs } from './insert-http-logs.ts';
import { migrate } from './migrate.ts';
import { browserRequest } from './sample-requests.test-support.ts';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-store.test-support.ts';

let engine: TemporaryEngine;
let store: Store;
beforeAll(async () => {
  engine = await startTemporaryEngine();
  store = engine.store();
  await migrate(store);
});
afterAll(() => engine.stop());

const now = Math.floor(Date.now() / 1000) * 1e6;

async function query<T>(sql: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
  const result = await store.client.query({
    query: sql,
    query_params: parameters,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return result.json<T>();
}

test('every column of a row comes back from http_logs as it went in', async () => {
  const row: HttpLogRow = {
    ...browserRequest({
      time: now + 123_456,
      conn_id: 'all-columns',
      path: '/café/ü',
      src_ip: '2001:db8:16::5',
    }),
    headers: { 'X-Test': 'é'.repeat(200), 'X-Empty': '' },
    query: 'q'.repeat(70_000),
    h2_window_update: 15_663_105,
    h2_max_frame_size: -1,
    response_size: 5_000_000_000,
    dropped_total: 2 ** 53,
  };
  await insertHttpLogs(store, [row]);
  const names = httpLogColumns
    .map(({ name }) => name)
    .filter((name) => !name.endsWith('_ip') && name !== 'time');
  const [found] = await query<Record<string, unknown>>(
    `SELECT ${names.join(', ')}, toUnixTimestamp64Micro(time) AS time, toString(src_ip) AS src_ip,
       toString(peer_ip) AS peer_ip, replaceOne(toString(dst_ip), '::ffff:', '') AS dst_ip
     FROM ja4_logs.http_logs WHERE conn_id = 'all-columns'`,
  );
  expect(found).toEqual(row);
});

test('a row in which everything is absent is stored too', async () => {
  await insertHttpLogs(store, [{ ...absentHttpLogRow(), time: now, conn_id: 'absent' }]);
  const [row] = await query<HttpLogRow>("SELECT * FROM ja4_logs.http_logs WHERE conn_id = 'absent'");
  expect(row).toMatchObject({
    ip_meta_ttl: -1,
    tls_stack: '',
    src_ip: '::',
    correlated: 0,
    header_accept: '',
  });
});

test('a repeated token is stored once, in http_logs and in every aggregation', async () => {
  const rows = Array.from({ length: 50 }, (_, i) =>
    browserRequest({ time: now + i * 1000, src_ip: '198.18.20.1', conn_id: `token-${i}` }),
  );
  const counts = () =>
    query<{ logs: number; host: number; header: number; second: number }>(
      `SELECT
         (SELECT count() FROM ja4_logs.http_logs WHERE src_ip = toIPv6('198.18.20.1')) AS logs,
         (SELECT sum(hits) FROM ja4_processing.agg_host_ip_ja4_1h WHERE src_ip = toIPv6('198.18.20.1')) AS host,
         (SELECT sum(requests) FROM ja4_processing.agg_header_fingerprint_1h
            WHERE src_ip = toIPv6('198.18.20.1')) AS header,
         (SELECT sum(hits) FROM ja4_processing.agg_requests_1s
            WHERE session = sipHash64(toIPv6('198.18.20.1'), 'stack-of-a-browser', 'shop.example')) AS second`,
    );
  await insertHttpLogs(store, rows, 'token-a');
  await insertHttpLogs(store, rows, 'token-a');
  expect(await counts()).toEqual([{ logs: 50, host: 50, header: 50, second: 50 }]);
  // Same rows under another token are other requests: it is the token that counts, not the content.
  await insertHttpLogs(store, rows, 'token-b');
  await insertHttpLogs(store, rows, 'token-a');
  await insertHttpLogs(store, rows, 'token-b');
  expect(await counts()).toEqual([{ logs: 100, host: 100, header: 100, second: 100 }]);
});

test('an empty batch is nothing', async () => {
  await insertHttpLogs(store, [], 'never-used');
});

test('rows in pieces that end anywhere are the same rows', async () => {
  const encoder = new HttpLogEncoder();
  const rows = Array.from({ length: 20 }, (_, i) => browserRequest({ time: now + i, conn_id: `piece-${i}` }));
  for (const row of rows) encoder.append(row);
  const whole = encoder.take();
  const body: Buffer[] = [];
  for (let at = 0; at < whole.length; at += 1000) body.push(whole.subarray(at, at + 1000));
  await insertEncodedHttpLogs(store, { columns: encodedHttpLogColumns, body, rows: 20, token: '' });
  const found = await query<{ conn_id: string }>(
    "SELECT conn_id FROM ja4_logs.http_logs WHERE startsWith(conn_id, 'piece-') ORDER BY time",
  );
  expect(found.map(({ conn_id }) => conn_id)).toEqual(rows.map(({ conn_id }) => conn_id));
});

test('rows that were encoded before a column was added are stored, and that column is absent', async () => {
  // Two rows of two columns: '/a' and '/b', each with its connection.
  const body = [Buffer.from('\x02/a\x05old-1\x02/b\x05old-2')];
  const columns = [{ name: 'path' }, { name: 'conn_id' }];
  await insertEncodedHttpLogs(store, { columns, body, rows: 2, token: 'old' });
  expect(
    await query(
      "SELECT path, ja4, status_code FROM ja4_logs.http_logs WHERE startsWith(conn_id, 'old-') ORDER BY path",
    ),
  ).toEqual([
    { path: '/a', ja4: '', status_code: 0 },
    { path: '/b', ja4: '', status_code: 0 },
  ]);
});

test('a column name that came back damaged from a file never becomes a part of the statement', async () => {
  const encoded = {
    columns: [{ name: 'path) VALUES (1' }],
    body: [Buffer.from('\x01/')],
    rows: 1,
    token: '',
  };
  await expect(insertEncodedHttpLogs(store, encoded)).rejects.toMatchObject({ code: 'JA4_BAD_COLUMN' });
});

test('any text of any client survives the encoding', async () => {
  const texts = fc.sample(fc.string({ unit: 'grapheme', maxLength: 300 }), 300);
  const rows = texts.map((text, i) =>
    browserRequest({
      time: now,
      conn_id: `text-${i}`,
      path: text,
      tls_alpn_offered: [text],
      headers: { [text]: text },
    }),
  );
  await insertHttpLogs(store, rows);
  const found = await query<{ path: string; tls_alpn_offered: string[]; headers: Record<string, string> }>(
    `SELECT path, tls_alpn_offered, headers FROM ja4_logs.http_logs WHERE startsWith(conn_id, 'text-')
     ORDER BY toUInt32(substring(conn_id, 6))`,
  );
  expect(found.map(({ path }) => path)).toEqual(texts);
  expect(found.map(({ tls_alpn_offered: [first] }) => first)).toEqual(texts);
  expect(found.map(({ headers }) => Object.entries(headers))).toEqual(texts.map((text) => [[text, text]]));
});
