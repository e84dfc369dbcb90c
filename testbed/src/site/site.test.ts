/** The shop as one program, asked directly: what web servers before it add is theirs to test. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accounts } from './accounts.ts';
import { allAssets } from './assets.ts';
import { type Crawled, crawl, fetchFrom } from './crawl.ts';
import { htmlProblems } from './html-problems.ts';
import { makeSite } from './make-site.ts';
import { type Backend, startBackend } from './start-backend.ts';

let folder: string;
let site: string;
let backend: Backend;
let base: string;
let crawled: Crawled;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ja4-site-'));
  site = await makeSite(join(folder, 'site'));
  backend = await startBackend({ network: { inside: [] }, site });
  base = `http://127.0.0.1:${backend.port}`;
  crawled = await crawl(fetchFrom(base), 'https://shop.example');
});

afterAll(async () => {
  await backend?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** A visitor without scripts: keeps cookies, sends forms. */
class Visitor {
  readonly #cookies = new Map<string, string>();

  async #ask(path: string, options: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(base + path, { redirect: 'manual', ...options, headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      this.#cookies.set(name, value);
    }
    return answer;
  }

  async read(path: string): Promise<string> {
    return (await this.#ask(path)).text();
  }

  send(path: string, fields: Record<string, string>): Promise<Response> {
    return this.#ask(path, { method: 'POST', body: new URLSearchParams(fields) });
  }
}

const pages = () => [...crawled.pages].filter(([, { type }]) => type.startsWith('text/html'));

