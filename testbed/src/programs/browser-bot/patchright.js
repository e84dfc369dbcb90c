import { chromium } from 'patchright-core';

/** Chromium through a Playwright that hides its traces, with a persistent profile as its authors advise. */
export async function launch({ executable, headed, profile, env }) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable,
    headless: !headed,
    args: ['--no-sandbox'],
    viewport: null,
    env,
  });
  return { page: context.pages()[0] ?? (await context.newPage()), close: () => context.close() };
}
