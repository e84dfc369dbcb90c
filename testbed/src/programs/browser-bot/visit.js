import { setTimeout } from 'node:timers/promises';

/** Mulberry32, as in random.ts: the same seed makes the same visit. */
function chanceFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Puppeteer and Playwright disagree on the wheel alone. */
const wheel = (page, pixels) =>
  page.mouse.wheel.length === 0 || 'browserContext' in page
    ? page.mouse.wheel({ deltaY: pixels })
    : page.mouse.wheel(0, pixels);

/** Once more when it fails: a browser that has just started may take its own address for a change of network. */
async function open(page, address) {
  const options = { waitUntil: 'load', timeout: 30_000 };
  await page.goto(address, options).catch(() => page.goto(address, options));
}

/** Page after page by address, as fast as they load, reading a price on each. */
async function collect(page, { site, pages, paths, speed }) {
  for (const path of paths.slice(0, pages)) {
    await open(page, site + path);
    await page.evaluate(() => document.querySelector('.price')?.textContent);
    await setTimeout(150 / speed);
  }
}

/** A visible link of the page's main part, or none. */
async function someLink(page, chance) {
  const links = await page.$$('main a[href^="/"], nav a[href^="/"]');
  if (links.length === 0) return undefined;
  return links[Math.floor(chance() * links.length)];
}

/** Looks at pages for seconds, scrolls, and follows links by clicking them. */
async function wander(page, { site, pages, seed, speed }) {
  const chance = chanceFrom(seed);
  const look = () => setTimeout(((2 + 9 * chance() ** 2) * 1000) / speed);
  await open(page, `${site}/`);
  for (let seen = 1; seen < pages; seen++) {
    await look();
    for (let turns = Math.floor(chance() * 4); turns > 0; turns--) {
      await wheel(page, 200 + Math.floor(chance() * 500));
      await setTimeout((400 + 900 * chance()) / speed);
    }
    const link = await someLink(page, chance);
    if (!link) break;
    const arrived = page.waitForNavigation({ waitUntil: 'load', timeout: 15_000 }).catch(() => undefined);
    // A link that moved away under the pointer is a click in vain, as for anybody.
    await link.click().catch(() => undefined);
    await arrived;
  }
  await look();
}

export function visit(page, order) {
  return order.human ? wander(page, order) : collect(page, order);
}
