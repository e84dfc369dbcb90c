import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain, explainAll } from './explain.ts';
import { beginningMs, offsetsOf, type Placed } from './shift.ts';
import type { Connection } from './trim.ts';

const noon = Date.UTC(2026, 4, 1, 12);
const span = (address: string, fromS: number, toS: number, when = 0): Placed => ({
  ...{ address, fromMs: noon + fromS * 1000, toMs: noon + toS * 1000, when },
});
const connection = (address: string, port: number, atS: number): Connection => ({
  ...{ address, port, openedUs: (noon + atS * 1000) * 1000 },
});

describe('whose a connection is', () => {
  const first = span('198.18.16.4', 0, 10);
  const second = span('198.18.16.4', 20, 30);
  const spans = [first, span('198.18.16.5', 0, 100), second];

  it('is the client that has the address', () => {
    expect(explain(connection('198.18.16.4', 1, 5), spans)).toBe(first);
    expect(explain(connection('198.18.16.4', 1, 25), spans)).toBe(second);
  });

  it('is the client that just left, for a SYN that was on its way', () => {
    expect(explain(connection('198.18.16.4', 1, 11), spans)).toBe(first);
  });

  it('is nobody when the address was empty or never given', () => {
    expect(explain(connection('198.18.16.4', 1, 16), spans)).toBeUndefined();
    expect(explain(connection('198.18.16.4', 1, -1), spans)).toBeUndefined();
    expect(explain(connection('198.18.16.6', 1, 5), spans)).toBeUndefined();
  });
});

describe('the place of an appearance in the recording', () => {
  it('lies in the full hours before the recording was made', () => {
    expect(beginningMs(noon + 23 * 60_000, 3)).toBe(noon - 3 * 3_600_000);
  });

  it('is where the plan says, to the second', () => {
    const spans = [span('198.18.16.4', 0.4, 10, 7200), span('198.18.16.5', 3, 9, 60)];
    const offsets = offsetsOf(new Map(), spans, noon - 3 * 3_600_000);
    expect(spans.map((one) => offsets.get(one))).toEqual([-3600, -10_743]);
  });

  it('moves on when two clients of one address used one port at the same time', () => {
    const spans = [span('198.18.16.4', 0, 10, 100), span('198.18.16.4', 20, 30, 105)];
    const connections = [connection('198.18.16.4', 40_000, 5), connection('198.18.16.4', 40_000, 25)];
    const offsets = offsetsOf(explainAll(connections, spans), spans, noon);
    expect(offsets.get(spans[0] as Placed)).toBe(100);
    const second = 25 + (offsets.get(spans[1] as Placed) ?? 0);
    expect(second).toBeGreaterThan(110 + 300);
  });

  it('never leaves two connections of one port together, wherever the plan puts them', () => {
    const whens = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(whens, (places) => {
        const spans = places.map((when, i) => span('198.18.16.4', i * 20, i * 20 + 10, when));
        const connections = places.map((_, i) => connection('198.18.16.4', 40_000, i * 20 + 5));
        const whose = explainAll(connections, spans);
        const offsets = offsetsOf(whose, spans, noon);
        const begins = spans.map((one, i) => i * 20 + 5 + (offsets.get(one) ?? 0)).sort((a, b) => a - b);
        for (const [i, begin] of begins.entries()) {
          if (i > 0) expect(begin - (begins[i - 1] ?? 0)).toBeGreaterThanOrEqual(300);
        }
      }),
    );
  });
});
