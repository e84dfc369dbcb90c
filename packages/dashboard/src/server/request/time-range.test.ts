import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketSeconds, parseTime, parseTimeRange } from './time-range.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

describe('time ranges', () => {
  it('reads now, now-6h and ISO times with and without an offset', () => {
    expect(parseTime('now', now)?.toISOString()).toBe('2026-03-01T12:00:00.000Z');
    expect(parseTime('now-6h', now)?.toISOString()).toBe('2026-03-01T06:00:00.000Z');
    expect(parseTime('2026-02-28', now)?.toISOString()).toBe('2026-02-28T00:00:00.000Z');
    expect(parseTime('2026-02-28T10:30', now)?.toISOString()).toBe('2026-02-28T10:30:00.000Z');
    expect(parseTime('2026-02-28T10:30:00+02:00', now)?.toISOString()).toBe('2026-02-28T08:30:00.000Z');
  });

  it('is the last 24 hours when the URL says nothing', () => {
    const range = parseTimeRange(undefined, undefined, now);
    expect(range.ok && range.value.to.getTime() - range.value.from.getTime()).toBe(86_400_000);
  });

  it('says what is wrong with a range it cannot use', () => {
    expect(parseTimeRange('yesterday', undefined, now)).toMatchObject({
      ok: false,
      reason: /from is not a time/,
    });
    expect(parseTimeRange('now', 'now-1h', now)).toEqual({ ok: false, reason: 'from must be before to' });
    expect(parseTimeRange('1990-01-01', 'now', now)).toMatchObject({ ok: false });
    expect(parseTimeRange('now-401d', 'now', now)).toEqual({
      ok: false,
      reason: 'the range is longer than 400 days: shorten it',
    });
    for (const none of ['2026-02-30', '2026-02-29T00:00:00Z', '2300-01-01', '1899-12-31', 'now-999999999w'])
      expect(parseTimeRange(none, 'now', now), none).toMatchObject({
        ok: false,
        reason: /from is not a time/,
      });
  });

  it('never throws and never gives a range that runs backwards', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('now', 'now-1h', '2026-02-28', '2026-99-99T99:99:99Z'),
    );
    fc.assert(
      fc.property(text, text, (from, to) => {
        const range = parseTimeRange(from, to, now);
        expect(range.ok ? range.value.from < range.value.to : range.reason.length > 0).toBe(true);
      }),
    );
  });

  it('cuts any span into at most 96 bars', () => {
    expect(bucketSeconds(86_400)).toBe(900);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * 86_400 }), (seconds) => {
        expect(seconds / bucketSeconds(seconds)).toBeLessThanOrEqual(96);
      }),
    );
  });
});
