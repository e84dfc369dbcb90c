import { Accounts } from './accounts.ts';
import { api } from './api.ts';
import { cartPage, checkoutPage } from './cart.ts';
import { html, type ShopRequest, type ShopResponse } from './exchange.ts';
import { commentPage, contactPage, newsletterPage } from './forms.ts';
import { page } from './frame.ts';
import { categoryPage, homePage, searchPage } from './listing.ts';
import { moved } from './moved.ts';
import { Reports } from './reports.ts';

const notFound = html(page({ title: 'Not found', main: '<h1>There is no such page</h1>' }), 404);
const notAllowed = { status: 405, headers: [['allow', 'GET, HEAD, POST']], body: '' } as const;

/** The pages that answer to who asks and what: everything below `dynamicPaths`. */
export class DynamicSite {
  readonly #pages: Readonly<Record<string, (request: ShopRequest) => ShopResponse>>;
  #visitors = 0;

  constructor() {
    const accounts = new Accounts();
    const reports = new Reports();
    this.#pages = {
      ...api,
      '/': homePage,
      '/search': searchPage,
      '/login': (request) => accounts.login(request),
      '/logout': () => accounts.logout(),
      '/register': (request) => accounts.register(request),
      '/account': (request) => accounts.account(request),
      '/cart': cartPage,
      '/checkout': checkoutPage,
      '/contact': contactPage,
      '/newsletter': newsletterPage,
      '/comment': commentPage,
      '/report': () => reports.page(),
      '/api/report': (request) => reports.exchange(request),
    };
  }

  /** Never throws. What it remembers (registrations, reports, how many visitors there were) is bounded. */
  answer(request: ShopRequest): ShopResponse {
    const response = this.#answer(request);
    const isPage = response.headers.some(
      ([name, value]) => name === 'content-type' && value.startsWith('text/html'),
    );
    if (!isPage || request.cookies.has('visitor')) return response;
    const cookie = `visitor=${(++this.#visitors).toString(36)}; Path=/; Max-Age=604800; SameSite=Lax; Secure; HttpOnly`;
    return { ...response, headers: [...response.headers, ['set-cookie', cookie]] };
  }

  #answer(request: ShopRequest): ShopResponse {
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) return notAllowed;
    const found = Object.hasOwn(this.#pages, request.path) ? this.#pages[request.path] : undefined;
    if (found) return found(request);
    const category = /^[/]category[/]([a-z]+)$/.exec(request.path)?.[1];
    return (category && categoryPage(request, category)) || moved(request) || notFound;
  }
}
