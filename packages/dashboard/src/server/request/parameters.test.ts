import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCursor, writeCursor } from './cursor.ts';
import { withShortNames } from './field-names.ts';
import { requestListShape, verdictListShape } from './lists.ts';
import { nearest } from './nearest.ts';
import { parseParameters } from './parameters.ts';

const anyQuery = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...Object.keys(verdictListShape), 'levle', '__proto__', 'constructor'),
    fc.string(),
  ),
  fc.oneof(
    fc.string(),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.constantFrom('HIGH', '5', 'asc', '198.18.0.1'),
  ),
);

describe('the query string', () => {
  it('is either understood or refused with a reason, whatever it holds', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        for (const shape of [verdictListShape, requestListShape]) {
          const result = parseParameters(withShortNames(query), shape);
          if (!result.ok) expect(result.reason.length).toBeGreaterThan(5);
        }
      }),
    );
  });

  it('takes the fields that a form left empty for absent', () => {
    expect(parseParameters({ host: '', level: ['', 'HIGH'], sort: '' }, verdictListShape)).toMatchObject({
      ok: true,
      value: { host: [], level: ['HIGH'], sort: undefined },
    });
  });

  it('knows columns by their own names too', () => {
    expect({ ...withShortNames({ threat_level: 'HIGH', not_src_ip: '198.18.0.1', level: 'LOW' }) }).toEqual({
      level: ['HIGH', 'LOW'],
      not_ip: '198.18.0.1',
    });
  });

  it('is corrected to the nearest name, and to none when none is near', () => {
    expect(nearest('anomalyscore', ['hits', 'anomaly_score'])).toBe('anomaly_score');
    expect(nearest('LEVEL', ['level', 'model'])).toBe('level');
    expect(nearest('qqqqqqqqqq', ['level', 'model'])).toBeUndefined();
  });
});

describe('cursors', () => {
  it('come back as they were written', () => {
    const position = fc.record({
      sort_number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      sort_text: fc.string({ unit: 'grapheme', maxLength: 100 }),
      row_key: fc.string({ maxLength: 64 }),
    });
    fc.assert(
      fc.property(position, (value) => {
        expect(readCursor(writeCursor(value))).toEqual(value);
      }),
    );
  });

  it('are refused when somebody else wrote them', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(readCursor(value)).toBeUndefined();
      }),
    );
    expect(readCursor(Buffer.from('[1,2]').toString('base64url'))).toBeUndefined();
    expect(readCursor('x'.repeat(20_000))).toBeUndefined();
    const holdsNul = Buffer.from(JSON.stringify([0, 'a\0b', ''])).toString('base64url');
    expect(readCursor(holdsNul)).toBeUndefined();
  });
});
