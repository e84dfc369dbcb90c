import type { Position } from '@ja4/store';
import { html, type SafeHtml } from '../html.ts';
import type { Context } from '../request/context.ts';
import { writeCursor } from '../request/cursor.ts';

/** Cursor of the page after `limit` rows; undefined when there is none. `rows` holds one row more than is shown. */
export function nextCursor(rows: readonly Position[], limit: number): string | undefined {
  const last = rows[limit - 1];
  return rows.length > limit && last ? writeCursor(last) : undefined;
}

/** Links to the next page and back to the first; back further is what the browser's own button does. */
export function pager(context: Context, rows: readonly Position[], limit: number): SafeHtml {
  const next = nextCursor(rows, limit);
  const later = context.query.cursor !== undefined && context.query.cursor !== '';
  if (!next && !later) return html``;
  return html`<nav class="pager" aria-label="Pages of the list">${later && html`<a href="${context.here({})}">First page</a>`}${next && html`<a href="${context.here({ cursor: next })}" rel="next">Next ${limit}</a>`}</nav>`;
}
