import { STATUS_CODES } from 'node:http';

/** ClickHouse's error codes that this server raises itself (src/Common/ErrorCodes.cpp). */
export const codes = {
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  UNKNOWN_SETTING: 115,
  INCORRECT_DATA: 117,
  TIMEOUT_EXCEEDED: 159,
  READONLY: 164,
  REQUIRED_PASSWORD: 194,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  QUERY_IS_TOO_LARGE: 229,
  ABORTED: 236,
  NOT_ENOUGH_SPACE: 243,
  SESSION_NOT_FOUND: 372,
  SESSION_IS_LOCKED: 373,
  INVALID_SESSION_TIMEOUT: 374,
  QUERY_WAS_CANCELLED: 394,
  ACCESS_DENIED: 497,
  UNKNOWN_ROLE: 511,
  SET_NON_GRANTED_ROLE: 512,
  AUTHENTICATION_FAILED: 516,
  SESSION_ID_EMPTY: 744,
  UNSUPPORTED_MEDIA_TYPE: 779,
  UNKNOWN_EXCEPTION: 1002,
} as const;

/** Name of an error this server raises itself. */
export type ErrorName = keyof typeof codes;

/**
 * HTTP status of error codes, after ClickHouse's src/Server/HTTP/exceptionCodeToHTTPStatus.cpp; every other code
 * is 500. The names are in the test beside this file, which asks the engine for them.
 */
export const statuses: ReadonlyMap<number, readonly number[]> = new Map([
  [
    400,
    [
      6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675,
      676,
    ],
  ],
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511]],
  [408, [159]],
  [411, [381]],
  [413, [229]],
  [415, [779]],
  [501, [48]],
  [503, [76, 209, 439]],
]);

const statusOfCode = new Map(
  [...statuses].flatMap(([status, list]) => list.map((code) => [code, status] as const)),
);

/**
 * As ClickHouse, with one exception: 503 for what helps to try again later (too many statements, a store that
 * stops), which ClickHouse reports as 500.
 */
function statusOf(code: number): number {
  if (code === codes.TOO_MANY_SIMULTANEOUS_QUERIES || code === codes.ABORTED) return 503;
  return statusOfCode.get(code) ?? 500;
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
  // Errors of libraries come without the name that clients look for at the end.
  const named = code === 1001 && !/\([A-Z_]+\)$/.test(message) ? `${message} (STD_EXCEPTION)` : message;
  return new ClickHouseFailure(code, named, statusOf(code));
}
