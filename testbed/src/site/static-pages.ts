import { assetPath } from './assets.ts';
import { euros, type Product, products, relatedTo } from './catalogue.ts';
import { cards, page, productImage } from './frame.ts';
import { text } from './html.ts';
import { type Article, articlePath, articles, paragraphsOf } from './journal.ts';

const prose = (topic: string, paragraphs: number) =>
  Array.from(
    { length: paragraphs },
    (_, i) =>
      `<p>${text(topic)}, part ${i + 1}: made in small series by people who like what they make, packed without plastic, sent within two days, taken back within sixty. Ask us anything about materials, care and repair.</p>`,
  ).join('\n');

function productPage(product: Product): string {
  return page({
    title: product.name,
    scripts: ['cart.js'],
    main: `<p class="crumbs"><a href="/">Shop</a> › <a href="/category/${product.category}">${product.category}</a></p>
<h1>${text(product.name)}</h1>
${productImage(product, '320px', 320, false)}
<p class="price">${euros(product.price)} <span class="rating">${product.rating} of 5</span> <span id="stock" data-id="${product.id}"></span></p>
<form class="add" action="/cart" method="post"><input type="hidden" name="id" value="${product.id}"><label>Quantity <input name="quantity" type="number" value="1" min="1" max="9"></label> <button>Add to cart</button></form>
<p>Made of ${product.material.toLowerCase()}, colour <a href="/category/${product.category}?colour=${product.colour}">${product.colour}</a>.</p>
${prose(product.name, 4)}
<h2>Goes well with</h2>${cards(relatedTo(product))}
<div id="seen"></div>`,
  });
}

function articlePage(article: Article, index: number): string {
  const [opening = '', ...others] = paragraphsOf(article).map((words) => `<p>${text(words)}</p>`);
  const neighbour = articles[(index + 1) % articles.length] ?? article;
  const comments = article.comments.map(({ name, words }) => `<li><b>${text(name)}</b> ${text(words)}</li>`);
  return page({
    title: article.title,
    styles: ['journal.css'],
    scripts: ['journal.js'],
    main: `<article><h1>${text(article.title)}</h1>
<p class="byline">${text(article.author)}, <time datetime="${article.day}">${article.day}</time></p>
${opening}
<figure><img src="/images/${article.slug}-640.png" srcset="/images/${article.slug}-320.png 320w, /images/${article.slug}-640.png 640w" sizes="(max-width: 700px) 320px, 640px" alt="" width="640" height="320"></figure>
${others.join('\n')}
<p>About: <a class="product" href="/product/${article.product}.html">${text(products[article.product - 100]?.name ?? '')}</a></p>
</article>
<h2>Comments</h2><ul class="comments" data-article="${article.slug}">${comments.join('\n')}</ul>
<form class="comment" action="/comment" method="post"><input type="hidden" name="article" value="${article.slug}"><input name="name" aria-label="Name"><textarea name="text" aria-label="Comment"></textarea><button>Comment</button></form>
<p>Next: <a class="article" href="${articlePath(neighbour)}">${text(neighbour.title)}</a></p>`,
  });
}

function journalPage(list: readonly Article[], title: string, next: string): string {
  const entries = list.map(
    (article) =>
      `<li><a class="article" href="${articlePath(article)}"><img src="/images/${article.slug}-320.png" alt="" width="320" height="160" loading="lazy"><b>${text(article.title)}</b></a> <time datetime="${article.day}">${article.day}</time></li>`,
  );
  return page({
    title,
    styles: ['journal.css'],
    main: `<h1>${title}</h1><ul class="articles">${entries.join('\n')}</ul><p>${next}</p>`,
  });
}

/** Every static page: path below the document root → HTML. */
export function staticPages(): Map<string, string> {
  const pages = new Map<string, string>();
  for (const product of products) pages.set(`product/${product.id}.html`, productPage(product));
  for (const [i, article] of articles.entries())
    pages.set(`journal/${article.slug}.html`, articlePage(article, i));
  const older = '<a class="next" rel="next" href="/journal/older.html">Older articles</a>';
  const newer = '<a class="previous" rel="prev" href="/journal/">Newer articles</a>';
  pages.set('journal/index.html', journalPage(articles.slice(0, 6), 'Journal', older));
  pages.set('journal/older.html', journalPage(articles.slice(6), 'Journal, older articles', newer));
  const icon = `<svg width="32" height="32" aria-hidden="true"><use href="${assetPath('icons.svg')}#house"/></svg>`;
  pages.set(
    'about.html',
    page({
      title: 'About us',
      main: `<h1>About us</h1>${icon}${prose('About us', 8)}<p><a class="contact" href="/contact">Write to us</a></p>`,
    }),
  );
  pages.set('terms.html', page({ title: 'Terms', main: `<h1>Terms</h1>${prose('Terms', 12)}` }));
  pages.set('not-found.html', page({ title: 'Not found', main: '<h1>There is no such page</h1>' }));
  return pages;
}
