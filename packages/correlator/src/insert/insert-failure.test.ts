import { describe, expect, it } from 'vitest';
import { failureText, insertFailureIsAbout } from './insert-failure.ts';
import { retryDelayMs } from './retry-delay.ts';

const clickHouse = (type: string, code: string) =>
  Object.assign(new Error(`it failed\nstack`), { type, code });

describe('a failed insert', () => {
  it.each([
    ['CANNOT_PARSE_INPUT_ASSERTION_FAILED', '27'],
    ['CANNOT_READ_ALL_DATA', '33'],
    ['INCORRECT_DATA', '117'],
    ['VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE', '321'],
  ])('is about the rows when ClickHouse says %s', (type, code) => {
    expect(insertFailureIsAbout(clickHouse(type, code))).toBe('rows');
  });

  it.each([
    ['UNKNOWN_TABLE', '60'],
    ['TOO_MANY_PARTS', '252'],
    ['TOO_MANY_SIMULTANEOUS_QUERIES', '202'],
    ['AUTHENTICATION_FAILED', '516'],
    ['TIMEOUT_EXCEEDED', '159'],
  ])('is about the store when ClickHouse says %s', (type, code) => {
    expect(insertFailureIsAbout(clickHouse(type, code))).toBe('store');
  });

  it('is about the size of the batch when memory is short', () => {
    expect(insertFailureIsAbout(clickHouse('MEMORY_LIMIT_EXCEEDED', '241'))).toBe('size');
  });

  it('is about the store when nobody answers', () => {
    expect(insertFailureIsAbout(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBe('store');
    const fetchFailed = new TypeError('fetch failed', {
      cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
    });
    expect(insertFailureIsAbout(fetchFailed)).toBe('store');
    expect(insertFailureIsAbout('text')).toBe('store');
  });

  it('is told in one short line', () => {
    expect(failureText(clickHouse('UNKNOWN_TABLE', '60'))).toBe('UNKNOWN_TABLE: it failed');
    expect(failureText(Object.assign(new Error('x'.repeat(1000)), { code: 'ECONNRESET' }))).toHaveLength(312);
  });
});

it('waits longer from time to time, at most five seconds', () => {
  const delays = [1, 2, 3, 4, 5, 6, 50].map((attempt) => retryDelayMs(attempt, () => 0));
  expect(delays).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(retryDelayMs(1, () => 0.999)).toBeGreaterThan(150);
});
