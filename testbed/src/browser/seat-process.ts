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
import { Person } from './person.ts';
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

async function visit(on: Browser, order: VisitOrder): Promise<void> {
  const random = randomFrom(order.seed);
  const hands = new Hands(display.name, random);
  try {
    const window = await on.open(order.guest);
    try {
      const person = new Person(window, hands, random, order.speed);
      const journey = order.journey === 'scraper' ? scraper : personas[order.journey];
      const cut = on.ended.then(() => Promise.reject(new Error('The browser has crashed')));
      await within(order.patienceMs, 'The visit', Promise.race([journey(person), cut]));
      if (!(await person.isThere())) throw new Error('The visit did not end in the shop');
    } finally {
      await window.leave();
    }
  } finally {
    await hands.close();
  }
}

async function attempt(on: Browser, order: VisitOrder): Promise<VisitOutcome> {
  let trouble: string | undefined;
  await visit(on, order).catch((error: unknown) => {
    trouble = error instanceof Error ? error.message : String(error);
  });
  const left = await endConnections().then(
    () => undefined,
    (error: unknown) => String(error),
  );
  const first = trouble ?? left;
  return first === undefined ? { usable: true } : { trouble: first, usable: false };
}

console.log(JSON.stringify({ usable: true } satisfies VisitOutcome));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await attempt(browser, JSON.parse(line) as VisitOrder)));
}
await shutDown();
