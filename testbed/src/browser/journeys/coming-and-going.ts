import type { Person } from '../person.ts';

/** Follows a search engine's link deep into the site and leaves soon. */
export async function lander(person: Person): Promise<void> {
  await person.enter('https://search.example/');
  await person.think(1.5);
  await person.click('a.result');
  await person.read(person.random.integer(2, 4));
  if (person.random.chance(0.6)) {
    await person.click('main a.product, main a.article');
    await person.read(2);
  }
}

/** Leaves the page open, does something else, comes back on a new connection. */
export async function idler(person: Person): Promise<void> {
  await person.enter('/');
  await person.read(1);
  await person.click('main a.product');
  await person.think(9);
  await person.click('nav a.category');
  await person.read(1);
  await person.think(7);
  await person.click('main a.product');
  await person.read(2);
}

/** Has been here before: opens a page from the bookmarks, reloads it, looks at what is new. */
export async function returner(person: Person): Promise<void> {
  await person.enter(person.random.pick(['/', '/journal/', '/category/lamps', '/product/104.html']));
  await person.read(1);
  if (person.random.chance(0.4)) await person.reload();
  await person.click('main a.product, main a.article');
  await person.read(1);
  if (person.random.chance(0.3)) await person.click('a.basket');
  await person.think(1);
}

/** Looks at one page, perhaps a second, and is gone. */
export async function glancer(person: Person): Promise<void> {
  await person.enter(person.random.pick(['/', '/', '/journal/', '/about.html', '/category/chairs']));
  await person.read(person.random.integer(1, 2));
  if (person.random.chance(0.4)) await person.click('nav a, main a');
  await person.think(1);
}

/** Wonders what sites see of the browser: the shop has a page that shows it. */
export async function reporter(person: Person): Promise<void> {
  await person.enter('/report');
  await person.read(4);
}
