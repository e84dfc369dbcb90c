import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { server } from '../network.ts';
import { randomFrom } from '../random.ts';
import { products } from './catalogue.ts';
import { page, staticPages } from './pages.ts';
import { picture } from './png.ts';

const style = `@font-face{font-family:Shop;src:url(/assets/shop.ttf)}
body{font:16px/1.5 Shop,sans-serif;margin:0 auto;max-width:64rem;padding:1rem}
header,footer{display:flex;gap:1rem;align-items:center;flex-wrap:wrap}
.grid{display:grid;grid-template-columns:repeat(4,1fr);gap:1rem}.product{display:block}
main{background:url(/images/paper.png)}
`;

/** Asks for the stock as real shops do: a fetch that only clients with scripts make. */
const script = `const stock=document.getElementById('stock');
if(stock)fetch('/api/stock?id='+stock.dataset.id).then(r=>r.json()).then(s=>{stock.textContent=s.left+' left'});
`;

function feed(): string {
  const items = products
    .slice(0, 12)
    .map((product) => `<item><title>${product.name}</title><link>https://${server.name}/product/${product.id}.html</link></item>`);
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>Example Shop</title>${items.join('')}</channel></rss>\n`;
}

function sitemap(): string {
  const urls = [...staticPages().keys()].filter((path) => path !== 'not-found.html');
  return `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls
    .map((path) => `<url><loc>https://${server.name}/${path === 'index.html' ? '' : path}</loc></url>`)
    .join('')}</urlset>\n`;
}

/** Writes the shop that is served: `public` for files, `handlers` for the CGI program. The same bytes every time. */
export async function makeSite(folder: string): Promise<string> {
  const put = async (path: string, content: string | Buffer) => {
    const file = join(folder, 'public', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  const random = randomFrom(1);
  for (const [path, html] of staticPages()) await put(path, html);
  for (const product of products) {
    await put(`images/${product.id}-small.png`, picture(48, random));
    await put(`images/${product.id}-large.png`, picture(120, random));
  }
  await put('images/logo.png', picture(32, random));
  await put('images/paper.png', picture(64, random));
  await put('favicon.ico', picture(16, random));
  await put('assets/shop.css', style);
  await put('assets/shop.js', script);
  await put('assets/vendor.js', `/* ${'a library '.repeat(2000)}*/\n`);
  await put('manifest.webmanifest', JSON.stringify({ name: 'Example Shop', start_url: '/' }));
  await put('feed.xml', feed());
  await put('sitemap.xml', sitemap());
  await put('robots.txt', `User-agent: *\nDisallow: /account\nDisallow: /cart\nSitemap: https://${server.name}/sitemap.xml\n`);
  await copyFile('/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf', join(folder, 'public/assets/shop.ttf'));

  const handlers = join(folder, 'handlers');
  await mkdir(handlers, { recursive: true });
  await writeFile(join(handlers, 'frame.html'), page('{{title}}', '{{main}}'));
  await writeFile(
    join(handlers, 'products.txt'),
    products.map((product) => `${product.id}\t${product.name}\t${product.category}\n`).join(''),
  );
  await copyFile(join(import.meta.dirname, 'shop.pl'), join(handlers, 'shop.pl'));
  await chmod(join(handlers, 'shop.pl'), 0o755);
  return folder;
}
