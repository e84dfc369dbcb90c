import type { Random } from '../random.ts';
import { growTree, type Row, scoreOf, type TreeOptions } from './tree.ts';

/** Pairs of a bot and a person, and how many of them are in order; a tie is half a pair. */
function pairs(scored: readonly { score: number; bot: boolean }[]): { all: number; right: number } {
  const people = scored.filter(({ bot }) => !bot).map(({ score }) => score);
  const bots = scored.filter(({ bot }) => bot).map(({ score }) => score);
  let right = 0;
  for (const bot of bots) for (const person of people) right += bot > person ? 1 : bot === person ? 0.5 : 0;
  return { all: people.length * bots.length, right };
}

/** Deals groups to folds, those of each side evenly. */
function folds(random: Random, groups: readonly string[], count: number): Map<string, number> {
  const order = groups
    .map((group) => ({ group, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ group }) => group);
  return new Map(order.map((group, i) => [group, i % count]));
}

/**
 * How well trees tell bots from people whose kind of client and whose address they have never seen: the area
 * under the ROC curve, 0.5 for guessing. Each fold of kinds is tested with each fold of addresses, by a tree
 * that knows neither; only scores of one tree are compared. Averaged over several ways to deal the folds.
 */
export function aucOfUnseen(
  rows: readonly Row[],
  random: Random,
  options: TreeOptions & { repeats: number },
): number {
  const count = 3;
  const distinct = (of: readonly Row[], key: 'client' | 'address') => [...new Set(of.map((row) => row[key]))];
  const total = { all: 0, right: 0 };
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const bots = rows.filter(({ bot }) => bot);
    const people = rows.filter(({ bot }) => !bot);
    const kinds = new Map([
      ...folds(random, distinct(bots, 'client'), count),
      ...folds(random, distinct(people, 'client'), count),
    ]);
    const addresses = folds(random, distinct(rows, 'address'), count);
    for (let cell = 0; cell < count * count; cell++) {
      const [kind, address] = [cell % count, Math.floor(cell / count)];
      const known = rows.filter(
        (row) => kinds.get(row.client) !== kind && addresses.get(row.address) !== address,
      );
      const unseen = rows.filter(
        (row) => kinds.get(row.client) === kind && addresses.get(row.address) === address,
      );
      if (!known.some(({ bot }) => bot) || known.every(({ bot }) => bot)) continue;
      const tree = growTree(known, options);
      const { all, right } = pairs(unseen.map((row) => ({ score: scoreOf(tree, row), bot: row.bot })));
      total.all += all;
      total.right += right;
    }
  }
  if (total.all === 0) throw new Error('There are too few people or bots to compare.');
  return total.right / total.all;
}
