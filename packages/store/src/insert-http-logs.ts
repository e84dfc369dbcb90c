import { Readable } from 'node:stream';
import type { Store } from './connect.ts';
import { type HttpLogRow, httpLogColumns } from './http-log-row.ts';
import { encodeRowBinary } from './row-binary.ts';

const insertStatement = `INSERT INTO {logs}.http_logs_raw (${httpLogColumns.map(({ name }) => name).join(', ')})
FORMAT RowBinary`;

/**
 * Inserts rows as one block: all or none. With a token the block is stored once however often it is sent,
 * in `http_logs` and in every aggregation; the token must stand for exactly these rows in this order.
 */
export async function insertHttpLogs(
  store: Store,
  rows: readonly HttpLogRow[],
  token?: string,
): Promise<void> {
  if (rows.length === 0) return;
  const { stream } = await store.client.exec({
    query: insertStatement.replace('{logs}', store.databases.logs),
    values: Readable.from([encodeRowBinary(rows)], { objectMode: false }),
    clickhouse_settings: {
      // One block, or the token would stand for several and only the first would be known again.
      max_insert_block_size: String(rows.length),
      min_insert_block_size_rows: String(rows.length),
      ...(token === undefined
        ? {}
        : {
            insert_deduplicate: 1,
            insert_deduplication_token: token,
            deduplicate_blocks_in_dependent_materialized_views: 1,
          }),
    },
  });
  stream.resume();
  await new Promise<void>((resolve, reject) => stream.once('close', resolve).once('error', reject));
}
