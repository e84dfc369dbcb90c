import type { FullVerdict, Neighbour, VisitorPath } from '@ja4/store';
import { claimWords } from '../explain/headline.ts';
import { claimOf } from '../explain/user-agent.ts';
import { count } from '../format/number.ts';
import { type HtmlValue, html, type SafeHtml } from '../html.ts';
import type { LinkQuery } from '../links.ts';
import type { Context } from '../request/context.ts';
import { canFilter } from '../request/parameters.ts';
import { card } from './layout.ts';
import { levelBadge, scoreCell } from './level.ts';
import { statusMark } from './status.ts';
import { empty, table } from './table.ts';
import { addressLink, fingerprint, ja4Link, moment, oneLine } from './values.ts';

/** Other addresses that share something with this one. */
export function neighboursCard(
  context: Context,
  title: HtmlValue,
  rows: readonly Neighbour[],
  none: string,
  { all, hint }: { all: string; hint: string },
): SafeHtml {
  if (rows.length === 0) return card(title, empty(none, 'Others would be listed here with their level.'));
  const total = Number(rows[0]?.total ?? rows.length);
  return card(
    title,
    table(
      context,
      'Neighbours',
      [
        { title: 'Level', cell: (row) => levelBadge(row.threat_level) },
        { title: 'Score', cell: (row) => scoreCell(row.anomaly_score, row.threat_level) },
        { title: 'Visitor', cell: (row) => addressLink(context, row.ip) },
        {
          title: 'Says',
          kind: 'wide',
          cell: (row) => oneLine(claimWords(claimOf(row.first_ua)).replace(/^says /, '')),
        },
        { title: 'Requests', kind: 'number', cell: (row) => count(row.hits) },
      ],
      rows,
    ),
    { hint, more: html`<a href="${all}">${total > rows.length ? `All ${count(total)}` : 'As a list'}</a>` },
  );
}

/** Verdicts about the visitor, newest first. */
export function historyCard(context: Context, verdicts: readonly FullVerdict[]): SafeHtml {
  return card(
    'Verdicts',
    table(
      context,
      'Verdicts',
      [
        { title: 'Scored', cell: (row) => moment(row.detected_at, context.now) },
        { title: 'Level', term: 'level', cell: (row) => levelBadge(row.threat_level) },
        { title: 'Score', term: 'score', cell: (row) => scoreCell(row.anomaly_score, row.threat_level) },
        { title: 'Host', cell: (row) => oneLine(row.host, 'short') },
        {
          title: 'Client stack',
          term: 'tls_stack',
          kind: 'minor',
          cell: (row) => fingerprint(row.tls_stack),
        },
        { title: 'JA4', term: 'ja4', kind: 'minor', cell: (row) => ja4Link(context, row.ja4) },
        { title: 'Model', term: 'model', kind: 'minor', cell: (row) => row.model_name },
        { title: 'Mode', term: 'mode', kind: 'minor', cell: (row) => row.mode },
        { title: 'Requests', kind: 'number', cell: (row) => count(row.hits) },
      ],
      verdicts.slice(0, 30),
    ),
    { hint: 'Of every session of this address, the newest of each day.' },
  );
}

/** A path with its requests behind it, unless it is too long for a filter. */
function pathLink(all: (query: LinkQuery) => string, path: string): SafeHtml {
  const shown = oneLine(path, 'mono');
  if (!canFilter(path)) return shown;
  return html`<a class="quiet" href="${all({ path })}">${shown}</a>`;
}

export function pathsCard(
  context: Context,
  all: (query: LinkQuery) => string,
  rows: readonly VisitorPath[],
): SafeHtml {
  return card(
    'Paths',
    table(
      context,
      'Paths',
      [
        {
          title: 'Path',
          kind: 'wide',
          cell: (row) => pathLink(all, row.path),
        },
        { title: 'Requests', kind: 'number', cell: (row) => count(row.requests) },
        { title: 'Queries', kind: 'number', cell: (row) => count(row.queries) },
        { title: 'Methods', kind: 'minor', cell: (row) => row.methods.join(', ') },
        { title: 'Status', cell: (row) => row.statuses.map((status) => html`${statusMark(status)} `) },
      ],
      rows,
    ),
    { hint: 'What it asked for most.' },
  );
}
