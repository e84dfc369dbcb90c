import { startDashboard } from '@ja4/dashboard';
import { type Browser, chromium as playwright } from 'playwright-core';
import {
  insertSampleTraffic,
  insertSharedAddress,
  silent,
  startTestStore,
} from '../../packages/dashboard/src/server/sample-traffic.test-support.ts';
import { chromium } from './platform.ts';

/** A dashboard over sample traffic (data set `live`) and an empty store (`empty`), with Chromium before it. */
export interface DashboardInBrowser {
  readonly dashboard: Awaited<ReturnType<typeof startDashboard>>;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Starts all three. Throws where Chromium does not start: call it only where `itNeeds` has found one. */
export async function openDashboardInBrowser(): Promise<DashboardInBrowser> {
  const engine = await startTestStore();
  await insertSampleTraffic(engine.store, Date.now());
  await insertSharedAddress(engine.store, Date.now(), '198.18.48.42');
  const dashboard = await startDashboard({
    host: '127.0.0.1',
    port: 0,
    datasets: [
      { name: 'live', label: 'Live', store: engine.store },
      { name: 'empty', label: 'Empty', store: engine.emptyStore },
    ],
    dataDir: engine.dataDir,
    log: silent,
  });
  const browser = await playwright.launch(chromium);
  return {
    dashboard,
    browser,
    async close() {
      await browser.close();
      await dashboard.stop();
      await engine.close();
    },
  };
}
