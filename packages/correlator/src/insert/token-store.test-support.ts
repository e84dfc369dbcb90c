import { decodeRowBinary, type EncodedHttpLogs, encodedHttpLogColumns } from '@ja4/store';
import type { Insert } from './batch-writer.ts';

/** The paths of a batch's rows. */
function pathsOf({ body }: Pick<EncodedHttpLogs, 'body'>): string[] {
  const decoded = decodeRowBinary(encodedHttpLogColumns, Buffer.concat(body));
  if (!decoded.ok) throw new Error(`no rows: ${decoded.reason}`);
  return decoded.rows.map(({ path }) => String(path));
}

/** A store that takes each token once, as ClickHouse does, and can be told to fail. */
export class TokenStore {
  readonly batches: { token: string; paths: string[] }[] = [];
  calls = 0;
  fail: (call: number, paths: string[]) => Error | undefined = () => undefined;
  /** Fails after the rows are in, as when the acknowledgement is lost. */
  failLate: (call: number) => Error | undefined = () => undefined;
  slowMs = 0;

  readonly insert: Insert = async (batch) => {
    const call = ++this.calls;
    const paths = pathsOf(batch);
    if (this.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, this.slowMs));
    const error = this.fail(call, paths);
    if (error) throw error;
    const known = this.batches.find(({ token }) => token === batch.token);
    if (known === undefined) this.batches.push({ token: batch.token, paths });
    else if (known.paths.join() !== paths.join()) throw new Error(`${batch.token} stands for other rows`);
    const late = this.failLate(call);
    if (late) throw late;
  };

  get paths(): string[] {
    return this.batches.flatMap(({ paths }) => paths);
  }
}

/** Nobody listens on the store's port. */
export const refused = () =>
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8123'), { code: 'ECONNREFUSED' });

/** ClickHouse cannot read a row. */
export const unreadable = () =>
  Object.assign(new Error('Cannot parse'), { type: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED', code: '27' });
