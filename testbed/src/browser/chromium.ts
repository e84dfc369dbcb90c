import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run, start } from '../run.ts';
import { pause, within } from '../time.ts';
import { trustIn } from './certificate-store.ts';
import { Link } from './link.ts';
import type { Browser, BrowserOptions, BrowserWindow, Guest, Tab } from './tab.ts';

/**
 * A namespace has one browser, so the port can be fixed. It has to be: port 0, a pipe, --headless and
 * --enable-automation each set navigator.webdriver (content/child/runtime_features.cc), a chosen port does not.
 */
const port = 9222;

interface TargetInfo {
  readonly targetId: string;
  readonly type: string;
  readonly browserContextId?: string;
}

async function devTools(ended: () => boolean): Promise<Link> {
  for (let waited = 0; waited < 40_000 && !ended(); waited += 100) {
    const response = await fetch(`http://127.0.0.1:${port}/json/version`).catch(() => undefined);
    const version: unknown = await response?.json();
    if (version && typeof version === 'object' && 'webSocketDebuggerUrl' in version) {
      return Link.open(String(version.webSocketDebuggerUrl));
    }
    await pause(100);
  }
  throw new Error('Chromium did not start');
}

class ChromiumTab implements Tab {
  readonly #link: Link;
  readonly #target: string;
  readonly #session: string;

  constructor(link: Link, target: string, session: string) {
    this.#link = link;
    this.#target = target;
    this.#session = session;
  }

  static async attach(link: Link, targetId: string): Promise<ChromiumTab> {
    const attached = await link.send('Target.attachToTarget', { targetId, flatten: true });
    return new ChromiumTab(link, targetId, (attached as { sessionId: string }).sessionId);
  }

  send(method: string, params: object = {}): Promise<unknown> {
    return this.#link.send(method, params, { sessionId: this.#session });
  }

  async goto(url: string): Promise<void> {
    await this.send('Page.navigate', { url, transitionType: 'typed' });
  }

  async evaluate(expression: string): Promise<unknown> {
    // Runtime is never enabled: pages can tell when it is.
    const answer = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    return (answer as { result?: { value?: unknown } }).result?.value;
  }

  async resize(width: number, height: number): Promise<void> {
    const target = { targetId: this.#target };
    const { windowId } = (await this.#link.send('Browser.getWindowForTarget', target)) as {
      windowId: number;
    };
    const bounds = { left: 0, top: 0, width, height };
    await this.#link.send('Browser.setWindowBounds', { windowId, bounds });
  }

  async show(): Promise<void> {
    await this.#link.send('Target.activateTarget', { targetId: this.#target });
  }

  async close(): Promise<void> {
    await this.#link.send('Target.closeTarget', { targetId: this.#target });
  }
}

/** Parts that only cost CPU here: popups and processes made in advance, services that are not there. */
const without = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup', 'PreloadTopChromeWebUI'],
  ...['PreloadTopChromeWebUILessNavigations', 'SpareRendererForSitePerProcess'],
  ...['Translate', 'OptimizationHints', 'MediaRouter', 'CertificateTransparencyComponentUpdater'],
];

const switches = [
  ...['--no-sandbox', '--no-first-run', '--no-default-browser-check', '--disable-gpu'],
  ...['--password-store=basic', `--remote-debugging-port=${port}`],
  // Nothing of the browser's own (updates, safe browsing, field trials) leaves for networks that are not there.
  ...[
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-breakpad',
  ],
  ...['--disable-smooth-scrolling', `--disable-features=${without.join(',')}`],
];

class Chromium implements Browser {
  readonly ended: Promise<unknown>;
  readonly #link: Link;
  readonly #options: BrowserOptions;
  readonly #stop: () => Promise<void>;
  #guests = 0;

  constructor(
    link: Link,
    options: BrowserOptions,
    running: { ended: Promise<unknown>; stop: () => Promise<void> },
  ) {
    this.#link = link;
    this.#options = options;
    this.ended = running.ended;
    this.#stop = running.stop;
  }

  async #pages(): Promise<TargetInfo[]> {
    const { targetInfos } = (await this.#link.send('Target.getTargets')) as { targetInfos: TargetInfo[] };
    return targetInfos.filter(({ type }) => type === 'page');
  }

  async #newPage(before: ReadonlySet<string>): Promise<TargetInfo | undefined> {
    for (let waited = 0; waited < 8000; waited += 100) {
      const page = (await this.#pages()).find(({ targetId }) => !before.has(targetId));
      if (page) return page;
      await pause(100);
    }
    return undefined;
  }

  async #window(guest: Guest, first: TargetInfo): Promise<BrowserWindow> {
    const known = new Set([first.targetId]);
    const fresh = async () => {
      const mine = (await this.#pages()).filter((page) => page.browserContextId === first.browserContextId);
      const ids = mine.map((page) => page.targetId).filter((id) => !known.has(id));
      for (const id of ids) known.add(id);
      return ids;
    };
    const attach = async (id: string) => {
      const tab = await ChromiumTab.attach(this.#link, id);
      if (!guest.scripts) await tab.send('Emulation.setScriptExecutionDisabled', { value: true });
      return tab;
    };
    const tab = await attach(first.targetId);
    await tab.resize(guest.width, guest.height);
    return {
      first: tab,
      opened: async () => Promise.all((await fresh()).map(attach)),
      leave: async () => {
        await fresh();
        for (const targetId of known) {
          await this.#link.send('Target.closeTarget', { targetId }).catch(() => undefined);
        }
      },
    };
  }

  /**
   * A profile of its own, opened as a second call of the program opens it. Storage, caches, sockets and TLS
   * sessions are the profile's, or the private window's, and end with its last window, except what lies on disk.
   */
  async open(guest: Guest): Promise<BrowserWindow> {
    const folder = guest.profile ?? join(this.#options.home, 'guests', String(this.#guests++));
    const name = basename(folder);
    if (await mkdir(folder, { recursive: true })) {
      const preferences = { intl: { selected_languages: guest.language } };
      await writeFile(join(folder, 'Preferences'), JSON.stringify(preferences));
    }
    await symlink(folder, join(this.#options.home, 'data', name)).catch(() => undefined);
    const before = new Set((await this.#pages()).map((page) => page.targetId));
    const data = `--user-data-dir=${join(this.#options.home, 'data')}`;
    const call = [...switches, data, `--profile-directory=${name}`];
    call.push(guest.privately ? '--incognito' : '--new-window', 'about:blank');
    // On a busy machine a call is lost now and then.
    for (let tries = 0; tries < 2; tries++) {
      await within(20_000, 'Opening a profile', run('chromium', call));
      const first = await this.#newPage(before);
      if (first) return this.#window(guest, first);
    }
    throw new Error('Chromium opened no window for the profile');
  }

  async close(): Promise<void> {
    await this.#link.send('Browser.close').catch(() => undefined);
    this.#link.close();
    await this.#stop();
  }
}

/** Starts Debian's Chromium with a window, in whatever network this process is in, and watches it over CDP. */
export async function launchChromium(options: BrowserOptions): Promise<Browser> {
  await trustIn(join(options.home, '.pki/nssdb'), options.authority);
  const running = start('chromium', [
    ...switches,
    `--user-data-dir=${join(options.home, 'data')}`,
    ...(options.http1 ? ['--disable-http2'] : []),
    'about:blank',
  ]);
  try {
    const link = await devTools(() => running.process.exitCode !== null);
    return new Chromium(link, options, { ended: running.ended, stop: () => running.stop() });
  } catch (error) {
    await running.stop();
    throw error;
  }
}
