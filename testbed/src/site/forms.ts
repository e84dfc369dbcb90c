import { html, redirect, type ShopRequest, type ShopResponse } from './exchange.ts';
import { page } from './frame.ts';
import { articlePath, articles } from './journal.ts';

const messageForm =
  '<form class="message" action="/contact" method="post"><input name="name" aria-label="Name"><textarea name="text" aria-label="Text"></textarea><button>Send</button></form>';

const thanks = (words: string) =>
  html(page({ title: 'Thank you', main: `<h1>Thank you</h1><p class="thanks">${words}</p>` }));

const wrong = (words: string) =>
  html(page({ title: 'Something is missing', main: `<p class="wrong">${words}</p>` }), 422);

export function contactPage(request: ShopRequest): ShopResponse {
  if (request.method === 'POST') return thanks('We answer within two days.');
  return html(page({ title: 'Contact', main: `<h1>Contact</h1>${messageForm}` }));
}

export function newsletterPage(request: ShopRequest): ShopResponse {
  if (request.method !== 'POST') return redirect('/', 302);
  const known = /^[^@\s]{1,64}@[^@\s]{1,255}$/.test(request.fields.get('email') ?? '');
  return known ? thanks('The next letter is yours.') : wrong('That is no e-mail address.');
}

/** Comments are thanked for and wait for an editor, so that pages stay the same for everyone. */
export function commentPage(request: ShopRequest): ShopResponse {
  const article = articles.find(({ slug }) => slug === request.fields.get('article'));
  if (request.method !== 'POST' || !article) return redirect('/journal/', 302);
  if (!request.fields.get('text')) return wrong('The comment is empty.');
  return thanks(`An editor reads it first. <a class="article" href="${articlePath(article)}">Back</a>`);
}
