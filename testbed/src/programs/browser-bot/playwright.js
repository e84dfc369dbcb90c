import { chromium } from 'playwright-core';

/** Chromium through Playwright, as its documentation shows it. */
export async function launch({ executable, headed, agent, env }, from = chromium) {
  const browser = await from.launch({
    executablePath: executable,
    headless: !headed,
    args: ['--no-sandbox'],
    env,
  });
  const context = await browser.newContext(agent ? { userAgent: agent } : {});
  return { page: await context.newPage(), close: () => browser.close() };
}
