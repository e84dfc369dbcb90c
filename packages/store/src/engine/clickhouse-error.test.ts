import { expect, test } from 'vitest';
import { engineFailure, failure } from './clickhouse-error.ts';

test('an error of the engine loses what chDB adds and keeps ClickHouse’s code and text', () => {
  const error = engineFailure(
    new Error(
      "Query failed: Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse input: expected '{': (at row 1)\n" +
        ': (in file/uri /data/x (1)/inserts/12-3): While executing File. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) ' +
        '(version 26.7.2.1). (CANNOT_PARSE_INPUT_ASSERTION_FAILED)',
    ),
  );
  expect(error.message).toBe(
    "Code: 27. DB::Exception: Cannot parse input: expected '{': (at row 1)\n: While executing File. " +
      '(CANNOT_PARSE_INPUT_ASSERTION_FAILED)',
  );
  expect(error).toMatchObject({ code: 27, status: 400 });
});

test('an error of a library gets the name that clients look for', () => {
  const text =
    'Code: 1001. DB::Exception: std::exception. Code: 1001, type: avro::Exception, e.what() = Invalid';
  expect(engineFailure(new Error(`Query failed: ${text}`)).message).toBe(`${text} (STD_EXCEPTION)`);
});

test('an error without a ClickHouse code is reported as an unknown one', () => {
  expect(engineFailure(new Error('No active connection'))).toMatchObject({ code: 1002, status: 500 });
});

test.each([
  ['TOO_MANY_SIMULTANEOUS_QUERIES', 202, 503],
  ['SYNTAX_ERROR', 62, 400],
  ['AUTHENTICATION_FAILED', 516, 403],
  ['QUERY_IS_TOO_LARGE', 229, 413],
  ['READONLY', 164, 500],
  ['NOT_IMPLEMENTED', 48, 501],
  ['SESSION_IS_LOCKED', 373, 500],
  ['SET_NON_GRANTED_ROLE', 512, 403],
] as const)('%s has code %i and HTTP status %i', (name, code, status) => {
  expect(failure(name, 'What is wrong.')).toMatchObject({
    code,
    status,
    message: `Code: ${code}. DB::Exception: What is wrong. (${name})`,
  });
});
