import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from './connect.ts';
import { absentHttpLogRow, type HttpLogRow, httpLogColumns } from './http-log-row.ts';
import { insertHttpLogs } from './insert-http-logs.ts';
import { migrate } from './migrate.ts';
import { encodeRowBinary } from './row-binary.ts';
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

test('a value that does not fit its column is a bug and is named, before anything is sent', () => {
  const row = browserRequest({ time: now });
  expect(() => encodeRowBinary([row, { ...row, src_ip: 'nonsense' }])).toThrow('row 1, column src_ip');
  expect(() => encodeRowBinary([{ ...row, src_port: 70_000 }])).toThrow('column src_port');
  expect(() => encodeRowBinary([{ ...row, seq: Number.NaN }])).toThrow('column seq');
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
