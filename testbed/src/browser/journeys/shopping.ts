import type { Person } from '../person.ts';
import { signIn } from './sign-in.ts';

const words = ['lamp', 'oak', 'chair', 'copper', 'kettle', 'blanket', 'slate', 'glass', 'garden', 'wool'];

/** Walks through a few products of a few categories. */
export async function stroller(person: Person): Promise<void> {
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
}

/** Types into the search field; takes a suggestion now and then. */
async function search(person: Person): Promise<void> {
  const word = person.random.pick(words);
  if (person.random.chance(0.3)) {
    await person.type('form.search input', word.slice(0, 3));
    await person.think(0.7);
    if (await person.click('ul.suggestions a')) return;
    person.clear();
  }
  await person.type('form.search input', `${word}\n`);
  await person.read(1);
}

/** Comes with a word in mind. */
export async function searcher(person: Person): Promise<void> {
  await person.enter('/');
  await person.think(1.5);
  for (let i = person.random.integer(1, 3); i > 0; i--) {
    await search(person);
    if (!(await person.click('main a.product'))) continue;
    await person.read(2);
    if (person.random.chance(0.4)) await person.back();
  }
}

/** Buys: cart, sign-in, account, sometimes up to the order. */
export async function buyer(person: Person): Promise<void> {
  await person.enter('/');
  await person.click('nav a.category');
  await person.read(1);
  await person.click('main a.product');
  await person.read(2);
  await person.click('form.add button');
  await person.think(2);
  if (person.random.chance(0.7)) await signIn(person);
  if (!(await person.click('a.basket'))) return;
  await person.think(2);
  if (person.random.chance(0.3)) await person.click('form.remove button');
  if (!(await person.click('a.checkout'))) return;
  await person.think(2);
  await person.type('form.checkout input[name=name]', 'A. Visitor');
  await person.type('form.checkout input[name=street]', '12 Mill Lane\n');
  await person.read(1);
}

/** Opens several products in tabs. */
export async function comparer(person: Person): Promise<void> {
  await person.enter('/');
  await person.click('nav a.category');
  await person.read(1);
  await person.compare('main a.product', person.random.integer(2, 4));
  await person.click('main a.product');
  await person.read(1);
}

/** Narrows lists down, turns their pages, and buys nothing. */
export async function windowShopper(person: Person): Promise<void> {
  await person.enter('/');
  await person.click('nav a.category');
  for (let i = person.random.integer(2, 5); i > 0; i--) {
    await person.read(1);
    const narrowed = await person.click(person.random.pick(['a.filter', 'a.sort', 'a.next', 'a.next']));
    if (!narrowed) await person.click('nav a.category');
  }
  if (await person.click('main a.product')) await person.read(2);
}
