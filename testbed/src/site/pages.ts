import { categories, type Product, products } from './catalogue.ts';

const euros = (cents: number) => `${(cents / 100).toFixed(2)} €`;

/** The frame around every page. The CGI handlers use it too, as a template with {{title}} and {{main}}. */
export function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} – Example Shop</title>
<link rel="stylesheet" href="/assets/shop.css">
<link rel="icon" href="/favicon.ico">
<link rel="manifest" href="/manifest.webmanifest">
<link rel="alternate" type="application/rss+xml" href="/feed.xml">
<link rel="preload" href="/assets/shop.ttf" as="font" type="font/ttf" crossorigin>
<script src="/assets/vendor.js" defer></script>
<script src="/assets/shop.js" defer></script>
</head>
<body>
<header>
<a class="home" href="/"><img src="/images/logo.png" alt="Example Shop" width="64" height="64"></a>
<nav>${categories.map((name) => `<a class="category" href="/category/${name}.html">${name}</a>`).join(' ')}</nav>
<form class="search" action="/search" method="get"><input name="q" type="search" aria-label="Search"><button>Search</button></form>
<a class="account" href="/account">Account</a> <a class="basket" href="/cart">Cart</a>
</header>
<main>${main}</main>
<footer><a class="about" href="/about.html">About us</a> <a class="contact" href="/contact">Contact</a> <a class="terms" href="/terms.html">Terms</a></footer>
</body>
</html>
`;
}

function card(product: Product): string {
  return `<a class="product" href="/product/${product.id}.html"><img src="/images/${product.id}-small.png" alt="" width="160" height="160" loading="lazy"><b>${product.name}</b> ${euros(product.price)}</a>`;
}

const cards = (list: readonly Product[]) => `<div class="grid">${list.map(card).join('\n')}</div>`;
const prose = (topic: string, paragraphs: number) =>
  Array.from(
    { length: paragraphs },
    (_, i) =>
      `<p>${topic}, part ${i + 1}: made in small series by people who like what they make, packed without plastic, sent within two days, taken back within sixty. Ask us anything about materials, care and repair.</p>`,
  ).join('\n');

function productPage(product: Product): string {
  const related = products.filter((other) => other.category === product.category && other.id !== product.id);
  return page(
    product.name,
    `<h1>${product.name}</h1>
<img src="/images/${product.id}-large.png" alt="${product.name}" width="480" height="480">
<p class="price">${euros(product.price)} <span id="stock" data-id="${product.id}"></span></p>
<form class="add" action="/cart" method="post"><input type="hidden" name="id" value="${product.id}"><button>Add to cart</button></form>
${prose(product.name, 4)}
<h2>Goes well with</h2>${cards(related.slice(product.id % 3, (product.id % 3) + 4))}`,
  );
}

/** Every static page: path below the document root → HTML. */
export function staticPages(): Map<string, string> {
  const pages = new Map<string, string>();
  const featured = products.filter((product) => product.id % 4 === 0);
  pages.set('index.html', page('Welcome', `<h1>Welcome</h1>${prose('Our shop', 1)}${cards(featured)}`));
  for (const category of categories) {
    const list = products.filter((product) => product.category === category);
    pages.set(`category/${category}.html`, page(category, `<h1>${category}</h1>${cards(list)}`));
  }
  for (const product of products) pages.set(`product/${product.id}.html`, productPage(product));
  pages.set('about.html', page('About us', `<h1>About us</h1>${prose('About us', 8)}`));
  pages.set('terms.html', page('Terms', `<h1>Terms</h1>${prose('Terms', 12)}`));
  pages.set('not-found.html', page('Not found', '<h1>There is no such page</h1>'));
  return pages;
}
