import { Readable } from 'node:stream';
import { failure } from './clickhouse-error.ts';
import { insertDataFollows, readInsert } from './insert-statement.ts';
import { keyword, tokenize } from './sql-tokens.ts';

/** Longest statement in bytes, the rows of an INSERT not counted. */
export const maxStatementBytes = 1024 * 1024;
/** Most rows of an INSERT, in bytes, that are read as part of the statement: only there VALUES may hold expressions. */
const maxInlineBytes = 4 * 1024 * 1024;

/** A statement that came as a body; `rows` are those of an INSERT that are not part of its text. */
export interface StatementBody {
  sql: string;
  rows: Readable | undefined;
}

/**
 * Reads a body that is a statement. Rows behind an INSERT may be of any length and need not be text: what does not fit
 * into a statement is given as a stream of its own.
 * @throws ClickHouseFailure QUERY_IS_TOO_LARGE, or SYNTAX_ERROR when it is not valid UTF-8
 */
export async function readStatementBody(stream: Readable): Promise<StatementBody> {
  // Left open on failure: the request's connection carries the answer.
  const pieces: AsyncIterator<Buffer> = stream.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  const read: Buffer[] = [];
  let size = 0;
  let limit = maxStatementBytes;
  for (;;) {
    const { value, done } = await pieces.next();
    if (done === true) break;
    read.push(value);
    size += value.length;
    if (size <= limit) continue;
    const text = Buffer.concat(read);
    const start = startOfRows(text);
    if (start === undefined) throw tooLarge();
    if (limit === maxInlineBytes) return split(text, start, pieces);
    limit = maxInlineBytes;
  }
  const whole = Buffer.concat(read);
  const sql = utf8(whole);
  if (sql !== undefined) return { sql, rows: undefined };
  const start = startOfRows(whole);
  if (start === undefined) throw failure('SYNTAX_ERROR', 'Syntax error: the statement is not valid UTF-8.');
  return split(whole, start, pieces);
}

function split(bytes: Buffer, start: number, rest: AsyncIterator<Buffer>): StatementBody {
  const sql = utf8(bytes.subarray(0, start));
  if (sql === undefined) throw failure('SYNTAX_ERROR', 'Syntax error: the statement is not valid UTF-8.');
  // As ClickHouse's ParserInsertQuery: blanks and one line end belong to the statement.
  const blank = /^[ \t\r\f\v]*\n?/.exec(bytes.toString('latin1', start, start + 1_000))?.[0].length ?? 0;
  async function* rows(): AsyncGenerator<Buffer> {
    yield bytes.subarray(start + blank);
    yield* { [Symbol.asyncIterator]: (): AsyncIterator<Buffer> => rest };
  }
  return { sql, rows: Readable.from(rows(), { objectMode: false }) };
}

/** Offset of an INSERT's rows behind `FORMAT name` or `VALUES`; undefined for any other statement. */
function startOfRows(bytes: Buffer): number | undefined {
  // One character per byte; what is not ASCII stands inside quotes there and has no meaning here.
  const text = bytes.toString('latin1', 0, maxStatementBytes);
  const [beforeNul = ''] = text.split('\0', 1);
  const head = tokenize(beforeNul, insertDataFollows());
  if (!head.ok || keyword(head.tokens[0]) !== 'INSERT') return undefined;
  try {
    return readInsert(head.tokens) === undefined ? undefined : head.tokens.at(-1)?.end;
  } catch {
    // The guard says what is wrong with it, of a statement that is short enough.
    return undefined;
  }
}

/** The bytes as text, undefined when they are none. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function tooLarge(): Error {
  return failure(
    'QUERY_IS_TOO_LARGE',
    `The statement is larger than ${maxStatementBytes} bytes; put an INSERT's statement into the URL and its rows into the body.`,
  );
}
