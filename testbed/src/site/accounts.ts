import { createHmac, timingSafeEqual } from 'node:crypto';
import { html, redirect, type ShopRequest, type ShopResponse } from './exchange.ts';
import { page } from './frame.ts';
import { text } from './html.ts';

/** Who has an account from the start, with what password. None is in the word lists of `programs/`. */
export const accounts: ReadonlyMap<string, string> = new Map([
  ['ada', 'analytical'],
  ['grace', 'compiler'],
  ['linus', 'penguin'],
  ['margaret', 'apollo'],
]);

const mostRegistered = 1000;
const signature = (user: string) => createHmac('sha256', 'testbed').update(user).digest('hex').slice(0, 16);
const sessionCookie = (value: string, age: number): readonly [string, string] => [
  'set-cookie',
  `session=${value}; Path=/; Max-Age=${age}; SameSite=Lax; Secure; HttpOnly`,
];

/** Who is signed in: the cookie carries the name and a signature, so that nothing is kept per visitor. */
export function userOf(request: ShopRequest): string | undefined {
  const [, name = '', signed = ''] =
    /^([a-z0-9]{1,32})[.]([0-9a-f]{16})$/.exec(request.cookies.get('session') ?? '') ?? [];
  return signed !== '' && timingSafeEqual(Buffer.from(signed), Buffer.from(signature(name)))
    ? name
    : undefined;
}

const signedIn = (user: string) =>
  redirect('/account', 303, sessionCookie(`${user}.${signature(user)}`, 86_400));

const fields = `<input name="user" aria-label="User" autocomplete="username"><input name="password" type="password" aria-label="Password" autocomplete="current-password">`;
const loginForm = `<form class="login" action="/login" method="post">${fields}<button>Sign in</button></form><p>New here? <a class="register" href="/register">Register</a></p>`;
const registerForm = `<form class="register" action="/register" method="post">${fields}<input name="email" type="email" aria-label="E-mail"><button>Register</button></form>`;

const accountPage = (title: string, main: string, status = 200) =>
  html(page({ title, main: `<h1>${title}</h1>${main}` }), status);

/** The pages about accounts. Those who register are remembered until the program ends, a bounded number of them. */
export class Accounts {
  readonly #registered = new Map<string, string>();

  login(request: ShopRequest): ShopResponse {
    if (userOf(request)) return redirect('/account', 302);
    if (request.method !== 'POST') return accountPage('Sign in', loginForm);
    const user = request.fields.get('user') ?? '';
    const password = accounts.get(user) ?? this.#registered.get(user);
    if (password !== undefined && password === request.fields.get('password')) return signedIn(user);
    // Not 401: hydra takes that for a challenge and repeats the attempt for ever.
    return accountPage('Sign in', `<p class="wrong">Wrong user or password</p>${loginForm}`, 403);
  }

  register(request: ShopRequest): ShopResponse {
    if (request.method !== 'POST') return accountPage('Register', registerForm);
    const user = request.fields.get('user') ?? '';
    const password = request.fields.get('password') ?? '';
    if (!/^[a-z0-9]{3,32}$/.test(user) || password.length < 6) {
      const wrong =
        '<p class="wrong">Names have 3 to 32 small letters or digits, passwords at least six characters</p>';
      return accountPage('Register', wrong + registerForm, 422);
    }
    if (accounts.has(user))
      return accountPage('Register', `<p class="wrong">That name is taken</p>${registerForm}`, 409);
    if (this.#registered.size >= mostRegistered) this.#registered.clear();
    this.#registered.set(user, password.slice(0, 100));
    return signedIn(user);
  }

  account(request: ShopRequest): ShopResponse {
    const user = userOf(request);
    if (!user) return redirect('/login', 302);
    const out = '<form class="logout" action="/logout" method="post"><button>Sign out</button></form>';
    return accountPage('Account', `<p>Hello ${text(user)}. No orders yet.</p>${out}`);
  }

  logout(): ShopResponse {
    return redirect('/', 303, sessionCookie('', 0));
  }
}
