import { countRequests, type LoggedRequest, listRequests } from '@ja4/store';
import { bytes, counted } from '../format/number.ts';
import { html, type SafeHtml } from '../html.ts';
import { keptFields, withinRange } from '../parts/frame.ts';
import { lead } from '../parts/layout.ts';
import { pager } from '../parts/pager.ts';
import { chips, given, keptFilters, pick } from '../parts/pick.ts';
import { statusMark } from '../parts/status.ts';
import { type Column, empty, table } from '../parts/table.ts';
import { addressLink, clockTime, ja4Link, oneLine } from '../parts/values.ts';
import type { Context } from '../request/context.ts';
import { requestChoice, requestFields, requestListShape, requestPage } from '../request/lists.ts';
import { page } from '../routes.ts';

const labels = {
  ip: 'address',
  method: 'method',
  host: 'host',
  path: 'path',
  status: 'status',
  http_version: 'version',
  ja4: 'JA4',
  tls_stack: 'client stack',
  asn: 'AS',
};

/** `/traffic`: the requests themselves. */
export const trafficPage = page({
  path: '/traffic',
  shape: requestListShape,
  render: async (context, given) => {
    const asked = requestPage(given);
    const span = { from: context.range.from, to: context.range.to };
    const choice = requestChoice(given);
    const [rows, found] = await Promise.all([
      listRequests(context.reader, span, choice, { ...asked, limit: asked.limit + 1 }),
      countRequests(context.reader, span, choice),
    ]);
    const shown = rows.slice(0, asked.limit);
    const sentence = html`<strong>${counted(found.requests, 'request')}</strong> by ${counted(found.visitors, 'visitor')} for ${counted(found.paths, 'path')} ${withinRange(context)}.`;
    const body = html`${lead(sentence)}
${filterForm(context)}
${chips(context, requestFields, labels)}
${
  shown.length > 0
    ? html`${table(context, 'Requests', columns(context), shown, asked)}${pager(context, rows, asked.limit)}`
    : empty(
        'No request matches.',
        html`Lift a filter or choose a longer range; <a href="${context.link('/pipeline')}">the pipeline</a> shows whether requests arrive at all.`,
      )
}`;
    return { title: 'Requests', body };
  },
});

function filterForm(context: Context): SafeHtml {
  const field = (name: string, label: string, placeholder: string, size: number) =>
    html`<label>${label}<input name="${name}" value="${given(context, name)[0] ?? ''}" placeholder="${placeholder}" size="${size}" spellcheck="false" autocomplete="off"></label>`;
  return html`<form class="filters" action="/traffic">${keptFields(context)}${keptFilters(context, requestFields, ['search', 'ip', 'method', 'host', 'status'])}${field('search', 'Contains', 'any text', 20)}${field('ip', 'Address', '198.18.0.0/20', 16)}${field('method', 'Method', 'POST', 7)}${field('host', 'Host', 'shop.example', 14)}${field('status', 'Status', '404', 5)}<button>Apply</button></form>`;
}

function columns(context: Context): Column<LoggedRequest>[] {
  return [
    { title: 'Time', sort: 'time', cell: (row) => clockTime(row.time, context.now) },
    {
      title: 'Visitor',
      sort: 'src_ip',
      cell: (row) => pick(context, 'ip', row.ip, addressLink(context, row.ip)),
    },
    {
      title: 'Method',
      sort: 'method',
      cell: (row) => pick(context, 'method', row.method, oneLine(row.method, 'short')),
    },
    {
      title: 'Path',
      sort: 'path',
      kind: 'wide',
      cell: (row) =>
        pick(
          context,
          'path',
          row.path,
          oneLine(row.query === '' ? row.path : `${row.path}?${row.query}`, 'mono'),
        ),
    },
    {
      title: 'Status',
      sort: 'status_code',
      cell: (row) => pick(context, 'status', row.status_code, statusMark(row.status_code)),
    },
    {
      title: 'Size',
      sort: 'response_size',
      kind: 'minor-number',
      cell: (row) => html`<span class="num">${bytes(Number(row.response_size))}</span>`,
    },
    {
      title: 'Host',
      sort: 'host',
      kind: 'minor',
      cell: (row) => pick(context, 'host', row.host, oneLine(row.host, 'short')),
    },
    {
      title: 'Version',
      sort: 'http_version',
      kind: 'minor',
      cell: (row) => pick(context, 'http_version', row.http_version, oneLine(row.http_version, 'short')),
    },
    {
      title: 'User-Agent',
      sort: 'header_user_agent',
      kind: 'minor',
      cell: (row) => oneLine(row.header_user_agent, 'agent'),
    },
    {
      title: 'JA4',
      sort: 'ja4',
      term: 'ja4',
      kind: 'minor',
      cell: (row) => pick(context, 'ja4', row.ja4, ja4Link(context, row.ja4)),
    },
  ];
}
