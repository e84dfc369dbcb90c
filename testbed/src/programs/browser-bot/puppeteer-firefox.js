import puppeteer from 'puppeteer-core';

/** Firefox through Puppeteer over WebDriver BiDi. */
export async function launch({ executable, headed, profile, env }) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: executable,
    headless: !headed,
    userDataDir: profile,
    env,
  });
  return { page: await browser.newPage(), close: () => browser.close() };
}
