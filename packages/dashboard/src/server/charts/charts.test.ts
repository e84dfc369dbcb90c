import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundStep, stackedBars } from './stacked-bars.ts';
import { timeTicks } from './time-ticks.ts';

describe('stacked bars', () => {
  const from = new Date('2026-03-01T00:00:00Z');
  const to = new Date('2026-03-01T01:00:00Z');
  const layers = [
    { key: 'a', label: 'A', className: 'level-high' },
    { key: 'b', label: 'B', className: 'level-normal' },
  ];

  it('keep within their frame whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1e9 }), { maxLength: 6 }), (values) => {
        const bars = values.map((value, index) => ({
          start: new Date(from.getTime() + index * 600_000),
          end: new Date(from.getTime() + (index + 1) * 600_000),
          values: new Map([
            ['a', value],
            ['b', value % 7],
          ]),
          href: '/detections',
          hover: `${value}`,
        }));
        const svg = String(
          stackedBars({ title: 'T', unit: 'visitors', from, to, layers, bars, ticks: timeTicks(from, to) }),
        );
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        for (const [, y] of svg.matchAll(/ y="([\d.-]+)"/g)) expect(Number(y)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('have round steps that reach the greatest value', () => {
    expect([roundStep(3), roundStep(17), roundStep(812), roundStep(0)]).toEqual([1, 5, 500, 1]);
    fc.assert(
      fc.property(fc.nat({ max: 1e12 }), (value) => {
        expect(roundStep(value) * 4).toBeGreaterThanOrEqual(value);
      }),
    );
  });
});

describe('ticks of a time axis', () => {
  it('stand at round moments and are few', () => {
    const ticks = timeTicks(new Date('2026-03-01T10:07:00Z'), new Date('2026-03-01T16:07:00Z'));
    expect(ticks.map((tick) => tick.label)).toEqual(['11:00', '12:00', '13:00', '14:00', '15:00']);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * 86_400 }), (seconds) => {
        const end = new Date(1_700_000_000_000 + seconds * 1000);
        expect(timeTicks(new Date(1_700_000_000_000), end).length).toBeLessThanOrEqual(9);
      }),
    );
  });
});
