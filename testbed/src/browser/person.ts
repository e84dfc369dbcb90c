import { server } from '../network.ts';
import type { Random } from '../random.ts';
import { pause } from '../time.ts';
import type { Browser, Tab } from './tab.ts';

const site = `https://${server.name}`;
const words = ['lamp', 'oak', 'chair', 'copper', 'kettle', 'blanket', 'slate', 'glass', 'garden', 'wool'];
const accounts: readonly (readonly [string, string])[] = [
  ['ada', 'analytical'],
  ['grace', 'compiler'],
  ['linus', 'penguin'],
  ['margaret', 'apollo'],
];

interface Spot {
  x: number;
  y: number;
}

/** One person at one browser: finds things by looking, takes time, makes mistakes. `speed` 2 halves all pauses. */
export class Person {
  readonly random: Random;
  readonly browser: Browser;
  tab: Tab;
  readonly #speed: number;
  /** How slow this person is: some read, some skim. */
  readonly #pace: number;

  constructor(browser: Browser, random: Random, speed: number) {
    this.browser = browser;
    this.tab = browser.first;
    this.random = random;
    this.#speed = speed;
    this.#pace = random.between(0.6, 2.2);
  }

  /** A pause whose lengths have a long tail, as reading times do (log-normal around `seconds`). */
  async think(seconds: number): Promise<void> {
    const normal =
      Math.sqrt(-2 * Math.log(1 - this.random.next())) * Math.cos(2 * Math.PI * this.random.next());
    await pause((seconds * this.#pace * Math.exp(0.6 * normal) * 1000) / this.#speed);
  }

  async #loaded(): Promise<void> {
    await pause(250);
    for (let waited = 0; waited < 20_000; waited += 150) {
      const state = await this.tab.evaluate('document.readyState').catch(() => 'navigating');
      if (state === 'complete') return;
      await pause(150);
    }
  }

  async enter(path: string, referrer?: string): Promise<void> {
    await this.tab.goto(path.startsWith('http') ? path : site + path, referrer);
    await this.#loaded();
    const host = await this.tab.evaluate('location.host');
    if (host !== server.name) throw new Error(`The shop did not open: ${String(host)}`);
  }

  /** Where the n-th visible match is, after scrolling it into view; undefined when there is none. */
  async #find(selector: string, nth: number): Promise<Spot | undefined> {
    const list = `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
    const found = await this.tab.evaluate(
      `(() => { const all = ${list}; if (!all.length) return null; const e = all[${nth} % all.length]; e.scrollIntoView({ block: 'center' }); const r = e.getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`,
    );
    return found && typeof found === 'object' && 'x' in found && 'y' in found
      ? { x: Number(found.x), y: Number(found.y) }
      : undefined;
  }

  /** Clicks one of the matches. False when the page has none. */
  async click(selector: string): Promise<boolean> {
    const spot = await this.#find(selector, this.random.integer(0, 50));
    if (!spot) return false;
    await this.think(0.4);
    await this.tab.press(spot.x, spot.y, false);
    await this.#loaded();
    return true;
  }

  /** Opens up to `count` matches in tabs of their own, as comparing shoppers do, and looks at each. */
  async compare(selector: string, count: number): Promise<void> {
    const home = this.tab;
    for (let i = 0; i < count; i++) {
      const spot = await this.#find(selector, this.random.integer(0, 50));
      if (spot) await this.tab.press(spot.x, spot.y, true);
      await this.think(1);
    }
    await pause(500);
    for (const tab of await this.browser.opened()) {
      this.tab = tab;
      await tab.show();
      await this.#loaded();
      await this.read(1);
      await tab.close().catch(() => undefined);
    }
    this.tab = home;
    await home.show();
  }

  async read(screens: number): Promise<void> {
    for (let i = 0; i < screens; i++) {
      await this.think(2);
      await this.tab.wheel(300, 300, this.random.between(150, 600)).catch(() => undefined);
    }
    await this.think(1.5);
  }

  async type(selector: string, text: string): Promise<void> {
    const spot = await this.#find(selector, 0);
    if (!spot) return;
    await this.tab.press(spot.x, spot.y, false);
    for (const character of text) {
      await this.tab.key(character);
      await pause(this.random.between(60, 220) / this.#speed);
    }
  }

  async search(): Promise<void> {
    await this.type('form.search input', `${this.random.pick(words)}\n`);
    await this.#loaded();
    await this.read(1);
  }

  async back(): Promise<void> {
    await this.tab.back();
    await this.#loaded();
  }

  /** Signs in; now and then with a typing error first. */
  async signIn(): Promise<void> {
    const [user, password] = this.random.pick(accounts);
    await this.click('a.account');
    if (this.random.chance(0.3)) {
      await this.type('form.login input[name=user]', user);
      await this.type('form.login input[name=password]', `${password.slice(0, -1)}\n`);
      await this.#loaded();
      await this.think(1.5);
    }
    await this.type('form.login input[name=user]', user);
    await this.think(0.5);
    await this.type('form.login input[name=password]', `${password}\n`);
    await this.#loaded();
    await this.read(1);
  }
}
