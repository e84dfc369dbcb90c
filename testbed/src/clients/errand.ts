import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Random, randomFrom } from '../random.ts';
import { products } from '../site/catalogue.ts';
import { articlePath, articles } from '../site/journal.ts';
import type { Appearance, Surroundings } from './kind.ts';
import { type Manner, pretence } from './pretence.ts';
import { scratchOf } from './scratch.ts';

interface Request {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly path: string;
  /** Of a form. */
  readonly body?: string;
}

const get = (path: string): Request => ({ method: 'GET', path });
const productPath = (id: number) => `/product/${id}.html`;
const words = [
  'lamp',
  'oak',
  'chair',
  'wool',
  'kettle',
  'table',
  'copper',
  'blanket',
  'linen',
  'sale',
  'garden',
];
const surnames = [
  'miller',
  'novak',
  'silva',
  'kim',
  'haddad',
  'jensen',
  'rossi',
  'okafor',
  'meyer',
  'dubois',
];
const passwords = [
  '123456',
  'password',
  'qwerty',
  'letmein',
  'summer2025',
  'changeme',
  'iloveyou',
  'dragon1',
];

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function repeated<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => items[i % items.length] as T);
}

/** What somebody may want of a shop, as requests; each gives `amount` of them. */
const aims = {
  /** A list of products that somebody has from elsewhere. */
  list: (amount, random) =>
    repeated(shuffled(products, random), amount).map(({ id }) => get(productPath(id))),
  /** Category after category with its products, in the order of the pages. */
  walk: (amount) => {
    const pages = [...new Set(products.map(({ category }) => category))].flatMap((category) => [
      get(`/category/${category}`),
      ...products.filter((product) => product.category === category).map(({ id }) => get(productPath(id))),
    ]);
    return repeated([get('/'), ...pages], amount);
  },
  /** Ids upwards from somewhere, whether or not they exist. */
  guess: (amount, random) => {
    const first = random.pick([90, 95, 100, 100, 110, 120, 180]);
    return Array.from({ length: amount }, (_, i) => get(productPath(first + i)));
  },
  search: (amount, random) =>
    Array.from({ length: amount }, (_, i) =>
      get(`/search?q=${random.pick(words)}${i < words.length ? '' : `+${i}`}`),
    ),
  /** The stock of everything, or the list behind the list. */
  api: (amount, random) =>
    random.chance(0.5)
      ? repeated(shuffled(products, random), amount).map(({ id }) => get(`/api/stock?id=${id}`))
      : Array.from({ length: amount }, (_, i) => get(`/api/products?page=${i + 1}`)),
  journal: (amount) => [
    get('/journal/'),
    ...repeated(articles, amount - 1).map((one) => get(articlePath(one))),
  ],
  images: (amount) => repeated(products, amount).map(({ id }) => get(`/images/${id}-320.png`)),
  /** Pairs of user and password from elsewhere, each tried once. */
  login: (amount, random) =>
    Array.from({ length: amount }, () => {
      const user = `${random.pick(surnames)}${random.integer(1, 99)}`;
      return { method: 'POST', path: '/login', body: `user=${user}&password=${random.pick(passwords)}` };
    }),
  /** One page and no more, the same for everybody who was sent it. */
  landing: (_, random) => [get(productPath(random.pick(products).id))],
} as const satisfies Record<string, (amount: number, random: Random) => readonly Request[]>;
export type Aim = keyof typeof aims;

/** The addresses of an errand alone, for programs that have a browser fetch them. */
export function pathsOf(seed: number, amount: number, among: readonly Aim[]): readonly string[] {
  const random = randomFrom(seed);
  return aims[random.pick(among)](amount, random).map(({ path }) => path);
}

/** Seconds between two requests, at speed 1. */
export type Pace = readonly [least: number, most: number];
export const paces = {
  rush: [0, 0.1],
  brisk: [0.2, 0.9],
  steady: [1, 3],
  slow: [5, 20],
} as const satisfies Record<string, Pace>;

export interface ErrandOptions {
  /** One is drawn per appearance. */
  readonly aims?: readonly Aim[];
  readonly manner?: Manner;
  readonly pace?: Pace;
  /** Share of the appearances that read robots.txt first. */
  readonly robots?: number;
}

/** Most scrapers want the catalogue; some come for the stock or hammer the search. */
const scraperAims: readonly Aim[] = [
  'list',
  'list',
  'walk',
  'walk',
  'guess',
  'search',
  'api',
  'images',
  'journal',
];

/**
 * What a program does in one appearance, as text: `header TAB name TAB value` lines, then one line
 * `seconds to wait TAB method TAB path TAB form` per request. The same for the same seed, whatever the program,
 * so that no tool is known by what it reads.
 */
export function errand(seed: number, amount: number, speed: number, options: ErrandOptions = {}): string {
  const random = randomFrom(seed);
  const aim = random.pick(options.aims ?? scraperAims);
  const [least, most] = options.pace ?? random.pick([paces.rush, paces.brisk, paces.brisk, paces.steady]);
  const first = random.chance(options.robots ?? 0.2) ? [get('/robots.txt')] : [];
  const headers = pretence(options.manner ?? 'own', random).map(
    ([name, value]) => `header\t${name}\t${value}`,
  );
  const requests: Request[] = [...first, ...aims[aim](amount, random)];
  const lines = requests.map(({ method, path, body }, i) => {
    const wait = i === 0 ? 0 : random.between(least, most) / speed;
    return `${wait.toFixed(3)}\t${method}\t${path}\t${body ?? ''}`;
  });
  return `${[...headers, ...lines].join('\n')}\n`;
}

/** Writes the errand of an appearance where its program will read it. */
export async function writeErrand(
  appearance: Appearance,
  around: Surroundings,
  options: ErrandOptions = {},
): Promise<string> {
  const folder = scratchOf(appearance.host, around);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'errand.tsv');
  await writeFile(file, errand(appearance.seed, appearance.amount, around.speed, options));
  return file;
}
