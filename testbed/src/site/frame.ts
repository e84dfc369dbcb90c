import { type AssetName, assetPath } from './assets.ts';
import { categories, euros, type Product, pathOf } from './catalogue.ts';
import { text } from './html.ts';

export interface Page {
  readonly title: string;
  /** HTML of the main part. */
  readonly main: string;
  readonly styles?: readonly AssetName[];
  readonly scripts?: readonly AssetName[];
  /** More lines for the head, HTML. */
  readonly head?: string;
}

/** The frame around every page: it works without scripts, and text browsers find everything by links and forms. */
export function page({ title, main, styles = ['shop.css'], scripts = [], head = '' }: Page): string {
  const sheets = (['base.css', ...styles] as const).map(
    (name) => `<link rel="stylesheet" href="${assetPath(name)}">`,
  );
  const code = (['vendor.js', 'shop.js', ...scripts] as const).map(
    (name) => `<script src="${assetPath(name)}" defer></script>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)} – Example Shop</title>
<script src="${assetPath('theme.js')}"></script>
${sheets.join('\n')}
<link rel="stylesheet" href="${assetPath('print.css')}" media="print">
<link rel="preload" href="/assets/shop-1.ttf" as="font" type="font/ttf" crossorigin>
<link rel="icon" href="/favicon.ico" sizes="32x32">
<link rel="apple-touch-icon" href="/images/icon-180.png">
<link rel="manifest" href="/manifest.webmanifest">
<link rel="alternate" type="application/rss+xml" title="Journal" href="/feed.xml">
<link rel="search" type="application/opensearchdescription+xml" title="Example Shop" href="/opensearch.xml">
${code.join('\n')}
<script src="${assetPath('analytics.js')}" async></script>
${head}</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="home" href="/"><img src="/images/logo.png" alt="Example Shop" width="64" height="64"></a>
<nav>${categories.map((name) => `<a class="category" href="/category/${name}">${name}</a>`).join(' ')} <a class="journal" href="/journal/">journal</a></nav>
<form class="search" action="/search" method="get"><input name="q" type="search" aria-label="Search" autocomplete="off"><button>Search</button></form>
<a class="account" href="/account">Account</a> <a class="basket" href="/cart"><svg width="16" height="16" aria-hidden="true"><use href="${assetPath('icons.svg')}#cart"/></svg> Cart</a>
</header>
<main id="main">${main}</main>
<footer>
<a class="about" href="/about.html">About us</a> <a class="contact" href="/contact">Contact</a> <a class="terms" href="/terms.html">Terms</a> <a class="feed" href="/feed.xml">Feed</a> <a class="partner" href="/go/workshops">Our workshops</a>
<form class="newsletter" action="/newsletter" method="post"><input name="email" type="email" aria-label="E-mail"><button>Subscribe</button></form>
</footer>
</body>
</html>
`;
}

/** A picture of a product in the size that the window asks for. */
export function productImage(product: Product, sizes: string, side: number, lazy: boolean): string {
  const at = (width: number) => `/images/${product.id}-${width}.png`;
  return `<img src="${at(side)}" srcset="${[80, 160, 320].map((width) => `${at(width)} ${width}w`).join(', ')}" sizes="${sizes}" alt="${text(product.name)}" width="${side}" height="${side}"${lazy ? ' loading="lazy" decoding="async"' : ''}>`;
}

function card(product: Product): string {
  return `<a class="product" href="${pathOf(product)}">${productImage(product, '(max-width: 600px) 80px, 160px', 160, true)}<b>${text(product.name)}</b> <span class="price">${euros(product.price)}</span></a>`;
}

export const cards = (list: readonly Product[]) => `<div class="grid">${list.map(card).join('\n')}</div>`;
