import type { Store } from '@ja4/store';

/** What is aggregated from requests as they arrive, with what must add up to the requests of an hour and key. */
const aggregations = [
  { table: 'agg_host_ip_ja4_1h', time: 'window_start', hits: 'hits', key: 'src_ip', of: 'src_ip' },
  { table: 'agg_header_fingerprint_1h', time: 'window_start', hits: 'requests', key: 'src_ip', of: 'src_ip' },
  {
    table: 'agg_requests_1s',
    time: 'second',
    hits: 'hits',
    key: 'session',
    of: 'sipHash64(src_ip, tls_stack, toString(host))',
  },
] as const;

/** Aggregations that do not say what the requests say, as text; empty when all is well. */
export async function compareAggregations(store: Store): Promise<string[]> {
  const { logs, processing } = store.databases;
  const wrong: string[] = [];
  for (const { table, time, hits, key, of } of aggregations) {
    const result = await store.client.query({
      query: `
        SELECT toUInt32(countIf(requests != aggregated)) AS wrong, toUInt32(count()) AS total
        FROM
        (
            SELECT hour, key, sum(r) AS requests, sum(a) AS aggregated
            FROM
            (
                SELECT toDateTime(toStartOfHour(time), 'UTC') AS hour, ${of} AS key, toInt64(count()) AS r, toInt64(0) AS a
                FROM ${logs}.http_logs GROUP BY hour, key
                UNION ALL
                SELECT toDateTime(toStartOfHour(${time}), 'UTC') AS hour, ${key} AS key, toInt64(0) AS r, toInt64(sum(${hits})) AS a
                FROM ${processing}.${table} GROUP BY hour, key
            )
            GROUP BY hour, key
        )`,
      format: 'JSONEachRow',
    });
    const [found] = await result.json<{ wrong: number; total: number }>();
    if (found === undefined || found.total === 0) wrong.push(`${table} is empty`);
    else if (found.wrong > 0) {
      wrong.push(`${table} differs from http_logs in ${found.wrong} of ${found.total} groups`);
    }
  }
  return wrong;
}
