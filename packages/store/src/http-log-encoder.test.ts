import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodedHttpLogColumns, HttpLogEncoder } from './http-log-encoder.ts';
import { absentHttpLogRow, type HttpLogRow } from './http-log-row.ts';
import { decodeRowBinary } from './row-binary-reader.ts';
import { browserRequest } from './sample-requests.test-support.ts';

const now = 1_767_225_600_000_000;

function decoded(bytes: Uint8Array) {
  const result = decodeRowBinary(encodedHttpLogColumns, bytes);
  if (!result.ok) throw new Error(`${result.reason} at ${result.at}`);
  return result.rows;
}

/** A row in which every column has a value of its own, so that no two can be mistaken for each other. */
function everyColumnDifferent(): HttpLogRow {
  const row: Record<string, unknown> = absentHttpLogRow();
  for (const [i, { name, type }] of encodedHttpLogColumns.entries()) {
    if (type.startsWith('Map')) row[name] = { [`key-${i}`]: `value-${i}` };
    else if (type.startsWith('Array')) row[name] = [`first-${i}`, `second-${i}`];
    else if (type === 'IPv6') row[name] = `198.18.16.${i}`;
    else row[name] = type.includes('String') ? `text-${i}` : i;
  }
  return row as HttpLogRow;
}

test('every column is written, in the order of the list', () => {
  const encoder = new HttpLogEncoder();
  encoder.append(everyColumnDifferent());
  expect(decoded(encoder.take())).toEqual([everyColumnDifferent()]);
});

test('rows lie one behind the other, and each says how long it is', () => {
  const encoder = new HttpLogEncoder();
  const lengths = Array.from({ length: 2000 }, (_, i) =>
    encoder.append(browserRequest({ time: now + i, path: '/x'.repeat(i % 300) })),
  );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  expect([encoder.rows, encoder.bytes]).toEqual([2000, total]);
  const bytes = encoder.take();
  expect(bytes.length).toBe(total);
  let at = 0;
  for (const [i, length] of lengths.entries()) {
    expect(decoded(bytes.subarray(at, at + length))).toMatchObject([{ time: now + i }]);
    at += length;
  }
  expect([encoder.rows, encoder.bytes]).toEqual([0, 0]);
});

test('what was taken stays as it is while more rows are encoded', () => {
  const encoder = new HttpLogEncoder();
  encoder.append(browserRequest({ time: now, path: '/first' }));
  const first = encoder.take();
  encoder.append(browserRequest({ time: now, path: '/second' }));
  expect(decoded(first)).toMatchObject([{ path: '/first' }]);
  const second = encoder.take(first);
  encoder.append(browserRequest({ time: now, path: '/third' }));
  expect(decoded(second)).toMatchObject([{ path: '/second' }]);
  expect(decoded(encoder.take())).toMatchObject([{ path: '/third' }]);
});

test('texts, numbers and addresses of every kind come back as they went in', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.string({ unit: 'binary-ascii', maxLength: 300 }),
    fc.nat(70_000).map((length) => 'é'.repeat(length)),
  );
  const address = fc.oneof(
    fc.ipV4(),
    fc.constantFrom('::', '::1', '2001:db8::1', '2001:db8:0:1::', 'fe80::1:0:0:1'),
  );
  const row = fc.record({
    path: text,
    host: text,
    headers: fc.dictionary(text, text, { maxKeys: 3 }),
    tls_alpn_offered: fc.array(text, { maxLength: 3 }),
    src_ip: address,
    h2_window_update: fc.maxSafeInteger(),
    response_size: fc.maxSafeNat(),
    src_port: fc.nat(65_535),
    ip_meta_ttl: fc.integer({ min: -1, max: 255 }),
    tcp_meta_window_size: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    keepalives: fc.nat(2 ** 32 - 1),
    duration_ms: fc.float({ noNaN: true }),
  });
  const encoder = new HttpLogEncoder();
  fc.assert(
    fc.property(fc.array(row, { maxLength: 3 }), (some) => {
      const rows = some.map((fields) => ({ ...absentHttpLogRow(), ...fields }));
      for (const each of rows) encoder.append(each);
      const found = decoded(encoder.take());
      expect(found).toEqual(rows);
    }),
    { numRuns: 300 },
  );
});

test('nanoseconds are as exact as a number is', () => {
  const encoder = new HttpLogEncoder();
  const a_timestamp = 1_795_172_461_714_718_000;
  encoder.append({ ...absentHttpLogRow(), a_timestamp, b_timestamp: 2 ** 63 + 2 ** 20 });
  expect(decoded(encoder.take())).toMatchObject([{ a_timestamp, b_timestamp: 2 ** 63 + 2 ** 20 }]);
});

test('a value that does not fit its column is a bug: it is named and the row is left out', () => {
  const encoder = new HttpLogEncoder();
  const row = browserRequest({ time: now });
  encoder.append(row);
  const { bytes } = encoder;
  expect(() => encoder.append({ ...row, src_ip: 'nonsense' })).toThrow('column src_ip');
  expect(() => encoder.append({ ...row, src_port: 70_000 })).toThrow('column src_port');
  expect(() => encoder.append({ ...row, seq: Number.NaN })).toThrow('column seq');
  expect(() => encoder.append({ ...row, response_size: 1e30 })).toThrow('column response_size');
  expect(() => encoder.append({ ...row, has_syn: 128 })).toThrow('column has_syn');
  expect([encoder.rows, encoder.bytes]).toEqual([1, bytes]);
  encoder.append(row);
  expect(decoded(encoder.take())).toHaveLength(2);
});

test('any bytes decode to rows or to a reason, and never to more rows than were written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      const result = decodeRowBinary(encodedHttpLogColumns, bytes);
      if (!result.ok) expect(result.at).toBeLessThanOrEqual(bytes.length);
    }),
  );
  const encoder = new HttpLogEncoder();
  encoder.append(everyColumnDifferent());
  const whole = encoder.take();
  for (let end = 1; end < whole.length; end++)
    expect(decodeRowBinary(encodedHttpLogColumns, whole.subarray(0, end))).toMatchObject({
      ok: false,
      reason: 'truncated',
    });
  expect(decodeRowBinary([{ name: 'x', type: 'Tuple(UInt8)' }], whole)).toMatchObject({
    reason: 'unknown_type',
  });
});
