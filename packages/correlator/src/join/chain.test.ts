import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Chain, type Link } from './chain.ts';

it('keeps its items in order, whichever are taken out', () => {
  const step = fc.oneof(fc.constant('add' as const), fc.constant('take first' as const), fc.nat(1_000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const chain = new Chain<number>();
      const links: Link<number>[] = [];
      let next = 0;
      for (const what of steps) {
        if (what === 'add') links.push(chain.add(next++));
        else {
          const [taken] = links.splice(what === 'take first' ? 0 : what % Math.max(links.length, 1), 1);
          if (taken !== undefined) chain.remove(taken);
        }
        expect(chain.size).toBe(links.length);
        expect(chain.first).toBe(links[0]?.value);
      }
      const rest: number[] = [];
      for (let first = links.shift(); first !== undefined; first = links.shift()) {
        rest.push(chain.first ?? -1);
        chain.remove(first);
      }
      expect(rest).toEqual(rest.toSorted((a, b) => a - b));
      expect(chain.first).toBeUndefined();
    }),
  );
});
