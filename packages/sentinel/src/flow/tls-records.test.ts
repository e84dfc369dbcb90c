import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined } from './stream-trace.test-support.ts';
import { HandshakeReader } from './tls-records.ts';

const limit = 64 * 1024;
const record = (content: ArrayLike<number>, type = 22, major = 3, minor = 1) =>
  Uint8Array.from([type, major, minor, content.length >> 8, content.length & 0xff, ...Array.from(content)]);
const messageOf = (body: Uint8Array) =>
  joined(Uint8Array.of(1, 0, body.length >> 8, body.length & 0xff), body);
const message = messageOf(Uint8Array.from({ length: 200 }, (_, i) => i));
const split = (points: readonly number[]) =>
  [0, ...points].map((start, i) => message.subarray(start, points[i] ?? message.length));

function read(bytes: Uint8Array) {
  const reader = new HandshakeReader();
  const outcome = reader.read(bytes, 0, bytes.length, limit);
  return outcome === 'complete' ? reader.message(bytes, 0) : outcome;
}

describe('the first handshake message', () => {
  it('comes out of any records, however many bytes are there at each reading', () => {
    const points = fc
      .uniqueArray(fc.integer({ min: 1, max: message.length - 1 }))
      .map((cuts) => cuts.sort((a, b) => a - b));
    fc.assert(
      fc.property(points, fc.array(fc.nat(1500)), fc.nat(30), (cuts, readings, start) => {
        const bytes = joined(
          new Uint8Array(start),
          ...split(cuts).map((part) => record(part)),
          Uint8Array.of(23, 3, 3),
        );
        const end = bytes.length - 3;
        const reader = new HandshakeReader();
        for (const some of readings.filter((length) => start + length < end).sort((a, b) => a - b)) {
          expect(reader.read(bytes, start, start + some, limit)).toBe('incomplete');
        }
        expect(reader.read(bytes, start, bytes.length, limit)).toBe('complete');
        expect(reader.message(bytes, start)).toEqual(message);
      }),
    );
  });

  it('is a view into the buffer when one record holds it', () => {
    const bytes = record(message);
    const found = read(bytes);
    expect(found).toEqual(message);
    expect((found as Uint8Array).buffer).toBe(bytes.buffer);
  });

  it.each([
    [
      'empty records',
      [new Uint8Array(0), message.subarray(0, 2), new Uint8Array(0), message.subarray(2)].map((part) =>
        record(part),
      ),
    ],
    [
      'a warning in between',
      [record(message.subarray(0, 9)), record([1, 90], 21), record(message.subarray(9))],
    ],
    [
      'any minor version',
      [record(message.subarray(0, 9), 22, 3, 255), record(message.subarray(9), 22, 3, 9)],
    ],
    ['another message behind it', [record(joined(message, message))]],
  ])('is read with %s', (_, records) => {
    expect(read(joined(...records))).toEqual(message);
  });

  it.each([
    [
      'change_cipher_spec in between',
      'hello_broken_record',
      [record(message.subarray(0, 9)), record([1], 20)],
    ],
    ['application data in between', 'hello_broken_record', [record(message.subarray(0, 9)), record([1], 23)]],
    ['an alert in front', 'hello_broken_record', [record([1, 90], 21), record(message)]],
    ['another major version', 'hello_broken_record', [record(message, 22, 2)]],
    ['a record longer than any', 'hello_broken_record', [Uint8Array.of(22, 3, 1, 0x48, 1)]],
    ['a length past the bound', 'hello_too_large', [record([1, 1, 0, 0])]],
    ['its last byte missing', 'incomplete', [record(message).subarray(0, -1)]],
    ['no byte at all', 'incomplete', [new Uint8Array(0)]],
  ] as const)('with %s is: %s', (_, outcome, records) => {
    expect(read(joined(...records))).toBe(outcome);
  });

  it('is never an exception, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, asTls) => {
        if (asTls) bytes.set([22, 3].slice(0, bytes.length));
        expect(['complete', 'incomplete', 'hello_broken_record', 'hello_too_large']).toContain(
          new HandshakeReader().read(bytes, 0, bytes.length, limit),
        );
      }),
    );
  });
});
