import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { hostile } from '../../packages/dashboard/src/server/sample-traffic.test-support.ts';
import { type DashboardInBrowser, openDashboardInBrowser } from '../setup/dashboard-in-browser.ts';
import { itNeeds, program } from '../setup/needs.ts';

const chromium = program('chromium');
const inChromium = itNeeds(chromium);

let opened: DashboardInBrowser;

beforeAll(async () => {
  if (chromium.present()) opened = await openDashboardInBrowser();
});

afterAll(() => opened?.close());

interface Window {
  width?: number;
  colorScheme?: 'light' | 'dark';
  javaScriptEnabled?: boolean;
}

/** A page of its own, with everything it complained about: console errors, policy violations, dialogs. */
async function open({
  width = 1440,
  ...options
}: Window = {}): Promise<{ page: Page; complaints: string[] }> {
  const context = await opened.browser.newContext({ viewport: { width, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, complaints };
}

const pages = [
  '/',
  '/?data=empty',
  '/detections',
  '/scores?level=NORMAL&level=LEGITIMATE_BROWSER',
  '/traffic',
  '/ip/198.19.0.9',
  '/ip/198.18.48.42',
  '/ip/2001:db8:16::7',
  `/ja4/${encodeURIComponent(hostile)}`,
  '/pipeline',
  '/help',
];

describe('the dashboard in a browser', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 900, 390]) {
      inChromium(`fits ${width} pixels in the ${colorScheme} theme, without a complaint`, async () => {
        const { page, complaints } = await open({ width, colorScheme });
        for (const path of pages) {
          const response = await page.goto(opened.dashboard.url + path);
          expect(response?.status(), path).toBe(200);
          const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
          expect(overflow, `${path} is wider than the window`).toBeLessThanOrEqual(0);
        }
        expect(complaints).toEqual([]);
        await page.context().close();
      });
    }
  }

  inChromium('leads from the overview to a visitor and back without scripts', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    await page.goto(opened.dashboard.url);
    await page.getByRole('link', { name: '1 high', exact: true }).click();
    expect(new URL(page.url()).search).toBe('?level=HIGH');
    await page.getByRole('link', { name: '198.19.0.10', exact: true }).click();
    expect(await page.locator('h1').textContent()).toContain('says python-requests 2.31');
    await page.goBack();
    expect(new URL(page.url()).pathname).toBe('/detections');
    await page.context().close();
  });

  inChromium('filters by form, lifts a filter and narrows to a value without scripts', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    await page.goto(`${opened.dashboard.url}/scores`);
    await page.locator('.tick', { hasText: 'CRITICAL' }).click();
    await page.getByLabel('Address').fill('198.19.0.0/24');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await page.locator('.chip', { hasText: 'CRITICAL' }).click();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(2);
    await page.locator('tbody tr').first().hover();
    await page.getByRole('link', { name: 'Not ip 198.19.0.9' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    expect(new URL(page.url()).searchParams.get('not_ip')).toBe('198.19.0.9');
    await page.context().close();
  });

  inChromium('is walked through with the keyboard', async () => {
    const { page } = await open();
    await page.goto(`${opened.dashboard.url}/detections`);
    const first = await page.locator('tbody tr:nth-child(2) a[href^="/ip/"]').textContent();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/ip\//);
    expect(await page.locator('.who .whole').textContent()).toBe(first);
    await page.keyboard.press('/');
    await page.keyboard.type('198.18.16.3');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${opened.dashboard.url}/ip/198.18.16.3`);
    await page.context().close();
  });

  inChromium('leads through the sessions of a shared address, and back', async () => {
    const { page, complaints } = await open();
    await page.goto(`${opened.dashboard.url}/scores?ip=198.18.48.0/20`);
    // The row of the person's session leads to that session and not to the program's.
    await page
      .locator('tr', { hasText: 'LEGITIMATE' })
      .getByRole('link', { name: '198.18.48.42' })
      .first()
      .click();
    await expect.poll(() => page.locator('h1').textContent()).toContain('LEGITIMATE 0.30');
    await page.locator('.sessions a', { hasText: 'CRITICAL' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('h1').textContent()).toContain('CRITICAL 0.94');
    expect(await page.locator('.sessions [aria-current]').textContent()).toContain('CRITICAL');
    await page.goBack();
    await expect.poll(() => page.locator('h1').textContent()).toContain('LEGITIMATE 0.30');
    await page.goBack();
    await page.waitForURL(/\/scores\?ip=198\.18\.48\.0/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  inChromium('keeps what its form does not show when another filter is applied', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    await page.goto(
      `${opened.dashboard.url}/traffic?not_path=/&not_http_version=HTTP/1.1&host=shop.example&host=b.example`,
    );
    await page.getByRole('textbox', { name: 'Status' }).fill('404');
    await page.getByRole('button', { name: 'Apply' }).click();
    const { searchParams } = new URL(page.url());
    expect(searchParams.get('status')).toBe('404');
    expect(searchParams.getAll('host').sort()).toEqual(['b.example', 'shop.example']);
    expect([searchParams.get('not_path'), searchParams.get('not_http_version')]).toEqual(['/', 'HTTP/1.1']);
    await page.context().close();
  });

  inChromium('chooses time range and dataset, and keeps them from page to page', async () => {
    const { page } = await open();
    await page.goto(opened.dashboard.url);
    await page.locator('.range summary').click();
    await page.getByRole('link', { name: 'last 6 h' }).click();
    await page.getByRole('link', { name: 'Visitors', exact: true }).click();
    expect(new URL(page.url()).searchParams.get('from')).toBe('now-6h');
    await page.getByRole('link', { name: 'Empty' }).click();
    expect(await page.locator('main').textContent()).toContain('Nobody has been scored in this range.');
    await page.locator('.range summary').click();
    await page.getByLabel('From').fill('2026-01-01');
    await page.getByRole('button', { name: 'Show' }).click();
    const { searchParams } = new URL(page.url());
    expect([searchParams.get('from'), searchParams.get('data')]).toEqual(['2026-01-01', 'empty']);
    await page.context().close();
  });

  inChromium('lets its own pages connect to nothing', async () => {
    const { page } = await open();
    await page.goto(`${opened.dashboard.url}/help`);
    const status = await page.evaluate(
      `fetch('/api/overview').then((response) => response.status, () => 'refused')`,
    );
    // The policy allows no connection from a page, not even to itself.
    expect(status).toBe('refused');
    await page.context().close();
  });
});
