/** The shop's scripts in a real browser, and what of a visit comes from the browser's cache. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program } from '../../../test/setup/needs.ts';
import { makeSite } from './make-site.ts';
import { type Backend, startBackend } from './start-backend.ts';

const need = program('chromium');
const it = itNeeds(need);

let folder: string;
let backend: Backend;
let browser: Browser;
let base: string;

beforeAll(async () => {
  if (!need.present()) return;
  folder = await mkdtemp(join(tmpdir(), 'ja4-browser-'));
  backend = await startBackend({ network: { inside: [] }, site: await makeSite(join(folder, 'site')) });
  base = `http://127.0.0.1:${backend.port}`;
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});

afterAll(async () => {
  await browser?.close();
  await backend?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** A fresh visitor; what goes wrong on the pages is collected. */
async function visitor(): Promise<{ page: Page; wrong: string[]; asked: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const [wrong, asked]: [string[], string[]] = [[], []];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('response', (answer) => {
    if (answer.status() >= 400) wrong.push(`${answer.status()} ${answer.url()}`);
  });
  page.on('request', (request) => asked.push(`${request.method()} ${request.url().slice(base.length)}`));
  return { page, wrong, asked };
}

describe('the shop in a browser', () => {
  it('suggests while one types, and leads to what it suggests', async () => {
    const { page, wrong } = await visitor();
    await page.goto(base);
    await page.locator('form.search input').pressSequentially('oak t', { delay: 30 });
    await page.click('ul.suggestions a:text-is("Oak Table")');
    await page.waitForSelector('h1:text-is("Results for Oak Table")');
    expect(await page.textContent('main a.product b')).toBe('Oak Table');
    expect(wrong).toEqual([]);
  });

  it('puts into the cart without leaving the page, and shows stock and what was seen before', async () => {
    const { page, wrong, asked } = await visitor();
    await page.goto(`${base}/product/101.html`);
    await page.waitForSelector('#stock:has-text("left")');
    await page.click('form.add button');
    await page.waitForSelector('a.basket:has-text("Cart (1)")');
    expect(page.url()).toBe(`${base}/product/101.html`);
    await page.goto(`${base}/product/102.html`);
    await page.waitForSelector('#seen:has-text("Linen Lamp")');
    expect(asked).toContain('POST /api/cart');
    expect(asked).toContain('POST /api/beacon');
    expect(wrong).toEqual([]);
  });

  it('loads what a page is made of once', async () => {
    const { page } = await visitor();
    // Bodies that came over the connection: what is in the cache counts nothing.
    const transferred = async (path: string) => {
      await page.goto(base + path, { waitUntil: 'networkidle' });
      return page.evaluate(
        'performance.getEntriesByType("resource").filter((one) => one.transferSize > 0 && /assets|logo/.test(one.name)).length',
      );
    };
    expect(await transferred('/category/lamps')).toBeGreaterThan(8);
    expect(await transferred('/category/chairs')).toBe(0);
  });

  it('shows an automated browser what gives it away', async () => {
    const { page, wrong } = await visitor();
    await page.goto(`${base}/report`);
    await page.waitForSelector('#sent:has-text("sent")');
    const reports = (await (await fetch(`${base}/api/report`)).json()) as { seen: { webdriver: unknown } }[];
    expect(reports.at(-1)?.seen.webdriver).toBe(true);
    expect(wrong).toEqual([]);
  });
});
