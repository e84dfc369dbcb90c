import type { Person } from './person.ts';

type Persona = (person: Person) => Promise<void>;

/** Walks through a few products of a few categories. */
const stroller: Persona = async (person) => {
  await person.enter('/');
  await person.read(2);
  for (let i = person.random.integer(1, 3); i > 0; i--) {
    await person.click('nav a.category');
    await person.read(1);
    for (let j = person.random.integer(1, 3); j > 0; j--) {
      await person.click('main a.product');
      await person.read(person.random.integer(1, 3));
      if (person.random.chance(0.5)) await person.back();
    }
  }
};

/** Comes with a word in mind. */
const searcher: Persona = async (person) => {
  await person.enter('/');
  await person.think(1.5);
  for (let i = person.random.integer(1, 3); i > 0; i--) {
    await person.search();
    if (!(await person.click('main a.product'))) continue;
    await person.read(2);
    if (person.random.chance(0.4)) await person.back();
  }
};

/** Buys: cart, sign-in, account. */
const buyer: Persona = async (person) => {
  await person.enter('/');
  await person.click('nav a.category');
  await person.read(1);
  await person.click('main a.product');
  await person.read(2);
  await person.click('form.add button');
  await person.think(2);
  await person.signIn();
  if (person.random.chance(0.5)) await person.click('a.basket');
  await person.think(2);
};

/** Follows a search engine's link deep into the site and leaves soon. */
const lander: Persona = async (person) => {
  await person.enter(`/product/${person.random.integer(100, 147)}.html`, 'https://search.example/');
  await person.read(person.random.integer(2, 4));
  if (person.random.chance(0.6)) {
    await person.click('main a.product');
    await person.read(2);
  }
};

/** Opens several products in tabs. */
const comparer: Persona = async (person) => {
  await person.enter('/');
  await person.click('nav a.category');
  await person.read(1);
  await person.compare('main a.product', person.random.integer(2, 4));
  await person.click('main a.product');
  await person.read(1);
};

/** Reads what the shop says about itself and writes to it. */
const asker: Persona = async (person) => {
  await person.enter('/about.html');
  await person.read(3);
  await person.click('a.contact');
  await person.type('form.message input', 'A visitor');
  await person.type('form.message textarea', 'How do I clean linen?');
  await person.click('form.message button');
  await person.think(2);
  if (person.random.chance(0.5)) {
    await person.click('a.home');
    await person.read(1);
  }
};

/** Leaves the page open, does something else, comes back on a new connection. */
const idler: Persona = async (person) => {
  await person.enter('/');
  await person.read(1);
  await person.click('main a.product');
  await person.think(9);
  await person.click('nav a.category');
  await person.read(1);
  await person.think(7);
  await person.click('main a.product');
  await person.read(2);
};

export const personas = { stroller, searcher, buyer, lander, comparer, asker, idler } as const;
export type PersonaName = keyof typeof personas;

/** Machine behaviour on a real browser: every product, no pauses, no scrolling, nothing else. */
export const scraper: Persona = async (person) => {
  const first = person.random.integer(100, 120);
  for (let id = first; id < first + 24; id++) await person.enter(`/product/${id}.html`);
};
