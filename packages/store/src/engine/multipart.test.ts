import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClickHouseFailure } from './clickhouse-error.ts';
import { readMultipart } from './multipart.ts';

const part = (boundary: string, name: string, value: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

test('reads every field of a form, whatever bytes it holds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,20}$/), fc.string({ unit: 'grapheme' }))),
      (fields) => {
        fc.pre(fields.every(([, value]) => !value.includes('\r\n--B')));
        const body = `${fields.map(([name, value]) => part('B', name, value)).join('')}--B--\r\n`;
        const read = readMultipart(Buffer.from(body), 'multipart/form-data; boundary=B');
        expect(read.map(([name, value]) => [name, value.toString()])).toEqual(
          fields.map(([name, value]) => [name, Buffer.from(value).toString()]),
        );
      },
    ),
  );
});

test('answers any other body with a reason', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (body, type) => {
      try {
        readMultipart(Buffer.from(body), type);
        return true;
      } catch (error) {
        return error instanceof ClickHouseFailure && error.status === 400;
      }
    }),
  );
});

test.each(['', '--B\r\n', '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'])(
  'refuses the incomplete form %j',
  (body) => {
    expect(() => readMultipart(Buffer.from(body), 'multipart/form-data; boundary=B')).toThrow('not complete');
  },
);
