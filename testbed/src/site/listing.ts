import { type Category, categories, colours, findProducts, type Product, products } from './catalogue.ts';
import { html, type ShopRequest, type ShopResponse } from './exchange.ts';
import { cards, page } from './frame.ts';
import { text } from './html.ts';
import { articlePath, articles } from './journal.ts';

export const perPage = 8;

const orders: Record<string, (a: Product, b: Product) => number> = {
  price: (a, b) => a.price - b.price || a.id - b.id,
  rating: (a, b) => b.rating - a.rating || a.id - b.id,
  name: (a, b) => a.name.localeCompare(b.name) || a.id - b.id,
};

/** A page of a list; pages are numbered from 1, and what is no number is the first. */
export function pageOf<T>(
  list: readonly T[],
  asked: string | null,
): { items: readonly T[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(list.length / perPage));
  const page = Math.min(pages, Math.max(1, Math.trunc(Number(asked ?? 1)) || 1));
  return { items: list.slice((page - 1) * perPage, page * perPage), page, pages };
}

function links(request: ShopRequest, change: Record<string, string>): string {
  const query = new URLSearchParams(request.query);
  for (const [name, value] of Object.entries(change)) query.set(name, value);
  // Only what the shop knows goes into its links, so that nobody can plant endless addresses.
  for (const name of [...query.keys()])
    if (!['q', 'sort', 'colour', 'page'].includes(name)) query.delete(name);
  return text(`${encodeURI(request.path)}?${query}`);
}

function listing(request: ShopRequest, list: readonly Product[]): string {
  const sort = request.query.get('sort') ?? '';
  const order = Object.hasOwn(orders, sort) ? orders[sort] : undefined;
  const sorted = order ? list.toSorted(order) : list;
  const { items, page: at, pages } = pageOf(sorted, request.query.get('page'));
  const turn = (to: number, name: string) =>
    `<li><a class="${name}" rel="${name === 'next' ? 'next' : 'prev'}" href="${links(request, { page: String(to) })}">${name}</a></li>`;
  const sorts = Object.keys(orders).map(
    (name) =>
      `<li><a class="sort" rel="nofollow" href="${links(request, { sort: name, page: '1' })}">by ${name}</a></li>`,
  );
  return `<ul class="filters">${sorts.join('')}</ul>
${cards(items)}
<ul class="pages"><li>${at} of ${pages}</li>${at > 1 ? turn(at - 1, 'previous') : ''}${at < pages ? turn(at + 1, 'next') : ''}</ul>`;
}

function choice(name: string, values: readonly string[], chosen: string | null | undefined): string {
  const options = ['', ...values].map(
    (value) =>
      `<option value="${value}"${value !== '' && value === chosen ? ' selected' : ''}>${value || `any ${name}`}</option>`,
  );
  return `<select name="${name}" aria-label="${name}">${options.join('')}</select>`;
}

/** `/category/NAME?page=&sort=&colour=`; undefined when there is no such category. */
export function categoryPage(request: ShopRequest, name: string): ShopResponse | undefined {
  const category = categories.find((known): known is Category => known === name);
  if (!category) return undefined;
  const colour = colours.find((known) => known === request.query.get('colour'));
  const list = products.filter(
    (product) => product.category === category && (!colour || product.colour === colour),
  );
  const filters = colours.map(
    (known) =>
      `<li><a class="filter" rel="nofollow" href="${links(request, { colour: known, page: '1' })}">${known}</a></li>`,
  );
  const form = `<form class="filter" action="/category/${category}" method="get">${choice('colour', colours, colour)}${choice('sort', Object.keys(orders), request.query.get('sort'))}<button>Show</button></form>`;
  const main = `<h1>${category}</h1><ul class="filters">${filters.join('')}</ul>${form}${listing(request, list)}`;
  return html(page({ title: category, main }));
}

/** `/search?q=&page=&sort=`: products, and articles whose title has the words. */
export function searchPage(request: ShopRequest): ShopResponse {
  const query = (request.query.get('q') ?? '').slice(0, 200);
  const found = findProducts(query);
  const read = articles.filter(
    ({ title }) => query !== '' && title.toLowerCase().includes(query.toLowerCase()),
  );
  const more = read.map(
    (article) => `<p><a class="article" href="${articlePath(article)}">${text(article.title)}</a></p>`,
  );
  const results = found.length > 0 ? listing(request, found) : '<p class="empty">Nothing found.</p>';
  return html(
    page({ title: 'Search', main: `<h1>Results for ${text(query)}</h1>${results}${more.join('')}` }),
  );
}

export function homePage(): ShopResponse {
  const featured = products.filter((product) => product.id % 8 === 3);
  const news = articles
    .slice(0, 3)
    .map(
      (article) => `<li><a class="article" href="${articlePath(article)}">${text(article.title)}</a></li>`,
    );
  const main = `<h1>Welcome</h1><p>Things for the house, made in small series by people who like what they make.</p>
${cards(featured)}
<h2>From the journal</h2><ul>${news.join('')}</ul>`;
  return html(page({ title: 'Welcome', main }));
}
