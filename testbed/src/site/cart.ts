import { euros, type Product, pathOf, productOf } from './catalogue.ts';
import { html, redirect, type ShopRequest, type ShopResponse } from './exchange.ts';
import { page } from './frame.ts';
import { text } from './html.ts';

/** What lies in a cart: product and quantity, 1 to 9 of each, at most 30 products. */
export type Cart = ReadonlyMap<Product, number>;

const mostProducts = 30;
const mostOfOne = 9;

/** A cart lives in its cookie: `101x2-108x1`. What cannot be read is left out. */
export function cartOf(request: ShopRequest): Cart {
  const cart = new Map<Product, number>();
  for (const entry of (request.cookies.get('cart') ?? '').split('-', mostProducts)) {
    const [, id = '', quantity = ''] = /^(\d{1,6})x([1-9])$/.exec(entry) ?? [];
    const product = productOf(id);
    if (product) cart.set(product, Number(quantity));
  }
  return cart;
}

export function cartCookie(cart: Cart): readonly [string, string] {
  const entries = [...cart].map(([product, quantity]) => `${product.id}x${quantity}`);
  return ['set-cookie', `cart=${entries.join('-')}; Path=/; Max-Age=604800; SameSite=Lax; Secure`];
}

const quantityOf = (value: string | undefined) =>
  Math.min(mostOfOne, Math.max(1, Math.trunc(Number(value ?? 1)) || 1));

/** The cart after what the request's fields say: `id`, `quantity`, and `do` = add (default), change or remove. */
export function changedCart(request: ShopRequest): Cart {
  const cart = new Map(cartOf(request));
  const product = productOf(request.fields.get('id') ?? '');
  if (!product) return cart;
  const quantity = quantityOf(request.fields.get('quantity'));
  const what = request.fields.get('do') ?? 'add';
  if (what === 'remove') cart.delete(product);
  else if (what === 'change') cart.set(product, quantity);
  else if (cart.has(product) || cart.size < mostProducts) {
    cart.set(product, Math.min(mostOfOne, (cart.get(product) ?? 0) + quantity));
  }
  return cart;
}

const sumOf = (cart: Cart) =>
  [...cart].reduce((sum, [product, quantity]) => sum + product.price * quantity, 0);

/** A cart as the JSON API shows it. */
export function cartState(cart: Cart): { count: number; total: number; items: object[] } {
  const items = [...cart].map(([{ id, name, price }, quantity]) => ({ id, name, price, quantity }));
  return { count: items.reduce((sum, item) => sum + item.quantity, 0), total: sumOf(cart), items };
}

function row([product, quantity]: [Product, number]): string {
  const hidden = (what: string) =>
    `<input type="hidden" name="id" value="${product.id}"><input type="hidden" name="do" value="${what}">`;
  return `<tr><td><a class="product" href="${pathOf(product)}">${text(product.name)}</a></td><td>${euros(product.price * quantity)}</td>
<td><form class="change" action="/cart" method="post">${hidden('change')}<input name="quantity" type="number" value="${quantity}" min="1" max="9" aria-label="Quantity"><button>Change</button></form></td>
<td><form class="remove" action="/cart" method="post">${hidden('remove')}<button>Remove</button></form></td></tr>`;
}

export function cartPage(request: ShopRequest): ShopResponse {
  if (request.method === 'POST') return redirect('/cart', 303, cartCookie(changedCart(request)));
  const cart = cartOf(request);
  const content =
    cart.size === 0
      ? '<p class="empty">There is nothing in it yet.</p>'
      : `<table>${[...cart].map(row).join('\n')}</table><p class="price">${euros(sumOf(cart))}</p><p><a class="checkout" href="/checkout">Check out</a></p>`;
  return html(page({ title: 'Cart', main: `<h1>Cart</h1>${content}` }));
}

export function checkoutPage(request: ShopRequest): ShopResponse {
  const cart = cartOf(request);
  if (cart.size === 0) return redirect('/cart', 302);
  if (request.method === 'POST') {
    const done = `<h1>Thank you</h1><p class="ordered">${text(request.fields.get('name') || 'Your order')}: ${euros(sumOf(cart))} on delivery.</p>`;
    return html(page({ title: 'Ordered', main: done }), 200, cartCookie(new Map()));
  }
  const form = `<form class="checkout" action="/checkout" method="post"><input name="name" aria-label="Name" autocomplete="name"><input name="street" aria-label="Street" autocomplete="street-address"><button>Order for ${euros(sumOf(cart))}</button></form>`;
  return html(page({ title: 'Check out', main: `<h1>Check out</h1>${form}` }));
}
