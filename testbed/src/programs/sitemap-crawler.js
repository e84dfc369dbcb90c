// A declared crawler: robots.txt, the sitemap, its pages, and some of them again if they have changed.
// Arguments: site, seed, speed, pages.
import { setTimeout } from 'node:timers/promises';

const [site, seed, speed, pages] = process.argv.slice(2);
const headers = {
  'User-Agent': 'Mozilla/5.0 (compatible; ExampleSearch/2.1; +https://search.example/robot)',
};

/** Fetches a page, conditionally when it was there before, and remembers its validators. */
const validators = new Map();
async function fetchText(address) {
  const known = validators.get(address);
  const answer = await fetch(address, { headers: { ...headers, ...known }, redirect: 'manual' });
  const etag = answer.headers.get('etag');
  const modified = answer.headers.get('last-modified');
  if (etag) validators.set(address, { 'If-None-Match': etag });
  else if (modified) validators.set(address, { 'If-Modified-Since': modified });
  return answer.text();
}

const forbidden = [...(await fetchText(`${site}/robots.txt`)).matchAll(/^Disallow:\s*(\S+)/gim)].map(
  ([, path]) => path,
);
const sitemap = await fetchText(`${site}/sitemap.xml`);
const listed = [...sitemap.matchAll(/<loc>([^<]+)<\/loc>/g)].map(([, address]) => address);
const allowed = listed.filter(
  (address) => !forbidden.some((path) => new URL(address).pathname.startsWith(path)),
);
const first = Number(seed) % Math.max(1, allowed.length);
const turned = [...allowed.slice(first), ...allowed.slice(0, first)];
const fresh = turned.slice(0, Math.ceil(Number(pages) * 0.75));
for (const address of [...fresh, ...fresh].slice(0, Number(pages))) {
  await setTimeout((700 + (address.length % 7) * 100) / Number(speed));
  await fetchText(address);
}
