import puppeteer from 'puppeteer-core';

/** Chromium through Puppeteer, as its documentation shows it. */
export async function launch({ executable, headed, agent, profile, env }, from = puppeteer) {
  const browser = await from.launch({
    executablePath: executable,
    headless: !headed,
    args: ['--no-sandbox'],
    userDataDir: profile,
    env,
  });
  const page = await browser.newPage();
  if (agent) await page.setUserAgent({ userAgent: agent });
  return { page, close: () => browser.close() };
}