describe('the shop', () => {
  it('has everything that it links to', () => {
    expect(crawled.problems).toEqual([]);
    expect(pages().length).toBeGreaterThan(150);
    const kinds = new Set([...crawled.pages.values()].map(({ type }) => type.split(';')[0]));
    for (const kind of [
      'text/css',
      'text/javascript',
      'image/png',
      'image/svg+xml',
      'font/ttf',
      'application/xml',
    ]) {
      expect(kinds).toContain(kind);
    }
  });

  it('links or loads every file it has', async () => {
    const unused: string[] = [];
    for (const entry of await readdir(join(site, 'public'), { recursive: true, withFileTypes: true })) {
      const path = `${entry.parentPath.slice(join(site, 'public').length)}/${entry.name}`;
      const plain = path.replace(/index[.]html$/, '');
      if (entry.isFile() && !crawled.pages.has(plain)) unused.push(path);
    }
    expect(unused).toEqual(['/not-found.html']);
  });

  it('has well-formed pages that need no script', () => {
    const wrong = pages().flatMap(([path, { body }]) =>
      htmlProblems(body).map((problem) => `${path}: ${problem}`),
    );
    expect(wrong).toEqual([]);
  });

  it('gives every form a target and a button', () => {
    for (const [path, { body }] of pages()) {
      for (const [form] of body.matchAll(/<form[\s\S]*?<\/form>/g)) {
        expect(form, path).toMatch(/^<form class="[a-z]+" action="[/][^"]*" method="(get|post)">/);
        expect(form, path).toContain('<button>');
      }
    }
  });

  it('answers what its scripts ask', async () => {
    const asked = allAssets.flatMap(({ path, content }) =>
      path.endsWith('.js')
        ? [...content.matchAll(/['"]([/]api[/][a-z]+)/g)].map((match) => match[1] ?? '')
        : [],
    );
    expect(new Set(asked).size).toBeGreaterThanOrEqual(6);
    const complete: Record<string, string> = { '/api/stock': '?id=101', '/api/comments': '?article=moths' };
    for (const path of new Set(asked)) {
      const answer = await fetch(base + path + (complete[path] ?? ''));
      expect(answer.ok, path).toBe(true);
    }
  });

  it('is the same bytes every time', async () => {
    const again = await makeSite(join(folder, 'again'));
    const files = await readdir(join(site, 'public'), { recursive: true, withFileTypes: true });
    for (const entry of files.filter((found) => found.isFile())) {
      const first = join(entry.parentPath, entry.name);
      const second = join(again, first.slice(site.length));
      expect((await readFile(first)).equals(await readFile(second)), first).toBe(true);
    }
    const home = async () => (await fetch(base)).headers.get('etag');
    expect(await home()).toBe(await home());
  });

  it('is small', async () => {
    const sizes = [...crawled.pages].map(([path, { body }]) => ({ path, size: body.length }));
    expect(sizes.filter(({ size }) => size > 60_000)).toEqual([]);
  });
});

describe('the shop keeps what browsers have', () => {
  it('answers a known page and a known file with 304', async () => {
    for (const path of [
      '/',
      '/category/lamps',
      '/product/101.html',
      '/feed.xml',
      '/images/logo.png',
      '/api/products',
    ]) {
      const tag = (await fetch(base + path)).headers.get('etag') ?? '';
      expect(tag, path).toMatch(/^"[0-9a-f]{16}"$/);
      const again = await fetch(base + path, { headers: { 'if-none-match': `"other", W/${tag}` } });
      expect([path, again.status, await again.text()]).toEqual([path, 304, '']);
    }
    const modified = (await fetch(`${base}/feed.xml`)).headers.get('last-modified') ?? '';
    const since = (date: string) => fetch(`${base}/feed.xml`, { headers: { 'if-modified-since': date } });
    expect((await since(modified)).status).toBe(304);
    expect((await since('Thu, 01 Jan 2015 00:00:00 GMT')).status).toBe(200);
    expect((await since('nonsense')).status).toBe(200);
  });

  it('lets versioned names live for a year and pages not at all', async () => {
    const cacheControl = async (path: string) => (await fetch(base + path)).headers.get('cache-control');
    for (const { path } of allAssets)
      expect(await cacheControl(path)).toBe('public, max-age=31536000, immutable');
    expect(await cacheControl('/images/101-80.png')).toBe('public, max-age=86400');
    for (const path of ['/', '/about.html', '/cart']) expect(await cacheControl(path)).toBe('no-cache');
  });
});

describe('a visitor without scripts', () => {
  it('gets a cookie with the first page that is made for it, and keeps it', async () => {
    const given = async (path: string, cookie = '') =>
      (await fetch(base + path, { headers: { cookie } })).headers.getSetCookie().length;
    expect([await given('/'), await given('/no/page'), await given('/', 'visitor=1')]).toEqual([1, 0, 0]);
    expect([await given('/product/101.html'), await given('/api/products')]).toEqual([0, 0]);
  });

  it('turns the pages of a list, sorted and filtered', async () => {
    const visitor = new Visitor();
    const prices = (html: string) =>
      [...html.matchAll(/class="price">([\d.]+)/g)].map((match) => Number(match[1]));
    const first = await visitor.read('/category/lamps?sort=price');
    const next = /class="next"[^>]*href="([^"]*)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const all = [...prices(first), ...prices(await visitor.read(next))];
    expect(all).toHaveLength(16);
    expect(all).toEqual(all.toSorted((a, b) => a - b));
    expect(prices(await visitor.read('/category/lamps?colour=moss')).length).toBeLessThan(8);
    expect(await visitor.read('/search?q=oak+lamp')).toContain('Oak Floor Lamp');
    expect(await visitor.read('/search?q=%3Cscript%3E')).not.toContain('<h1>Results for <script>');
  });

  it('fills a cart, changes it and orders', async () => {
    const visitor = new Visitor();
    expect((await visitor.send('/cart', { id: '101', quantity: '2' })).headers.get('location')).toBe('/cart');
    await visitor.send('/cart', { id: '110' });
    expect(await visitor.read('/api/cart')).toContain('"count":3');
    await visitor.send('/cart', { id: '101', quantity: '5', do: 'change' });
    await visitor.send('/cart', { id: '110', do: 'remove' });
    expect(JSON.parse(await visitor.read('/api/cart'))).toMatchObject({
      count: 5,
      items: [{ id: 101, quantity: 5 }],
    });
    expect(await visitor.read('/checkout')).toContain('<form class="checkout"');
    const ordered = await visitor.send('/checkout', { name: 'Visitor', street: 'Here 1' });
    expect(await ordered.text()).toContain('class="ordered"');
    expect(await visitor.read('/api/cart')).toContain('"count":0');
  });

  it('signs in with the right password only, and out', async () => {
    const visitor = new Visitor();
    const wrong = await visitor.send('/login', { user: 'ada', password: 'lovelace' });
    expect(wrong.status).toBe(403);
    expect(await wrong.text()).toContain('Wrong user or password');
    expect((await visitor.send('/login', { user: 'ada', password: 'analytical' })).status).toBe(303);
    expect(await visitor.read('/account')).toContain('Hello ada');
    await visitor.send('/logout', {});
    expect(await visitor.read('/account')).not.toContain('Hello');
  });

  it('registers, and signs in as who it registered', async () => {
    const visitor = new Visitor();
    expect((await visitor.send('/register', { user: 'x', password: 'short' })).status).toBe(422);
    expect((await visitor.send('/register', { user: 'ada', password: 'long enough' })).status).toBe(409);
    expect((await visitor.send('/register', { user: 'newcomer', password: 'long enough' })).status).toBe(303);
    expect(await new Visitor().read('/account')).not.toContain('newcomer');
    expect(await visitor.read('/account')).toContain('Hello newcomer');
    const elsewhere = await new Visitor().send('/login', { user: 'newcomer', password: 'long enough' });
    expect(elsewhere.status).toBe(303);
  });

  it('writes, subscribes and comments', async () => {
    const visitor = new Visitor();
    const thanked = async (path: string, fields: Record<string, string>) =>
      (await (await visitor.send(path, fields)).text()).includes('class="thanks"');
    expect(await thanked('/contact', { name: 'A', text: 'B' })).toBe(true);
    expect(await thanked('/newsletter', { email: 'a@shop.example' })).toBe(true);
    expect(await thanked('/newsletter', { email: 'no address' })).toBe(false);
    expect(await thanked('/comment', { article: 'moths', name: 'A', text: 'B' })).toBe(true);
    expect(await thanked('/comment', { article: 'moths', name: 'A', text: '' })).toBe(false);
  });

  it('finds old addresses moved', async () => {
    const location = async (path: string) => {
      const answer = await fetch(base + path, { redirect: 'manual' });
      return `${answer.status} ${answer.headers.get('location')}`;
    };
    expect(await location('/category/lamps.html')).toBe('301 /category/lamps');
    expect(await location('/shop.php?id=101')).toBe('301 /product/101.html');
    expect(await location('/blog/moths')).toBe('301 /journal/moths.html');
    expect(await location('/go/spring')).toBe('302 /category/garden');
    expect(await location('/journal')).toBe('301 /journal/');
    expect((await fetch(`${base}/go/constructor`)).status).toBe(404);
  });
});

it('keeps what browsers say about themselves for tests to read', async () => {
  const body = JSON.stringify({ webdriver: false });
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'tester',
    'x-forwarded-for': '198.18.0.7',
  };
  await fetch(`${base}/api/report`, { method: 'POST', body, headers });
  const reports = (await (await fetch(`${base}/api/report`)).json()) as unknown[];
  expect(reports.at(-1)).toEqual({ address: '198.18.0.7', userAgent: 'tester', seen: { webdriver: false } });
});

it('has no account whose password is in the word lists of the programs that guess', async () => {
  const list = await readFile(join(import.meta.dirname, '../programs/passwords.txt'), 'utf8');
  expect(list.split('\n').filter((word) => [...accounts.values()].includes(word))).toEqual([]);
});
