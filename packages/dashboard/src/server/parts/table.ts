import { attributes, type HtmlValue, html, type SafeHtml } from '../html.ts';
import type { Context } from '../request/context.ts';
import { usualOrder } from '../request/lists.ts';
import { type TermName, terms } from '../terms.ts';

/** A column of a table of rows. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => HtmlValue;
  /** Name in `sort`, where the column can be sorted by. */
  readonly sort?: string;
  readonly term?: TermName;
  /** `number`: right-aligned figures; `wide`: takes what room is left; `minor`: left out on small screens. */
  readonly kind?: 'number' | 'wide' | 'minor' | 'minor-number';
}

export interface TableSort {
  readonly sort: string;
  readonly descending: boolean;
}

function heading<Row>(context: Context, column: Column<Row>, sorted: TableSort | undefined): SafeHtml {
  const explained = column.term ? terms[column.term].sentence : undefined;
  if (column.sort === undefined || sorted === undefined) {
    return html`<th scope="col"${attributes({ class: column.kind, title: explained })}>${column.title}</th>`;
  }
  const active = sorted.sort === column.sort;
  const usual = usualOrder(column.sort);
  const order = active ? (sorted.descending ? 'asc' : 'desc') : usual;
  const link = context.here({ sort: column.sort, order: order === usual ? undefined : order });
  const direction = sorted.descending ? 'descending' : 'ascending';
  return html`<th scope="col"${attributes({ class: column.kind, title: explained, 'aria-sort': active && direction })}><a href="${link}" class="sort">${column.title}${active && html`<span aria-hidden="true">${sorted.descending ? ' ↓' : ' ↑'}</span>`}</a></th>`;
}

/** A table whose rows the keys j and k walk through; Enter opens the row's first link. */
export function table<Row>(
  context: Context,
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  sorted?: TableSort,
): SafeHtml {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="${caption}"><table class="rows">
<caption class="for-readers">${caption}</caption>
<thead><tr>${columns.map((column) => heading(context, column, sorted))}</tr></thead>
<tbody>${rows.map(
    (
      row,
    ) => html`<tr>${columns.map((column) => html`<td${attributes({ class: column.kind })}>${column.cell(row)}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

/** The table behind a chart, folded away. */
export function tableBehind(titles: readonly string[], rows: readonly (readonly HtmlValue[])[]): SafeHtml {
  return html`<details class="behind"><summary>View as table</summary><div class="table-scroll" tabindex="0" role="region" aria-label="The chart’s figures"><table>
<thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div></details>`;
}

/** Why there is nothing to show, and what would bring it. */
export function empty(why: HtmlValue, remedy: HtmlValue): SafeHtml {
  return html`<div class="empty"><p>${why}</p><p class="muted">${remedy}</p></div>`;
}
