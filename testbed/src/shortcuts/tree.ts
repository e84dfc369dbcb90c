/** What a tree learns from: features, the truth, and groups that it must be tested apart from. */
export interface Row {
  readonly features: readonly number[];
  readonly bot: boolean;
  /** Kind of client, and address. */
  readonly client: string;
  readonly address: string;
}

interface Leaf {
  /** Share of bots, classes weighted alike. */
  readonly score: number;
}
interface Split {
  readonly feature: number;
  readonly threshold: number;
  readonly below: Tree;
  readonly above: Tree;
}
export type Tree = Leaf | Split;

export interface TreeOptions {
  readonly depth: number;
  readonly leastRows: number;
}

const weigh = (rows: readonly Row[], botWeight: number) => {
  const bots = rows.filter(({ bot }) => bot).length;
  return { bots: bots * botWeight, people: rows.length - bots };
};

/** Gini impurity times weight. */
function impurity({ bots, people }: { bots: number; people: number }): number {
  return bots + people === 0 ? 0 : (2 * bots * people) / (bots + people);
}

interface Cut {
  readonly feature: number;
  readonly threshold: number;
  readonly rest: number;
}

/** The cut of one feature that leaves least impurity. */
function bestCut(
  rows: readonly Row[],
  feature: number,
  botWeight: number,
  { leastRows }: TreeOptions,
): Cut | undefined {
  const featureOf = (row: Row | undefined) => row?.features[feature] ?? 0;
  const sorted = rows.toSorted((a, b) => featureOf(a) - featureOf(b));
  const all = weigh(sorted, botWeight);
  const below = { bots: 0, people: 0 };
  let best: Cut | undefined;
  for (const [i, row] of sorted.entries()) {
    if (i >= leastRows && i <= sorted.length - leastRows && featureOf(row) > featureOf(sorted[i - 1])) {
      const above = { bots: all.bots - below.bots, people: all.people - below.people };
      const rest = impurity(below) + impurity(above);
      const threshold = (featureOf(row) + featureOf(sorted[i - 1])) / 2;
      if (!best || rest < best.rest) best = { feature, threshold, rest };
    }
    if (row.bot) below.bots += botWeight;
    else below.people++;
  }
  return best;
}

/** Grows a classification tree (CART: Breiman et al., 1984), both classes weighing alike. */
export function growTree(rows: readonly Row[], options: TreeOptions, botWeight?: number): Tree {
  const bots = rows.filter(({ bot }) => bot).length;
  const weight = botWeight ?? (bots > 0 ? (rows.length - bots) / bots : 1);
  const all = weigh(rows, weight);
  const leaf: Leaf = { score: all.bots / Math.max(all.bots + all.people, Number.MIN_VALUE) };
  if (options.depth === 0) return leaf;
  const features = rows[0]?.features.keys() ?? [];
  const cuts = [...features].flatMap((feature) => bestCut(rows, feature, weight, options) ?? []);
  const best = cuts.sort((a, b) => a.rest - b.rest)[0];
  if (!best || best.rest >= impurity(all) - 1e-9) return leaf;
  const isBelow = (row: Row) => (row.features[best.feature] ?? 0) < best.threshold;
  const deeper = { ...options, depth: options.depth - 1 };
  return {
    feature: best.feature,
    threshold: best.threshold,
    below: growTree(rows.filter(isBelow), deeper, weight),
    above: growTree(
      rows.filter((row) => !isBelow(row)),
      deeper,
      weight,
    ),
  };
}

export function scoreOf(tree: Tree, row: Row): number {
  let at = tree;
  while ('feature' in at) at = (row.features[at.feature] ?? 0) < at.threshold ? at.below : at.above;
  return at.score;
}
