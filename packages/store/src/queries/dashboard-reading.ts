import type { Store } from '../connect.ts';

/** A span of time, both ends included. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** 64-bit integers arrive as decimal text, because JavaScript numbers lose the last digits. */
export type UInt64 = string;

/** ISO 8601 in UTC, as precise as the column. */
export type Timestamp = string;

/** What reading needs besides its values: the signal stops the query when nobody waits for it any more. */
export interface Reader {
  readonly store: Store;
  readonly signal?: AbortSignal;
}

/** Longest time a page's query may take, seconds; the engine then answers TIMEOUT_EXCEEDED (code 159). */
export const longestQuerySeconds = 20;

/** The rows of a query whose values are bound parameters. */
export async function read<Row>(
  { store, signal }: Reader,
  query: (databases: Store['databases']) => string,
  parameters: Record<string, unknown>,
): Promise<Row[]> {
  const result = await store.client.query({
    query: query(store.databases),
    query_params: parameters,
    format: 'JSONEachRow',
    ...(signal && { abort_signal: signal }),
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 1,
      date_time_output_format: 'iso',
      max_execution_time: longestQuerySeconds,
    },
  });
  return result.json<Row>();
}
