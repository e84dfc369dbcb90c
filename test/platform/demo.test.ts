import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNeeds, program, root } from '../setup/needs.ts';
import { chromium, eventually, isolation, Platform } from '../setup/platform.ts';

const browserNeed = program('chromium');

describe('ja4 up --demo', () => {
  let space: Awaited<ReturnType<typeof isolation>>;
  let platform: Platform;
  let url: string;
  let startedMs: number;

  beforeAll(async () => {
    space = await isolation();
    const before = performance.now();
    platform = new Platform(['--demo'], space.environment);
    url = (await platform.waitFor(/^dashboard: (http:\S+)$/m))[1] ?? '';
    startedMs = performance.now() - before;
  });

  afterAll(async () => {
    await platform?.stop();
    space?.remove();
  });

  it("prints progress, then the dashboard's address, and listens for live events", () => {
    expect(platform.output).toMatch(/store runs/);
    expect(platform.output).toMatch(/replay: \d+ requests/);
    expect(existsSync(join(space.dataDir, 'run', 'http.socket'))).toBe(true);
    expect(existsSync(join(space.dataDir, 'run', 'network.socket'))).toBe(true);
    process.stdout.write(`ja4 up --demo was there after ${(startedMs / 1000).toFixed(1)} s\n`);
  });

  itNeeds(browserNeed)('shows the sample in a real browser: overview, detections, a visitor', async () => {
    const browser: Browser = await playwright.launch(chromium);
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(url);
      expect(await page.locator('h1').first().textContent()).toMatch(/\d/);
      await page
        .getByRole('link', { name: /detections/i })
        .first()
        .click();
      await page.waitForURL(/\/detections/);
      const visitors = page.locator('table a[href*="/ip/"]');
      expect(await visitors.count()).toBeGreaterThan(3);
      const address = (await visitors.first().textContent())?.trim() ?? '';
      await visitors.first().click();
      await page.waitForURL(/\/ip\//);
      expect(await page.locator('body').textContent()).toContain(address);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  itNeeds(browserNeed)('works without JavaScript', async () => {
    const browser = await playwright.launch(chromium);
    try {
      const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
      for (const path of ['', 'detections', 'detections?level=CRITICAL', 'scores']) {
        const response = await page.goto(`${url}${path}`);
        expect(response?.status(), path).toBe(200);
      }
    } finally {
      await browser.close();
    }
  });

  it('answers the same through its API', async () => {
    const { rows } = (await (await fetch(`${url}api/detections?limit=5`)).json()) as { rows: object[] };
    expect(rows.length).toBe(5);
    expect((await fetch(`${url}api/detections?limit=x`)).status).toBe(400);
    expect((await fetch(`${url}health`)).status).toBe(200);
  });

  async function comesBackAlone(service: string): Promise<void> {
    const others = ['store', 'correlator', 'detector', 'dashboard'].filter((name) => name !== service);
    const pids = new Map(others.map((name) => [name, platform.pidOf(name)]));
    const from = platform.output.length;
    process.kill(platform.pidOf(service), 'SIGKILL');
    await platform.waitFor(new RegExp(`^${service} is back`, 'm'), { from });
    for (const [name, pid] of pids) expect(platform.pidOf(name), `${name} went on`).toBe(pid);
    await eventually('the overview answers again', async () => {
      const answer = await fetch(url);
      return answer.status === 200 ? true : undefined;
    });
  }

  it.each(['correlator', 'detector', 'dashboard', 'store'])(
    'brings %s back after kill -9 without stopping the others',
    comesBackAlone,
  );

  itNeeds(root)('brings the sentinel back after kill -9 without stopping the others', () =>
    comesBackAlone('sentinel'),
  );

  it('stops cleanly on SIGTERM and leaves no socket behind', async () => {
    expect(await platform.stop()).toBe(0);
    expect(platform.output).toMatch(/^stopped$/m);
    expect(existsSync(join(space.dataDir, 'run', 'http.socket'))).toBe(false);
  });
});
