import { Readable } from 'node:stream';
import type { Store } from './connect.ts';
import { encodedHttpLogColumns, HttpLogEncoder } from './http-log-encoder.ts';
import type { HttpLogRow } from './http-log-row.ts';

/** Rows as `HttpLogEncoder` wrote them, which may have been long ago: with the columns of that time. */
export interface EncodedHttpLogs {
  readonly columns: readonly { readonly name: string }[];
  /** RowBinary, in pieces that may end anywhere. */
  readonly body: readonly Uint8Array[];
  readonly rows: number;
  /** Stands for exactly these rows in this order; '' = none. */
  readonly token: string;
}

/** Pieces are sent together until they have this many bytes: each costs a call and a chunk of its own. */
const pieceBytes = 256 * 1024;

/**
 * Inserts encoded rows as one block: all or none. With a token the block is stored once however often it is
 * sent, in `http_logs` and in every aggregation.
 *
 * @throws what the store says, and AbortError when `signal` ended the wait: the rows may be stored nevertheless
 */
export async function insertEncodedHttpLogs(
  store: Store,
  { columns, body, rows, token }: EncodedHttpLogs,
  signal?: AbortSignal,
): Promise<void> {
  if (rows === 0) return;
  const names = columns.map(({ name }) => columnName(name)).join(', ');
  const { stream } = await store.client.exec({
    query: `INSERT INTO ${store.databases.logs}.http_logs_raw (${names})\nFORMAT RowBinary`,
    values: Readable.from(inPieces(body), { objectMode: false }),
    ...(signal === undefined ? {} : { abort_signal: signal }),
    clickhouse_settings: {
      // One block, or the token would stand for several and only the first would be known again.
      max_insert_block_size: String(rows),
      min_insert_block_size_rows: String(rows),
      ...(token === ''
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

/** Column names come back from a file on disk: nothing else may become a part of the statement. */
function columnName(name: string): string {
  if (/^[a-z][a-z0-9_]*$/.test(name)) return name;
  throw Object.assign(new Error(`"${name}" is no column of requests.`), { code: 'JA4_BAD_COLUMN' });
}

function* inPieces(body: readonly Uint8Array[]): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const part of body) {
    waiting.push(part);
    bytes += part.length;
    if (bytes < pieceBytes) continue;
    yield waiting.length === 1 ? part : Buffer.concat(waiting, bytes);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
}

/** Encodes rows and inserts them as one block, see `insertEncodedHttpLogs`. */
export async function insertHttpLogs(store: Store, rows: readonly HttpLogRow[], token = ''): Promise<void> {
  const encoder = new HttpLogEncoder();
  for (const row of rows) encoder.append(row);
  await insertEncodedHttpLogs(store, {
    columns: encodedHttpLogColumns,
    body: [encoder.take()],
    rows: rows.length,
    token,
  });
}
