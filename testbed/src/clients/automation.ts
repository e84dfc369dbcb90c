import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { trustIn } from '../browser/certificate-store.ts';
import { server } from '../network.ts';
import { ownProgram } from './builds.ts';
import { pathsOf } from './errand.ts';
import type { Appearance, ProgramKind, Surroundings } from './kind.ts';
import { type Need, npmPackage, program, pythonModule } from './needs.ts';
import { chromeAgent, firefoxAgent } from './pretence.ts';
import { scratchOf } from './scratch.ts';

const site = `https://${server.name}`;

/** What `programs/browser-bot/main.js` is told. */
interface BrowserBot {
  /** A file of that folder. */
  readonly library: 'playwright' | 'patchright' | 'puppeteer' | 'puppeteer-stealth' | 'puppeteer-firefox';
  /** With a window on a screen of its own. */
  readonly headed: boolean;
  /** Pauses, scrolls and clicks; otherwise one address after the other. */
  readonly human: boolean;
  /** User-Agent instead of the browser's own. */
  readonly agent?: string;
}

const needsOf: Record<BrowserBot['library'], readonly Need[]> = {
  playwright: [npmPackage('playwright-core'), program('chromium')],
  patchright: [npmPackage('patchright-core'), program('chromium')],
  puppeteer: [npmPackage('puppeteer-core'), program('chromium')],
  'puppeteer-stealth': [
    ...[npmPackage('puppeteer-core'), npmPackage('puppeteer-extra')],
    ...[npmPackage('puppeteer-extra-plugin-stealth'), program('chromium')],
  ],
  'puppeteer-firefox': [npmPackage('puppeteer-core'), program('firefox-esr')],
};

const stores = new Map<string, Promise<void>>();

/** A home whose certificate stores, Chromium's and Firefox', trust the testbed's authority; a copy of one master. */
async function homeOf({ host }: Appearance, around: Surroundings): Promise<{ profile: string }> {
  const master = join(around.folder, 'bots-certificates');
  const made = stores.get(master) ?? trustIn(master, around.authority);
  stores.set(master, made);
  await made;
  const home = scratchOf(host, around);
  const profile = join(home, 'profile');
  await mkdir(profile, { recursive: true });
  await cp(master, join(home, '.pki/nssdb'), { recursive: true });
  await cp(master, profile, { recursive: true });
  return { profile };
}

type Agent = (seed: number, around: Surroundings) => string;

/** The version that runs, without the word that gives a headless one away. */
const ownAgent: Agent = (_, { chromiumVersion }) =>
  chromeAgent('X11; Linux x86_64', Number(/\d+/.exec(chromiumVersion)?.[0] ?? 156));
const windowsAgent: Agent = (seed) => chromeAgent('Windows NT 10.0; Win64; x64', 156 - (seed % 4));
const asFirefox: Agent = (seed) => firefoxAgent('Windows NT 10.0; Win64; x64', 153 - (seed % 4));

interface BotOptions extends Pick<ProgramKind, 'agent'> {
  readonly amounts?: ProgramKind['amounts'];
  readonly origin?: ProgramKind['origin'];
  readonly headed?: boolean;
  readonly human?: boolean;
  readonly pretends?: Agent;
}

function browserBot(library: BrowserBot['library'], options: BotOptions): ProgramKind {
  const { headed = false, human = false, pretends, amounts = [3, 10], origin = 'address', agent } = options;
  const xvfb = headed ? [program('Xvfb', 'xvfb')] : [];
  return {
    label: 'bot',
    needs: [...needsOf[library], ...xvfb, program('certutil', 'libnss3-tools')],
    ...{ agent, amounts, origin, browser: true },
    async command(appearance, around) {
      const { seed, amount } = appearance;
      const order = {
        ...{ library, headed, human, site, seed, speed: around.speed, pages: amount },
        ...(pretends ? { agent: pretends(seed, around) } : {}),
        ...(await homeOf(appearance, around)),
        paths: pathsOf(seed, amount, ['list', 'walk', 'walk', 'search']),
        executable: library === 'puppeteer-firefox' ? '/usr/bin/firefox-esr' : '/usr/bin/chromium',
      } satisfies BrowserBot & Record<string, unknown>;
      return [process.execPath, ownProgram('browser-bot/main.js'), JSON.stringify(order)];
    },
  };
}

