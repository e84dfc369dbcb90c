import type { Person } from '../person.ts';

/** Reads what the shop says about itself and writes to it. */
export async function asker(person: Person): Promise<void> {
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
}

async function comment(person: Person): Promise<void> {
  await person.type('form.comment input[name=name]', 'A reader');
  await person.type('form.comment textarea', 'Thank you, that helped.');
  await person.click('form.comment button');
}

/** Reads the journal; some leave a comment. */
export async function reader(person: Person): Promise<void> {
  await person.enter(person.random.chance(0.5) ? '/journal/' : '/');
  await person.read(1);
  for (let i = person.random.integer(1, 3); i > 0; i--) {
    if (!(await person.click('main a.article'))) await person.click('nav a.journal');
    await person.read(person.random.integer(3, 6));
    if (person.random.chance(0.2)) await comment(person);
    if (person.random.chance(0.6)) await person.back();
  }
  if (person.random.chance(0.3)) await person.click('main a.product');
}

/** Follows one teaser after the other, without going back. */
export async function follower(person: Person): Promise<void> {
  await person.enter('/journal/');
  for (let i = person.random.integer(2, 5); i > 0; i--) {
    const selector = person.random.pick([
      'main a.article',
      'main a.article',
      'main a.product',
      'nav a.journal',
    ]);
    if (!(await person.click(selector))) await person.back();
    await person.read(person.random.integer(1, 2));
  }
  if (person.random.chance(0.2)) await person.click('footer a.feed');
}

/** Wants the newsletter or an account. */
export async function joiner(person: Person): Promise<void> {
  await person.enter('/');
  await person.read(2);
  const name = `visitor${person.random.integer(100, 9999)}`;
  if (person.random.chance(0.6)) {
    await person.type('form.newsletter input', `${name}@mail.example\n`);
  } else {
    await person.enter('/register');
    await person.type('form.register input[name=user]', name);
    await person.type('form.register input[name=email]', `${name}@mail.example`);
    await person.type('form.register input[name=password]', `${name}-secret\n`);
  }
  await person.read(1);
  await person.click('nav a.category');
  await person.read(1);
}
