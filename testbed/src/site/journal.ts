export interface Article {
  readonly slug: string;
  readonly title: string;
  readonly author: string;
  /** Day of publication, ISO. */
  readonly day: string;
  /** Of a product that it is about. */
  readonly product: number;
  readonly comments: readonly { readonly name: string; readonly words: string }[];
}

const opinions = [
  'Ours has been in daily use for six years and looks better than on the first day.',
  'How do you get wax out of it? I have tried an iron and brown paper.',
  'Thank you, the part about oiling was what I needed.',
  'Mine came with a small crack. They sent another the next morning.',
  'I would not leave it out over the winter, whatever they say.',
];
const names = ['Maren', 'Idris', 'Noor', 'Tomás', 'Wilhelmina', 'Kofi', 'Aoife'];

const titles: readonly (readonly [slug: string, title: string, author: string])[] = [
  ['oiling-oak', 'Oiling oak, twice a year', 'Ada'],
  ['washing-linen', 'Linen likes to be washed', 'Grace'],
  ['copper-and-lemon', 'Copper, salt and half a lemon', 'Margaret'],
  ['slate-underfoot', 'Slate for tables and terraces', 'Linus'],
  ['lamps-for-reading', 'Which lamp for reading?', 'Ada'],
  ['moths', 'Wool, cedar and moths', 'Grace'],
  ['clay-in-frost', 'Clay pots in frost', 'Margaret'],
  ['mending-chairs', 'Mending a wobbly chair', 'Linus'],
  ['small-kitchens', 'Six things for a small kitchen', 'Ada'],
  ['glass-blowers', 'A day with the glass blowers', 'Grace'],
  ['birch-or-beech', 'Birch or beech?', 'Linus'],
  ['a-desk-of-your-own', 'A desk of your own', 'Margaret'],
];

export const articles: readonly Article[] = titles.map(([slug, title, author], i) => ({
  slug,
  title,
  author,
  day: new Date(Date.UTC(2026, 1, 20) - i * 9 * 86_400_000).toISOString().slice(0, 10),
  product: 100 + i * 8,
  comments: Array.from({ length: i % 4 }, (_, c) => ({
    name: names[(i + c * 3) % names.length] ?? 'A reader',
    words: opinions[(i * 2 + c) % opinions.length] ?? '',
  })),
}));

export const articlePath = (article: Article) => `/journal/${article.slug}.html`;

const sentences = [
  'Most of what goes wrong goes wrong in the first week, and most of that comes from impatience.',
  'We asked the workshop, and then we asked a neighbour who has done it for forty years.',
  'Take a cloth that does not shed, and less oil than you think.',
  'Leave it for a night. Look at it in daylight. Then decide.',
  'The material is forgiving as long as it can breathe.',
  'There is a stain on ours that we have stopped seeing, and we would miss it.',
  'If in doubt, write to us: we keep the offcuts and try things on those first.',
];

/** The paragraphs of an article: the same every time, different from one article to the next. */
export function paragraphsOf(article: Article): readonly string[] {
  const first = articles.indexOf(article);
  return Array.from({ length: 5 + (first % 4) }, (_, p) =>
    Array.from(
      { length: 4 },
      (__, s) => sentences[(first * 3 + p * 2 + s * (1 + (p % 3))) % sentences.length],
    ).join(' '),
  );
}