const headlessAgent = /^Mozilla\/5\.0 .* HeadlessChrome\/\d+/;
/** A name set through DevTools is forgotten for beacons of a page that is being left: those say HeadlessChrome. */
const chromeLike = /^Mozilla\/5\.0 .* (Headless)?Chrome\/\d+/;
const firefoxLike = /^Mozilla\/5\.0 .*Firefox\/\d+/;

/** Chromium alone, told to print a page. */
const chromiumDumpDom: ProgramKind = {
  label: 'bot',
  needs: [program('chromium'), program('certutil', 'libnss3-tools')],
  agent: headlessAgent,
  ...{ amounts: [1, 3], origin: 'address', browser: true },
  async command(appearance, around) {
    const { profile } = await homeOf(appearance, around);
    const path = pathsOf(appearance.seed, 1, ['landing', 'list', 'search'])[0] ?? '/';
    return [
      ...['sh', ownProgram('repeat.sh'), String(appearance.amount), (5 / around.speed).toFixed(2)],
      ...['chromium', '--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`],
      ...['--timeout=15000', '--dump-dom', site + path],
    ];
  },
};

const seleniumChromium: ProgramKind = {
  label: 'bot',
  needs: [program('chromium'), program('chromedriver', 'chromium-driver'), pythonModule('selenium')],
  agent: headlessAgent,
  ...{ amounts: [3, 10], origin: 'address', browser: true },
  async command(appearance, around) {
    const { seed, amount } = appearance;
    const { profile } = await homeOf(appearance, around);
    const paths = pathsOf(seed, amount, ['list', 'walk', 'search']);
    return [
      '/usr/bin/python3',
      ownProgram('selenium_scraper.py'),
      profile,
      ...paths.map((path) => site + path),
    ];
  },
};

/** Browsers that a program drives, from visibly automated to carefully hidden. */
export const automation = {
  'chromium-dump-dom': chromiumDumpDom,
  'selenium-chromium': seleniumChromium,
  'playwright-chromium': browserBot('playwright', { agent: headlessAgent }),
  'puppeteer-chromium': browserBot('puppeteer', { agent: headlessAgent }),
  'puppeteer-firefox': browserBot('puppeteer-firefox', { agent: firefoxLike }),
  'playwright-agent': browserBot('playwright', { agent: chromeLike, human: true, pretends: ownAgent }),
  'playwright-fleet': browserBot('playwright', {
    ...{ agent: chromeLike, pretends: windowsAgent, amounts: [2, 4], origin: 'fleet' },
  }),
  'puppeteer-stealth': browserBot('puppeteer-stealth', { agent: chromeLike }),
  'puppeteer-stealth-human': browserBot('puppeteer-stealth', {
    ...{ agent: chromeLike, headed: true, human: true, amounts: [3, 8], origin: 'rotating' },
  }),
  'patchright-human': browserBot('patchright', {
    ...{ agent: chromeLike, headed: true, human: true, amounts: [3, 8], origin: 'rotating' },
  }),
  /** Chromium's hello and HTTP/2 under the name of Firefox. */
  'chromium-as-firefox': browserBot('puppeteer', {
    ...{ agent: /^Mozilla\/5\.0 .*(Firefox|HeadlessChrome)\/\d+/, pretends: asFirefox },
  }),
  'puppeteer-firefox-human': browserBot('puppeteer-firefox', {
    ...{ agent: firefoxLike, headed: true, human: true, amounts: [3, 6], origin: 'rotating' },
  }),
} as const satisfies Record<string, ProgramKind>;
