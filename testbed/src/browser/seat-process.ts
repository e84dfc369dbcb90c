/**
 * A seat: one display and one browser, used by one guest after the other. Runs inside a client's namespace as a
 * process of its own. The first argument is JSON (`SeatOptions`); each line of standard input is a `VisitOrder`
 * and is answered with a line (`VisitOutcome`) when the visit is over. It ends with its standard input.
 */
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { randomFrom } from '../random.ts';
import { within } from '../time.ts';
import { trustInNamespace } from './certificate-store.ts';
import { launchChromium } from './chromium.ts';
import { endConnections } from './connections.ts';
import { startDisplay } from './display.ts';
import { openDoorway } from './doorway.ts';
import { launchFirefox } from './firefox.ts';
import { Hands } from './hands.ts';
import { Person, TimeToGo } from './person.ts';
import { personas, scraper } from './personas.ts';
import type { SeatOptions, VisitOrder, VisitOutcome } from './seating.ts';
import type { Browser } from './tab.ts';
import { launchWebView } from './web-view.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as SeatOptions;
await mkdir(options.home, { recursive: true });
process.env.HOME = options.home;
await trustInNamespace(options.home, options.authority);
const display = await startDisplay();
process.env.DISPLAY = display.name;
await openDoorway(options.home, options.authority);

function launch(): Promise<Browser> {
  if (options.browser === 'chromium') return launchChromium(options);
  if (options.browser === 'firefox') return launchFirefox(options);
  return launchWebView(options.browser, options);
}

let browser: Browser | undefined;
const shutDown = async () => {
  await browser?.close().catch(() => undefined);
  await display.stop();
  process.exit(0);
};
process.once('SIGTERM', () => void shutDown());
browser = await launch().catch(async (error: unknown) => {
  console.error(String(error));
  await display.stop();
  process.exit(1);
});

/** Plays the journey. False when the person did not end up in the shop. */
async function wander(person: Person, order: VisitOrder): Promise<boolean> {
  const journey = order.journey === 'scraper' ? scraper : personas[order.journey];
  await journey(person).catch((error: unknown) => {
    if (!(error instanceof TimeToGo)) throw error;
  });
  return person.isThere();
}

/** One visit from the first window to the last connection; rejects when the browser cannot be used again. */
async function visit(on: Browser, order: VisitOrder): Promise<VisitOutcome> {
  const random = randomFrom(order.seed);
  const hands = new Hands(display.name, random);
  try {
    const window = await on.open(order.guest);
    // Takes the keyboard from the address bar to the (still empty) page, as Enter does there.
    const { width, height } = order.guest;
    await hands.click({ x: width * random.between(0.3, 0.6), y: height * random.between(0.4, 0.7) });
    const person = new Person(window, hands, random, {
      speed: order.speed,
      patienceMs: order.patienceMs * 0.7,
    });
    const crash = on.ended.then(() => Promise.reject(new Error('The browser has crashed')));
    const visited = Promise.race([wander(person, order), crash]);
    const arrived = await within(order.patienceMs, 'The visit', visited);
    await window.leave();
    await endConnections();
    return { usable: true, ...(arrived ? {} : { trouble: 'The visit did not end in the shop' }) };
  } finally {
    await hands.close();
  }
}

let visiting = false;
const died = () => {
  if (!visiting) void shutDown();
};
browser.ended.then(died, died);

console.log(JSON.stringify({ usable: true } satisfies VisitOutcome));
for await (const line of createInterface({ input: process.stdin })) {
  visiting = true;
  const outcome = await visit(browser, JSON.parse(line) as VisitOrder).catch(
    (error: unknown): VisitOutcome => ({ trouble: String(error), usable: false }),
  );
  console.log(JSON.stringify(outcome));
  visiting = false;
}
await shutDown();
