import { AxeBuilder } from '@axe-core/playwright';
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

const pages = [
  '/',
  '/?data=empty',
  '/?from=2020-01-01&to=2020-01-02',
  '/detections',
  '/detections?level=CRITICAL&not_ip=198.19.0.10&sort=hits',
  '/detections?data=empty',
  '/scores?limit=10',
  '/traffic?limit=10',
  '/traffic?search=nothing-has-this',
  '/ip/198.19.0.9',
  '/ip/198.18.48.42',
  '/ip/2001:db8:16::7',
  '/ip/198.18.200.200',
  '/ja4/t13d1516h2_8daaf6152771_02713d6af862',
  `/ja4/${encodeURIComponent(hostile)}`,
  '/pipeline',
  '/pipeline?data=empty',
  '/help',
  // Problems: not found, refused parameter.
  '/nothing-here',
  '/scores?level=NONE',
];

/** What WCAG 2.2 asks for at levels A and AA, and axe's own best practices. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

describe('every page holds to WCAG 2.2 AA', () => {
  // Both themes and both widths, without the squares between them: a run takes half a minute.
  for (const [colorScheme, width] of [
    ['light', 1440],
    ['dark', 390],
  ] as const) {
    inChromium(`in the ${colorScheme} theme, ${width} pixels wide`, async () => {
      const context = await opened.browser.newContext({
        viewport: { width, height: 900 },
        colorScheme,
        // The pages' own policy lets no script in but theirs; axe is one.
        bypassCSP: true,
      });
      const page = await context.newPage();
      const found: string[] = [];
      for (const path of pages) {
        await page.goto(opened.dashboard.url + path);
        for (const menu of await page.locator('details').all())
          await menu.evaluate('(menu) => { menu.open = true; }');
        const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze();
        for (const { id, help, nodes } of violations)
          found.push(
            `${path}: ${id} (${help}): ${nodes
              .slice(0, 3)
              .map(({ html }) => html.slice(0, 160))
              .join(' | ')}`,
          );
      }
      expect(found).toEqual([]);
      await context.close();
    });
  }
});
