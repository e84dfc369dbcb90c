import { categories, pathOf, productOf } from './catalogue.ts';
import { redirect, type ShopRequest, type ShopResponse } from './exchange.ts';
import { articlePath, articles } from './journal.ts';

/** Short addresses for letters and partners. */
const short: Readonly<Record<string, string>> = {
  workshops: '/about.html',
  sale: '/category/lamps?sort=price',
  spring: '/category/garden',
  journal: '/journal/',
};

/** Where an address of former days is now; undefined when it never was one. */
export function moved({ path, query }: ShopRequest): ShopResponse | undefined {
  if (path === '/index.html') return redirect('/', 301);
  if (path === '/security.txt') return redirect('/.well-known/security.txt', 301);
  if (path === '/shop.php') {
    const product = productOf(query.get('id') ?? '');
    return redirect(product ? pathOf(product) : '/', 301);
  }
  const category = /^[/]category[/](\w+)[.]html$/.exec(path)?.[1];
  if (categories.some((known) => known === category)) return redirect(`/category/${category}`, 301);
  const slug = path.startsWith('/blog/') ? path.slice('/blog/'.length) : undefined;
  const article = articles.find((known) => known.slug === slug);
  if (article) return redirect(articlePath(article), 301);
  const name = path.startsWith('/go/') ? path.slice('/go/'.length) : '';
  const to = Object.hasOwn(short, name) ? short[name] : undefined;
  return to ? redirect(to, 302) : undefined;
}
