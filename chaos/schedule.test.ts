import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { blowText, schedule } from './schedule.ts';

const options = (kills: number, canFill: boolean) => ({ kills, meanPauseMs: 100, outageMs: 1_000, canFill });

it('holds exactly the wanted kills, an outage, and full disks only where they can be had', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 500 }), fc.boolean(), (seed, kills, canFill) => {
      const steps = schedule(seededRandom(seed), options(kills, canFill));
      const count = (kind: string) => steps.filter(({ blow }) => blow.kind === kind).length;
      expect(count('kill')).toBe(kills);
      expect(count('outage')).toBeGreaterThan(0);
      expect(count('fill') > 0).toBe(canFill);
      expect(steps.every(({ pauseMs }) => pauseMs >= 0 && pauseMs <= 400)).toBe(true);
      expect(steps.every(({ blow }) => blowText(blow) !== '')).toBe(true);
    }),
  );
});

it('is the same for the same seed, and another for another', () => {
  const of = (seed: number) => schedule(seededRandom(seed), options(50, true));
  expect(of(7)).toEqual(of(7));
  expect(of(7)).not.toEqual(of(8));
});
