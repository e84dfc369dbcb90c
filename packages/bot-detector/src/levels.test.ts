import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelAfter, levelCuts, levelOf, scoreLevels } from './levels.ts';

describe('a level', () => {
  it('begins at its cut', () => {
    expect(levelOf(0)).toBe('NORMAL');
    for (const [level, cut] of Object.entries(levelCuts)) {
      expect(levelOf(cut)).toBe(level);
      expect(levelOf(cut - 1e-9)).not.toBe(level);
    }
  });

  it('rises at once and falls only when the score is clearly lower', () => {
    expect(levelAfter(0.8, 'MEDIUM')).toBe('HIGH');
    expect(levelAfter(0.79, 'HIGH')).toBe('HIGH');
    expect(levelAfter(0.79, undefined)).toBe('MEDIUM');
    expect(levelAfter(0.76, 'HIGH')).toBe('MEDIUM');
    expect(levelAfter(0.2, 'CRITICAL')).toBe('NORMAL');
  });

  it('is never below what the score says, nor above what it was or is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(...scoreLevels),
        (score, before) => {
          const rank = (level: (typeof scoreLevels)[number]) => scoreLevels.indexOf(level);
          const after = rank(levelAfter(score, before));
          expect(after).toBeGreaterThanOrEqual(rank(levelOf(score)));
          expect(after).toBeLessThanOrEqual(Math.max(rank(levelOf(score)), rank(before)));
        },
      ),
    );
  });
});
