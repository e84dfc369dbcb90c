import { STATUS_CODES } from 'node:http';

/** ClickHouse's error codes that this server raises itself (src/Common/ErrorCodes.cpp). */
const codes = {
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  UNKNOWN_SETTING: 115,
  TIMEOUT_EXCEEDED: 159,
  READONLY: 164,
  QUERY_IS_TOO_LARGE: 183,
  REQUIRED_PASSWORD: 194,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  NOT_ENOUGH_SPACE: 243,
  ABORTED: 236,
  HTTP_LENGTH_REQUIRED: 381,
  INCORRECT_DATA: 117,
  QUERY_WAS_CANCELLED: 394,
  ACCESS_DENIED: 497,
  AUTHENTICATION_FAILED: 516,
  UNKNOWN_EXCEPTION: 1002,
} as const;

/** Name of an error this server raises itself. */
export type ErrorName = keyof typeof codes;

/**
 * HTTP status of a ClickHouse error code, after the server's exceptionCodeToHTTPStatus: 4xx for mistakes of
 * the client, 503 when trying again later helps, otherwise 500.
 */
function statusOf(code: number): number {
  if (code === codes.REQUIRED_PASSWORD) return 401;
  if ([192, 193, 497, 512, 516].includes(code)) return 403;
  // UNKNOWN_… table, function, identifier, type, storage, database, setting, format, …
  if ([46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336, 511].includes(code)) return 404;
  if ([26, 27, 36, 38, 41, 42, 43, 53, 57, 62, 69, 70, 72, 117, 130, 164, 456, 457].includes(code))
    return 400;
  if (code === codes.HTTP_LENGTH_REQUIRED) return 411;
  if (code === codes.QUERY_IS_TOO_LARGE) return 413;
  if (code === codes.TIMEOUT_EXCEEDED) return 408;
  if (code === codes.NOT_IMPLEMENTED || code === 344) return 501;
  if (code === codes.TOO_MANY_SIMULTANEOUS_QUERIES) return 503;
  return 500;
}

/**
 * A failed statement as the HTTP interface reports it. `message` is the text form that clients parse:
 * `Code: 62. DB::Exception: … (SYNTAX_ERROR)`.
 */
export class ClickHouseFailure extends Error {
  override readonly name = 'ClickHouseFailure';
  readonly code: number;
  readonly status: number;
  constructor(code: number, message: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A failure that this server raises; `message` says what is wrong and what to do. */
export function failure(name: ErrorName, message: string): ClickHouseFailure {
  const code = codes[name];
  return new ClickHouseFailure(code, `Code: ${code}. DB::Exception: ${message} (${name})`, statusOf(code));
}

/** A failure of the HTTP exchange itself, before any statement (no ClickHouse code of its own). */
export function httpFailure(status: number, message: string): ClickHouseFailure {
  const text = `Code: ${codes.BAD_ARGUMENTS}. DB::Exception: ${message} (BAD_ARGUMENTS)`;
  return new ClickHouseFailure(codes.BAD_ARGUMENTS, text || STATUS_CODES[status] || '', status);
}

/**
 * The engine's own error. chDB prefixes it with "Query failed:" and repeats the `Code: N. DB::Exception:`
 * head when the statement ran through a pipeline; clients expect it once.
 */
export function engineFailure(error: unknown): ClickHouseFailure {
  if (error instanceof ClickHouseFailure) return error;
  const text = error instanceof Error ? error.message : String(error);
  const at = text.search(/Code: \d+\. DB::Exception: /);
  if (at < 0) return failure('UNKNOWN_EXCEPTION', text);
  const message = text
    .slice(at)
    .replace(/^(Code: \d+\. DB::Exception: )(?:Code: \d+\. DB::Exception: )+/, '$1')
    .replace(/ \(version [\d.]+\)\. \([A-Z_0-9]+\)$/, '')
    // Where the rows of an INSERT waited says nothing to the client.
    .replace(/: \(in file\/uri .*?\/inserts\/\d+-\d+\)/s, '')
    .trimEnd();
  const code = Number(/^Code: (\d+)/.exec(message)?.[1]);
  return new ClickHouseFailure(code, message, statusOf(code));
}
