/**
 * One visit with a real browser; runs inside a client's namespace as a process of its own. The first argument
 * is JSON: { browser, persona, profile, home, language, width, height, userAgent, seed, speed }.
 */
import { randomFrom } from '../random.ts';
import { within } from '../time.ts';
import { launchChromium } from './chromium.ts';
import { launchFirefox } from './firefox.ts';
import { Person } from './person.ts';
import { type PersonaName, personas, scraper } from './personas.ts';

export interface VisitOrder {
  readonly browser: 'chromium' | 'firefox';
  readonly persona: PersonaName | 'scraper';
  readonly profile: string;
  readonly home: string;
  readonly language: string;
  readonly width: number;
  readonly height: number;
  readonly userAgent: string;
  readonly seed: number;
  readonly speed: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as VisitOrder;
const browser = await (order.browser === 'chromium' ? launchChromium(order) : launchFirefox(order));
const shutDown = () => void browser.close().finally(() => process.exit(1));
process.once('SIGTERM', shutDown);
try {
  const person = new Person(browser, randomFrom(order.seed), order.speed);
  const persona = order.persona === 'scraper' ? scraper : personas[order.persona];
  await within(240_000, 'The visit', persona(person));
} finally {
  await browser.close();
}
