import { server } from '../network.ts';
import type { Random } from '../random.ts';
import { pause } from '../time.ts';
import type { Hands, Spot } from './hands.ts';
import type { BrowserWindow, Tab } from './tab.ts';

const site = `https://${server.name}`;
/** Where one wheel notch goes in Chromium, CSS pixels; the others differ little. */
const notch = 120;

interface Place extends Spot {
  /** Top edge and height of the viewport on the screen. */
  readonly top: number;
  readonly height: number;
}

/** JavaScript that finds the n-th visible match and says where on the screen its middle is. */
const placeOf = (selector: string, nth: number) =>
  `(() => {
    const all = [...document.querySelectorAll(${JSON.stringify(selector)})].filter((e) => e.getClientRects().length > 0);
    if (all.length === 0) return null;
    const r = all[${nth} % all.length].getBoundingClientRect();
    const left = screenX + (outerWidth - innerWidth) / 2, top = screenY + outerHeight - innerHeight;
    return { x: left + r.x + r.width / 2, y: top + r.y + r.height / 2, top, height: innerHeight };
  })()`;

const isPlace = (found: unknown): found is Place =>
  typeof found === 'object' && found !== null && 'x' in found && 'y' in found && 'top' in found;

/** Thrown where a person would get up and go, whatever they were doing. */
export class TimeToGo extends Error {}

/** One person at one browser: finds things by looking, takes time, makes mistakes. `speed` 2 halves all pauses. */
export class Person {
  readonly random: Random;
  readonly #window: BrowserWindow;
  readonly #hands: Hands;
  #tab: Tab;
  readonly #speed: number;
  /** How slow this person is: some read, some skim. */
  readonly #pace: number;
  readonly #until: number;

  /** `patienceMs`: longest stay, not counting what the browser is busy with. */
  constructor(
    window: BrowserWindow,
    hands: Hands,
    random: Random,
    options: { speed: number; patienceMs: number },
  ) {
    this.#window = window;
    this.#tab = window.first;
    this.#hands = hands;
    this.random = random;
    this.#speed = options.speed;
    this.#until = Date.now() + options.patienceMs;
    this.#pace = random.between(0.6, 2.2);
  }

  /** A pause whose lengths have a long tail, as reading times do (log-normal around `seconds`). */
  async think(seconds: number): Promise<void> {
    const normal =
      Math.sqrt(-2 * Math.log(1 - this.random.next())) * Math.cos(2 * Math.PI * this.random.next());
    const ms = (seconds * this.#pace * Math.exp(0.6 * normal) * 1000) / this.#speed;
    const left = this.#until - Date.now();
    await pause(Math.min(ms, left));
    if (ms > left) throw new TimeToGo();
  }

  /** Which document this is (each has a time of its own), once it has loaded; undefined while it has not. */
  async #document(): Promise<unknown> {
    const look = "document.readyState === 'complete' ? performance.timeOrigin : null";
    return (await this.#tab.evaluate(look).catch(() => undefined)) ?? undefined;
  }

  /** Does something and waits for the page that it leads to, but not long: not everything leads to one. */
  async #follow(action: () => unknown): Promise<void> {
    const before = await this.#document();
    await action();
    for (let waited = 0; waited < 20_000; waited += 200) {
      await pause(200);
      const now = await this.#document();
      if (now !== undefined && (now !== before || waited > 2500)) return;
    }
  }

  /** Opens a path of the shop (or another address) as if typed. */
  async enter(path: string): Promise<void> {
    await this.#follow(() => this.#tab.goto(path.startsWith('http') ? path : site + path));
  }

  /** Whether the present page is the shop's. */
  async isThere(): Promise<boolean> {
    return (await this.#tab.evaluate('location.host').catch(() => '')) === server.name;
  }

  async #look(selector: string, nth: number): Promise<Place | undefined> {
    const found = await this.#tab.evaluate(placeOf(selector, nth)).catch(() => undefined);
    return isPlace(found) ? found : undefined;
  }

  /** Where the n-th match is, once it has been scrolled into view; undefined when there is none. */
  async #find(selector: string, nth: number): Promise<Spot | undefined> {
    for (let turn = 0; turn < 5; turn++) {
      const place = await this.#look(selector, nth);
      if (!place) return undefined;
      const wanted = place.y - (place.top + place.height / 2);
      if (Math.abs(wanted) < place.height / 2 - 20) return place;
      await this.#hands.move({ x: place.x, y: place.top + place.height / 2 });
      await this.#hands.wheel(Math.round(Math.max(-12, Math.min(12, wanted / notch))));
      await pause(300);
    }
    const jump = `document.querySelectorAll(${JSON.stringify(selector)})[0]?.scrollIntoView({ block: 'center' })`;
    await this.#tab.evaluate(`void ${jump}`).catch(() => undefined);
    return this.#look(selector, 0);
  }

  /** Clicks one of the matches. False when the page has none. */
  async click(selector: string): Promise<boolean> {
    const spot = await this.#find(selector, this.random.integer(0, 50));
    if (!spot) return false;
    await this.think(0.4);
    await this.#follow(() => this.#hands.click(spot));
    return true;
  }

  /** Opens up to `count` matches in tabs of their own, as comparing shoppers do, and looks at each. */
  async compare(selector: string, count: number): Promise<void> {
    const home = this.#tab;
    for (let i = 0; i < count; i++) {
      const spot = await this.#find(selector, this.random.integer(0, 50));
      if (spot) await this.#hands.click(spot, true);
      await this.think(1);
    }
    await pause(500);
    for (const tab of await this.#window.opened()) {
      this.#tab = tab;
      await tab.show();
      for (let waited = 0; waited < 20_000 && !(await this.#document()); waited += 200) await pause(200);
      await this.read(1);
      await tab.close().catch(() => undefined);
    }
    this.#tab = home;
    await home.show();
  }

  async read(screens: number): Promise<void> {
    for (let i = 0; i < screens; i++) {
      await this.think(2);
      await this.#hands.wheel(this.random.integer(1, 5));
    }
    await this.think(1.5);
  }

  /** Looks back up. */
  async scrollUp(): Promise<void> {
    await this.#hands.wheel(-this.random.integer(2, 8));
    await this.think(0.5);
  }

  /** Clicks into a field and types. False when the page has no such field. */
  async type(selector: string, text: string): Promise<boolean> {
    const spot = await this.#find(selector, 0);
    if (!spot) return false;
    await this.#hands.click(spot);
    await pause(150);
    const keys = () => this.#hands.type(text, () => this.random.between(60, 220) / this.#speed);
    await (text.endsWith('\n') ? this.#follow(keys) : keys());
    return true;
  }

  /** Empties the field that has the keyboard, to type something else. */
  clear(): void {
    this.#hands.key('ctrl+a');
    this.#hands.key('BackSpace');
  }

  async back(): Promise<void> {
    await this.#follow(() => this.#hands.key('alt+Left'));
  }

  async reload(): Promise<void> {
    await this.#follow(() => this.#hands.key('F5'));
  }
}
