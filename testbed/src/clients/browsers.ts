import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { userAgentOf } from '../browser/chromium.ts';
import type { VisitOrder } from '../browser/visit.ts';
import { randomFrom } from '../random.ts';
import { run } from '../run.ts';
import type { Appearance, ClientKind, Surroundings } from './kind.ts';

const visitFile = join(import.meta.dirname, '../browser/visit.ts');
const windows: readonly (readonly [number, number])[] = [
  [1280, 720],
  [1366, 768],
  [1440, 900],
  [1536, 864],
  [1920, 1080],
];

/** A profile whose certificate store trusts the testbed's authority; made once per name. */
async function profileOf(browser: 'chromium' | 'firefox', name: string, around: Surroundings) {
  const home = join(around.folder, 'profiles', `${browser}-${name}`);
  const profile = join(home, 'profile');
  const store = browser === 'chromium' ? join(home, '.pki/nssdb') : profile;
  if (!existsSync(join(store, 'cert9.db'))) {
    await mkdir(store, { recursive: true });
    await mkdir(profile, { recursive: true });
    await run('certutil', ['-N', '-d', `sql:${store}`, '--empty-password']);
    const trust = ['-A', '-d', `sql:${store}`, '-n', 'testbed', '-t', 'C,,', '-i', around.authority];
    await run('certutil', trust);
  }
  return { home, profile };
}

async function visit(
  browser: 'chromium' | 'firefox',
  persona: VisitOrder['persona'],
  appearance: Appearance,
  around: Surroundings,
): Promise<readonly string[]> {
  const [width, height] = randomFrom(appearance.seed).pick(windows);
  const order: VisitOrder = {
    browser,
    persona,
    ...(await profileOf(browser, appearance.profile ?? String(appearance.seed), around)),
    language: appearance.language ?? 'en-US,en',
    width,
    height,
    userAgent: userAgentOf(around.chromiumVersion),
    seed: appearance.seed,
    speed: around.speed,
  };
  return [process.execPath, visitFile, JSON.stringify(order)];
}

export const chromiumPerson: ClientKind = {
  label: 'person',
  command: (appearance, around) => visit('chromium', appearance.persona ?? 'stroller', appearance, around),
};

export const firefoxPerson: ClientKind = {
  label: 'person',
  command: (appearance, around) => visit('firefox', appearance.persona ?? 'stroller', appearance, around),
};

/** A real browser stack that behaves like a machine. */
export const chromiumScraper: ClientKind = {
  label: 'bot',
  command: (appearance, around) => visit('chromium', 'scraper', appearance, around),
};
