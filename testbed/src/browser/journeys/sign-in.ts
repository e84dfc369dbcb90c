import type { Person } from '../person.ts';

const accounts: readonly (readonly [string, string])[] = [
  ['ada', 'analytical'],
  ['grace', 'compiler'],
  ['linus', 'penguin'],
  ['margaret', 'apollo'],
];

/** Signs in; now and then with a typing error first. */
export async function signIn(person: Person): Promise<void> {
  const [user, password] = person.random.pick(accounts);
  await person.click('a.account');
  if (person.random.chance(0.3)) {
    await person.type('form.login input[name=user]', user);
    await person.type('form.login input[name=password]', `${password.slice(0, -1)}\n`);
    await person.think(1.5);
  }
  if (!(await person.type('form.login input[name=user]', user))) return;
  await person.think(0.5);
  await person.type('form.login input[name=password]', `${password}\n`);
  await person.read(1);
}
