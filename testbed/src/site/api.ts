import { cartCookie, cartOf, cartState, changedCart } from './cart.ts';
import { findProducts, type Product, productOf, products, stockOf } from './catalogue.ts';
import { json, type ShopRequest, type ShopResponse } from './exchange.ts';
import { articles } from './journal.ts';
import { pageOf } from './listing.ts';

const shown = ({ id, name, category, colour, price }: Product) => ({ id, name, category, colour, price });

function suggest(request: ShopRequest): ShopResponse {
  const query = request.query.get('q') ?? '';
  return json(
    {
      suggestions: findProducts(query)
        .slice(0, 6)
        .map(({ name }) => name),
    },
    200,
    'public, max-age=60',
  );
}

function stock(request: ShopRequest): ShopResponse {
  const product = productOf(request.query.get('id') ?? '');
  return product ? json({ left: stockOf(product) }) : json({ error: 'no such product' }, 404);
}

function list(request: ShopRequest): ShopResponse {
  const ids = request.query.get('ids');
  if (ids !== null) {
    const asked = ids.split(',', 20).flatMap((id) => productOf(id) ?? []);
    return json({ products: asked.map(shown) });
  }
  const { items, page, pages } = pageOf(products, request.query.get('page'));
  return json({ products: items.map(shown), page, pages }, 200, 'no-cache');
}

function cart(request: ShopRequest): ShopResponse {
  if (request.method !== 'POST') return json(cartState(cartOf(request)));
  const changed = changedCart(request);
  const answer = json(cartState(changed));
  return { ...answer, headers: [...answer.headers, cartCookie(changed)] };
}

function comments(request: ShopRequest): ShopResponse {
  const article = articles.find(({ slug }) => slug === request.query.get('article'));
  return article ? json({ count: article.comments.length }) : json({ error: 'no such article' }, 404);
}

const beacon = (): ShopResponse => ({ status: 204, headers: [['cache-control', 'no-store']], body: '' });

/** Paths that need nothing but the request; `/api/report` remembers and is with the reports. */
export const api: Readonly<Record<string, (request: ShopRequest) => ShopResponse>> = {
  '/api/suggest': suggest,
  '/api/stock': stock,
  '/api/products': list,
  '/api/cart': cart,
  '/api/comments': comments,
  '/api/beacon': beacon,
};
