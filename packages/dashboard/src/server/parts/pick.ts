import { type HtmlValue, html, type SafeHtml } from '../html.ts';
import type { Context } from '../request/context.ts';
import { canFilter } from '../request/parameters.ts';

/** Values of one parameter of the present query. */
export function given(context: Context, name: string): string[] {
  const value = context.query[name];
  return (Array.isArray(value) ? value : [value ?? '']).filter((item) => item !== '');
}

/**
 * Hidden fields with which a form of filters keeps what it does not show: other filters, further values of those
 * it shows (a field holds the first), order and length of the list.
 */
export function keptFilters(context: Context, fields: readonly string[], shown: readonly string[]): SafeHtml {
  const names = [...fields.flatMap((field) => [field, `not_${field}`]), 'search', 'sort', 'order', 'limit'];
  return html`${names.flatMap((name) => {
    const values = name === 'level' ? [] : given(context, name).slice(shown.includes(name) ? 1 : 0);
    return values.map((value) => html`<input type="hidden" name="${name}" value="${value}">`);
  })}`;
}

/**
 * A value of a list with two small links that appear on hover and focus: narrow the list to it, or clear the
 * list of it. Works without scripts; an empty value has nothing to choose, and one that is
 * too long for a filter is only shown.
 */
export function pick(context: Context, field: string, value: string | number, shown: HtmlValue): SafeHtml {
  const text = String(value);
  if (text === '' || !canFilter(text)) return html`${shown}`;
  const only = context.here({ [field]: text, [`not_${field}`]: undefined });
  const without = context.here({ [`not_${field}`]: [...new Set([...given(context, `not_${field}`), text])] });
  return html`<span class="pick">${shown}<span class="pick-links"><a href="${only}" title="Only ${text}" aria-label="Only ${field} ${text}">＝</a><a href="${without}" title="Not ${text}" aria-label="Not ${field} ${text}">≠</a></span></span>`;
}

/** The filters in force, each with a link that lifts it. */
export function chips(
  context: Context,
  fields: readonly string[],
  labels: Readonly<Record<string, string>>,
): SafeHtml {
  const active = fields.flatMap((field) => [
    ...given(context, field).map((value) => chip(context, field, value, `${labels[field] ?? field} `)),
    ...given(context, `not_${field}`).map((value) =>
      chip(context, `not_${field}`, value, `${labels[field] ?? field} not `),
    ),
  ]);
  const search = given(context, 'search').map((value) => chip(context, 'search', value, 'contains '));
  const all = [...active, ...search];
  if (all.length === 0) return html``;
  const none: Record<string, undefined> = { search: undefined };
  for (const field of fields) {
    none[field] = undefined;
    none[`not_${field}`] = undefined;
  }
  return html`<p class="chips"><span class="muted">Showing only:</span> ${all} <a class="quiet" href="${context.here(none)}">clear all</a></p>`;
}

function chip(context: Context, name: string, value: string, words: string): SafeHtml {
  const rest = given(context, name).filter((item) => item !== value);
  return html`<a class="chip" href="${context.here({ [name]: rest })}" title="Lift this filter"><span class="muted">${words}</span>${value} <span aria-hidden="true">×</span></a>`;
}
