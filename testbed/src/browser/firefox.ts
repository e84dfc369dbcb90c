import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, start } from '../run.ts';
import { within } from '../time.ts';
import { trustIn } from './certificate-store.ts';
import { Questions } from './questions.ts';
import type { Browser, BrowserOptions, BrowserWindow, Guest, Tab } from './tab.ts';

/** Where the extension asks for commands (firefox-extension/background.js). */
const port = 9223;
const extension = 'seat@testbed.example';
const extensionFiles = join(import.meta.dirname, 'firefox-extension');

interface TabInfo {
  readonly id: number;
  readonly windowId: number;
}

class FirefoxTab implements Tab {
  readonly #questions: Questions;
  readonly #tab: number;

  constructor(questions: Questions, tab: number) {
    this.#questions = questions;
    this.#tab = tab;
  }

  async goto(url: string): Promise<void> {
    await this.#questions.ask('goto', { tab: this.#tab, url });
  }

  evaluate(expression: string): Promise<unknown> {
    return this.#questions.ask('evaluate', { tab: this.#tab, expression });
  }

  async show(): Promise<void> {
    await this.#questions.ask('show', { tab: this.#tab });
  }

  async close(): Promise<void> {
    await this.#questions.ask('close', { tab: this.#tab });
  }
}

type Preferences = Record<string, string | boolean | number>;

const settings: Preferences = {
  // The extension lies in the profile, unsigned, and may do what the browser itself may.
  'extensions.autoDisableScopes': 0,
  'extensions.enabledScopes': 15,
  'xpinstall.signatures.required': false,
  'extensions.experiments.enabled': true,
  'privacy.userContext.enabled': true,
  // Nothing of the browser's own goes out, and a network without a default route counts as online.
  'network.manage-offline-status': false,
  'network.connectivity-service.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.trr.mode': 5,
  'app.normandy.enabled': false,
  'browser.region.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.sessionstore.resume_from_crash': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.aboutwelcome.enabled': false,
  'browser.startup.page': 0,
  // What only costs CPU: processes and pages made in advance, animations, services that are not there.
  'dom.ipc.processPrelaunch.enabled': false,
  'browser.newtab.preload': false,
  'browser.newtabpage.enabled': false,
  'browser.pagethumbnails.capturing_disabled': true,
  'browser.sessionstore.interval': 600_000,
  'browser.search.suggest.enabled': false,
  'browser.search.update': false,
  'browser.ml.enable': false,
  'app.update.auto': false,
  'extensions.update.enabled': false,
  'extensions.blocklist.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'toolkit.cosmeticAnimations.enabled': false,
  'accessibility.force_disabled': 1,
  'general.smoothScroll': false,
  'layout.frame_rate': 10,
  'gfx.webrender.software': true,
};

const asUserJs = (preferences: Preferences) =>
  Object.entries(preferences)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('');

async function prepare(profile: string, options: BrowserOptions): Promise<void> {
  await trustIn(profile, options.authority);
  await mkdir(join(profile, 'extensions'), { recursive: true });
  await writeFile(join(profile, 'user.js'), asUserJs(settings));
  // Extensions see private windows only with this leave.
  const leave = { [extension]: { permissions: ['internal:privateBrowsingAllowed'], origins: [] } };
  await writeFile(join(profile, 'extension-preferences.json'), JSON.stringify(leave));
  const archive = join(profile, 'extensions', `${extension}.xpi`);
  if (existsSync(archive)) return;
  await run('/usr/bin/python3', ['-m', 'zipfile', '-c', archive, `${extensionFiles}/.`]);
}

class Firefox implements Browser {
  readonly ended: Promise<unknown>;
  readonly #questions: Questions;
  readonly #stop: () => Promise<void>;
  /** File with the containers of guests who come again: profile → container. */
  readonly #keptFile: string;

  constructor(
    questions: Questions,
    keptFile: string,
    running: { ended: Promise<unknown>; stop: () => Promise<void> },
  ) {
    this.#questions = questions;
    this.#keptFile = keptFile;
    this.ended = running.ended;
    this.#stop = running.stop;
  }

  /** A container has cookies, caches, connections and TLS sessions of its own; pages cannot see it. */
  async #containerFor(guest: Guest): Promise<string | undefined> {
    if (guest.privately) return undefined;
    if (guest.profile === undefined) return String(await this.#questions.ask('container'));
    const kept = JSON.parse(await readFile(this.#keptFile, 'utf8').catch(() => '{}')) as Record<
      string,
      string
    >;
    const known = kept[guest.profile];
    if (known) return known;
    const container = String(await this.#questions.ask('container'));
    await writeFile(this.#keptFile, JSON.stringify({ ...kept, [guest.profile]: container }));
    return container;
  }

  async open(guest: Guest): Promise<BrowserWindow> {
    const preferences = {
      'intl.accept_languages': guest.language,
      'javascript.enabled': guest.scripts,
      'network.http.http2.enabled': !guest.http1,
    };
    await this.#questions.ask('prefer', { preferences });
    const container = await this.#containerFor(guest);
    const { width, height, privately } = guest;
    const window = (await this.#questions.ask('open', {
      ...{ width, height, incognito: privately },
      ...(container ? { cookieStoreId: container } : {}),
    })) as { id: number; tabs: TabInfo[] };
    const first = window.tabs[0];
    if (!first) throw new Error('Firefox opened no window');
    const known = new Set([first.id]);
    return {
      first: new FirefoxTab(this.#questions, first.id),
      opened: async () => {
        const tabs = (await this.#questions.ask('tabs')) as TabInfo[];
        const fresh = tabs.filter((tab) => tab.windowId === window.id && !known.has(tab.id));
        for (const tab of fresh) known.add(tab.id);
        return fresh.map((tab) => new FirefoxTab(this.#questions, tab.id));
      },
      leave: async () => {
        await this.#questions.ask('closeWindow', { window: window.id });
        await this.#questions.ask('disconnect');
        if (container && guest.profile === undefined) await this.#questions.ask('forget', { container });
      },
    };
  }

  async close(): Promise<void> {
    this.#questions.close();
    await this.#stop();
  }
}

/**
 * Starts Debian's Firefox ESR with a window. Its remote agent and Marionette set navigator.webdriver, so neither
 * is used: an extension in the profile does what a person would see and do in the browser's frame.
 */
export async function launchFirefox(options: BrowserOptions): Promise<Browser> {
  const profile = join(options.home, 'profile');
  await prepare(profile, options);
  const questions = await Questions.listen(port);
  const running = start('firefox-esr', ['--no-remote', '--profile', profile], {
    env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  running.ended.finally(() => questions.close()).catch(() => undefined);
  try {
    await within(60_000, 'Starting Firefox', questions.ask('tabs', {}, 60_000));
    return new Firefox(questions, join(options.home, 'kept.json'), {
      ended: running.ended,
      stop: () => running.stop(),
    });
  } catch (error) {
    questions.close();
    await running.stop();
    throw error;
  }
}
