import { glancer, idler, lander, reporter, returner } from './journeys/coming-and-going.ts';
import { asker, follower, joiner, reader } from './journeys/reading.ts';
import { buyer, comparer, searcher, stroller, windowShopper } from './journeys/shopping.ts';
import type { Person } from './person.ts';

/** What somebody comes to the shop for, and how they go about it. */
export type Journey = (person: Person) => Promise<void>;

export const personas = {
  stroller,
  searcher,
  buyer,
  lander,
  comparer,
  asker,
  idler,
  glancer,
  reader,
  follower,
  'window-shopper': windowShopper,
  joiner,
  returner,
  reporter,
} as const satisfies Record<string, Journey>;
export type PersonaName = keyof typeof personas;

/** Machine behaviour on a real browser: every product, no pauses, no scrolling, nothing else. */
export const scraper: Journey = async (person) => {
  const first = person.random.integer(100, 120);
  for (let id = first; id < first + 24; id++) await person.enter(`/product/${id}.html`);
};
