import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, count, counted, measured, percent, score } from './number.ts';
import { absolute, clock, duration, relative } from './time.ts';

describe('numbers as people read them', () => {
  it('separates thousands and keeps 64-bit integers exact', () => {
    expect(count(1204)).toBe('1,204');
    expect(count('18446744073709551615')).toBe('18,446,744,073,709,551,615');
    expect(counted(1, 'visitor')).toBe('1 visitor');
    expect(counted('2', 'visitor')).toBe('2 visitors');
  });

  it('never rounds something to nothing, nor almost all to all', () => {
    expect([percent(0), percent(0.0004), percent(0.034), percent(0.61), percent(0.9999), percent(1)]).toEqual(
      ['0 %', '<0.1 %', '3.4 %', '61 %', '>99.9 %', '100 %'],
    );
    expect(score(0.999)).toBe('0.99');
    expect([score(0.97), score(0.29), score(0.8999)]).toEqual(['0.97', '0.29', '0.89']);
    expect(score(1)).toBe('1.00');
  });

  it('shows measured values in three digits and bytes with a unit', () => {
    expect([measured(0.01234), measured(4.2149), measured(812.4), measured(12345), measured(0)]).toEqual([
      '0.0123',
      '4.21',
      '812',
      '12,345',
      '0',
    ]);
    expect([bytes(12), bytes(1234), bytes(52_000)]).toEqual(['12 B', '1.2 kB', '52 kB']);
  });

  it('never throws on any double', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        for (const shown of [percent(value), score(value), measured(value), duration(value)]) {
          expect(shown).not.toContain('NaN');
        }
      }),
    );
  });
});

describe('times as people read them', () => {
  const now = new Date('2026-03-01T12:00:00Z');

  it('are relative with the absolute one beside', () => {
    expect(relative(new Date('2026-03-01T11:57:00Z'), now)).toBe('3 min ago');
    expect(relative(new Date('2026-03-01T14:00:00Z'), now)).toBe('in 2 h');
    expect(relative(now, now)).toBe('just now');
    expect(absolute(now)).toBe('2026-03-01 12:00:00 UTC');
    expect(clock(now, { date: true })).toBe('1 Mar 12:00');
  });
});
