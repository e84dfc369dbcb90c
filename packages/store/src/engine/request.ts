import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { failure } from './clickhouse-error.ts';
import { type SessionRequest, sessionSeconds } from './http-sessions.ts';
import { readMultipart } from './multipart.ts';
import { checkSetting, isHttpSetting } from './setting-rules.ts';
import { keyword, tokenize } from './sql-tokens.ts';
import { maxStatementBytes, readStatementBody, utf8 } from './statement-body.ts';

/** One statement as a client sent it. */
export interface StatementRequest {
  sql: string;
  /** Rows for an INSERT, when the statement itself came in the URL, or the rows are no part of its text. */
  body: Readable | undefined;
  database: string | undefined;
  defaultFormat: string | undefined;
  queryId: string | undefined;
  parameters: ReadonlyMap<string, string>;
  settings: readonly (readonly [name: string, value: string])[];
  /** The client wants to know the outcome before the first byte. */
  waitEndOfQuery: boolean;
  /** The client accepts a compressed response if it also says so in Accept-Encoding. */
  compressResponse: boolean;
  /** GET must not change anything (as in ClickHouse). */
  mustBeRead: boolean;
  session: SessionRequest | undefined;
  /** Names of roles that the request wants to be limited to. */
  roles: readonly string[];
  /** Report progress in headers this often. */
  progressEveryMs: number | undefined;
}

const reserved = new Set(
  'query database default_format query_id user password format role session_id session_timeout session_check'.split(
    ' ',
  ),
);
/** Bounds of http_headers_progress_interval_ms: every report asks the engine. */
const progressMs = { least: 100, most: 600_000 };
const identifierName = /^[A-Za-z_]\w{0,127}$/;

/** The body as it was before Content-Encoding. */
function decoded(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  const decoder = {
    gzip: createGunzip,
    'x-gzip': createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
    zstd: createZstdDecompress,
  }[encoding];
  if (encoding === 'identity' || encoding === '') return request;
  if (decoder === undefined)
    throw failure(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Encoding '${encoding.slice(0, 40)}' is not known; use gzip, br, zstd or deflate.`,
    );
  const stream = decoder();
  // It may fail before anything reads it; whoever does then gets the error.
  stream.on('error', () => undefined);
  request.once('error', (error) => stream.destroy(error));
  request.once('aborted', () => stream.destroy(failure('QUERY_WAS_CANCELLED', 'The client went away.')));
  return request.pipe(stream);
}

/** The fields of a form are as short as a statement. */
async function readForm(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Left open on failure: the request's connection carries the answer.
  const pieces: AsyncIterable<Buffer> = stream.iterator({ destroyOnReturn: false });
  for await (const chunk of pieces) {
    size += chunk.length;
    if (size > maxStatementBytes)
      throw failure('QUERY_IS_TOO_LARGE', `The form is larger than ${maxStatementBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function fieldText(bytes: Uint8Array): string {
  const text = utf8(bytes);
  if (text === undefined)
    throw failure('SYNTAX_ERROR', 'Syntax error: a field of the form is not valid UTF-8.');
  return text;
}

/** Whether a statement's first word is INSERT, which makes the request's body its rows. */
function isInsert(sql: string): boolean {
  const first = tokenize(sql, () => true);
  return first.ok && keyword(first.tokens[0]) === 'INSERT';
}

function addParameter(parameters: Map<string, string>, name: string, value: string): void {
  if (!identifierName.test(name))
    throw failure('BAD_ARGUMENTS', 'A query parameter needs an identifier as its name.');
  // Values are in ClickHouse's escaped text form; clients leave a NUL as it is, which would end the SQL text here.
  parameters.set(name, value.replaceAll('\0', '\\0'));
}

/**
 * Reads a request of ClickHouse's HTTP interface: statement from URL, body or form; parameters, settings and
 * options from the URL.
 * @param settingNames the engine's settings
 * @throws ClickHouseFailure for anything malformed, too large or not available here
 */
export async function readRequest(
  request: IncomingMessage,
  url: URL,
  settingNames: ReadonlySet<string>,
): Promise<StatementRequest> {
  const query = url.searchParams;
  const parameters = new Map<string, string>();
  const settings: [string, string][] = [];
  for (const [name, value] of query) {
    if (name.startsWith('param_')) addParameter(parameters, name.slice(6), value);
    else if (name === 'compress' || name === 'decompress') {
      if (value !== '0') throw failure('NOT_IMPLEMENTED', `Use HTTP compression instead of ${name}=1.`);
    } else if (!reserved.has(name) && !isHttpSetting(name)) {
      checkSetting(name, settingNames);
      settings.push([name, value]);
    }
  }
  const sqlInUrl = query.get('query') ?? '';
  const isForm = /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
  const stream = request.method === 'GET' || request.method === 'HEAD' ? undefined : decoded(request);
  let sql = sqlInUrl;
  let body = stream;
  if (stream !== undefined && isForm) {
    const fields = readMultipart(await readForm(stream), request.headers['content-type'] ?? '');
    for (const [name, value] of fields) {
      if (name === 'query') sql += fieldText(value);
      else if (name.startsWith('param_')) addParameter(parameters, name.slice(6), fieldText(value));
      else
        throw failure(
          'NOT_IMPLEMENTED',
          'External tables in a form are not available here; insert them first.',
        );
    }
    body = undefined;
  } else if (stream !== undefined && !isInsert(sqlInUrl)) {
    const statement = await readStatementBody(stream);
    sql = sqlInUrl === '' ? statement.sql : `${sqlInUrl}\n${statement.sql}`;
    body = statement.rows;
  }
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    sql,
    body,
    database: query.get('database') ?? header('x-clickhouse-database'),
    defaultFormat: query.get('default_format') ?? header('x-clickhouse-format'),
    queryId: query.get('query_id') ?? header('x-clickhouse-query-id'),
    parameters,
    settings,
    waitEndOfQuery: isOn(query.get('wait_end_of_query') ?? query.get('http_wait_end_of_query')),
    compressResponse: isOn(query.get('enable_http_compression')),
    mustBeRead: request.method === 'GET' || request.method === 'HEAD',
    session: readSession(query),
    roles: query.getAll('role'),
    progressEveryMs: readProgress(query),
  };
}

/** As the engine reads a Bool setting. */
function isOn(value: string | null): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}

function readSession(query: URLSearchParams): SessionRequest | undefined {
  const id = query.get('session_id');
  if (id === null) return undefined;
  if (id === '')
    throw failure('SESSION_ID_EMPTY', 'Session id query parameter was provided, but it was empty.');
  if (id.length > 256) throw failure('BAD_ARGUMENTS', 'A session_id has at most 256 characters.');
  const timeoutSeconds = sessionSeconds(query.get('session_timeout'));
  return { id, timeoutSeconds, mustExist: isOn(query.get('session_check')) };
}

function readProgress(query: URLSearchParams): number | undefined {
  if (!isOn(query.get('send_progress_in_http_headers'))) return undefined;
  const wanted = Number(query.get('http_headers_progress_interval_ms') ?? progressMs.least);
  if (Number.isNaN(wanted)) return progressMs.least;
  return Math.min(Math.max(wanted, progressMs.least), progressMs.most);
}
