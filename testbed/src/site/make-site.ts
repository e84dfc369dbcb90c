import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { server } from '../network.ts';
import { randomFrom } from '../random.ts';
import { allAssets } from './assets.ts';
import { categories, products } from './catalogue.ts';
import { fontSubset } from './font-subset.ts';
import { text } from './html.ts';
import { articlePath, articles } from './journal.ts';
import { picture } from './png.ts';
import { staticPages } from './static-pages.ts';

/** Everything is as old as this, so that validators made of a file's time are the same every time. */
const published = new Date('2026-03-01T08:00:00Z');
const site = `https://${server.name}`;

function feed(): string {
  const items = articles.map(
    (article) =>
      `<item><title>${text(article.title)}</title><link>${site}${articlePath(article)}</link><guid>${site}${articlePath(article)}</guid><pubDate>${new Date(article.day).toUTCString()}</pubDate></item>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Example Shop: Journal</title><link>${site}/journal/</link><description>About things for the house</description>
${items.join('\n')}
</channel></rss>
`;
}

function sitemap(): string {
  const paths = [...staticPages().keys()]
    .filter((path) => path !== 'not-found.html')
    .map((path) => `/${path.replace(/(^|[/])index[.]html$/, '$1')}`);
  const urls = ['/', ...categories.map((name) => `/category/${name}`), '/contact', ...paths];
  return `<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${urls.map((path) => `<url><loc>${site}${path}</loc></url>`).join('\n')}
</urlset>
`;
}

const robots = `User-agent: *
Disallow: /account
Disallow: /cart
Disallow: /checkout
Disallow: /go/
Disallow: /api/

Sitemap: ${site}/sitemap.xml
`;

const security = `Contact: mailto:security@${server.name}
Expires: 2030-01-01T00:00:00Z
Preferred-Languages: en
`;

const openSearch = `<?xml version="1.0" encoding="utf-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/"><ShortName>Example Shop</ShortName><Description>Search the shop</Description><Url type="text/html" template="${site}/search?q={searchTerms}"/></OpenSearchDescription>
`;

const manifest = {
  name: 'Example Shop',
  start_url: '/',
  display: 'browser',
  icons: [180, 192].map((side) => ({
    src: `/images/icon-${side}.png`,
    sizes: `${side}x${side}`,
    type: 'image/png',
  })),
};

const fonts: readonly (readonly [name: string, font: string])[] = [
  ['shop-1.ttf', '/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf'],
  ['title-1.ttf', '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'],
];

type Put = (path: string, content: string | Buffer) => Promise<void>;

async function putPictures(put: Put): Promise<void> {
  const random = randomFrom(1);
  const square = (side: number) => picture(side, side, random);
  for (const { id } of products) {
    for (const side of [80, 160, 320]) await put(`images/${id}-${side}.png`, square(side));
  }
  for (const { slug } of articles) {
    for (const width of [320, 640])
      await put(`images/${slug}-${width}.png`, picture(width, width / 2, random));
  }
  for (const side of [180, 192]) await put(`images/icon-${side}.png`, square(side));
  await put('images/logo.png', square(64));
  await put('images/paper.png', square(64));
  await put('images/loading.png', square(16));
  await put('favicon.ico', square(32));
}

/**
 * Writes the shop into `folder` and returns it: `public` has the files that any web server can serve; what is
 * dynamic, `backend.ts` answers. The same bytes every time.
 */
export async function makeSite(folder: string): Promise<string> {
  const put: Put = async (path, content) => {
    const file = join(folder, 'public', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await utimes(file, published, published);
  };
  for (const [path, html] of staticPages()) await put(path, html);
  for (const { path, content } of allAssets) await put(path, content);
  for (const [name, font] of fonts) await put(`assets/${name}`, fontSubset(await readFile(font), 0x20, 0x7e));
  await putPictures(put);
  await put('manifest.webmanifest', JSON.stringify(manifest));
  await put('feed.xml', feed());
  await put('sitemap.xml', sitemap());
  await put('opensearch.xml', openSearch);
  await put('robots.txt', robots);
  await put('.well-known/security.txt', security);
  return folder;
}
