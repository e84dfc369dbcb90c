import { features } from '@ja4/features';
import type { Reason } from '@ja4/store';
import { describe, expect, it } from 'vitest';
import { phraseTable } from './phrase-table.ts';
import { featureValue, mainPhrases, phraseOf, side } from './phrases.ts';

const reason = (feature: string, value: number, low: number, high: number, contribution = 0.1): Reason => ({
  feature,
  value,
  baseline_low: low,
  baseline_high: high,
  contribution,
});

describe('phrases', () => {
  it('exist for every feature on every side that speaks against a visitor', () => {
    for (const { name, suspicious } of features) {
      for (const where of suspicious === 'both' ? (['high', 'low'] as const) : [suspicious])
        expect(phraseTable[name]?.[where], `${name} ${where}`).toBeTypeOf('function');
    }
  });

  it('say never, no and all only where it is never, no and all', () => {
    const absolute = /\b(never|no|nothing|all|always|again and again)\b/;
    for (const { name, unit, suspicious } of features) {
      if (unit !== 'ratio') continue;
      const some = suspicious === 'low' ? reason(name, 0.6, 0.9, 1) : reason(name, 0.4, 0, 0.1);
      // "offers no more than TLS 1.2", "offers no ALPN" and the like say what, and then how often.
      if (!/ (?:in|with) 40 % of its requests$/.test(phraseOf(some)))
        expect(phraseOf(some), name).not.toMatch(absolute);
    }
    expect(phraseOf(reason('has_referer', 0.76, 0.91, 1))).toBe(
      'says which page it comes from with only 76 % of its requests',
    );
    expect(phraseOf(reason('has_referer', 0, 0.91, 1))).toBe('never says which page it comes from');
    expect(phraseOf(reason('max_keepalives', 6, 7.1, 30))).toBe(
      'uses no connection for more than 7 requests',
    );
  });

  it('find nothing outside a band whose edge reads like the value', () => {
    expect(side(reason('path_diversity_ratio', 0.7826, 0.783, 1))).toBe('inside');
    expect(phraseOf(reason('axis_nav_behavior', 0.7427, 0.743, 0.977))).toBe('is within what people here do');
    expect(mainPhrases([reason('asset_ratio', 0.7, 0.7, 0.9, 0.9)], 2)).toEqual([]);
    expect(side(reason('path_diversity_ratio', 0.7, 0.783, 1))).toBe('low');
  });

  it('give indices of the detector two decimals', () => {
    expect(featureValue('axis_nav_behavior', 0.0652)).toBe('0.07');
    expect(featureValue('asset_ratio', 0.0652)).toBe('6.5 %');
  });
});
