import type { VisitorsOfKind } from '@ja4/store';
import { count, percent } from '../format/number.ts';
import { html, type SafeHtml } from '../html.ts';
import type { LinkQuery } from '../links.ts';
import type { Context } from '../request/context.ts';
import { card } from './layout.ts';
import { term } from './term.ts';

const kinds = [
  { kind: 'browser', label: 'Browsers', what: 'TLS stack known from a browser' },
  { kind: 'robot', label: 'Known robots', what: 'on a list by network or fingerprint' },
  { kind: 'unknown', label: 'Everything else', what: 'by what they say they are' },
] as const;

function nameOf({ kind, name, says }: VisitorsOfKind): string {
  if (kind === 'unknown' && says === 'browser') return 'says it is a browser';
  if (kind === 'unknown' && says === 'nothing') return 'says nothing';
  return name === '' ? 'something else' : name.replaceAll('_', ' ');
}

/** The filter that lists the sessions of a kind. */
function filterOf({ kind, name, says }: VisitorsOfKind, rows: readonly VisitorsOfKind[]): LinkQuery {
  if (kind === 'browser') return { browser: name };
  if (kind === 'robot') return { bot: name };
  const named = (wanted: string) => rows.flatMap((row) => (row.kind === wanted ? [row.name] : []));
  return {
    says: says || undefined,
    not_browser: named('browser'),
    not_bot: named('robot'),
    search: says === 'program' && name !== '' ? name : undefined,
  };
}

/** Who the visitors are, by evidence: browsers, known robots, everything else. */
export function kindsCard(context: Context, rows: readonly VisitorsOfKind[]): SafeHtml {
  const total = rows.reduce((sum, row) => sum + Number(row.visitors), 0);
  const groups = kinds.map(({ kind, label, what }) => {
    const members = rows.filter((row) => row.kind === kind);
    const visitors = members.reduce((sum, row) => sum + Number(row.visitors), 0);
    const links = members.slice(0, 4).map((row) => {
      const name = nameOf(row);
      const query = filterOf(row, rows);
      const urgent = Number(row.urgent_visitors);
      return html`<li><a href="${context.link('/scores', query)}">${name}</a> <span class="num">${count(row.visitors)}</span>${urgent > 0 && html` <a class="urgent-note" href="${context.link('/scores', { ...query, level: ['CRITICAL', 'HIGH'] })}">${urgent === Number(row.visitors) ? 'all' : count(urgent)} to look at</a>`}</li>`;
    });
    const more = members.length - links.length;
    return html`<div class="kind kind-${kind}">
<div class="kind-head"><strong>${label}</strong><span class="num">${count(visitors)}</span><span class="muted num">${percent(visitors / Math.max(1, total))}</span></div>
<svg class="meter" width="100%" height="6" aria-hidden="true"><rect class="track" width="100%" height="6" rx="3"/>${visitors > 0 && html`<rect class="fill" width="${((visitors / Math.max(1, total)) * 100).toFixed(1)}%" height="6" rx="3"/>`}</svg>
<p class="hint">${what}</p>
<ul class="names">${links}${more > 0 && html`<li class="muted">and ${count(more)} more</li>`}</ul></div>`;
  });
  return card('Who they are', html`<div class="kinds">${groups}</div>`, {
    hint: html`By evidence and not by claim; each ${term('visitor', 'visitor')} counted once.`,
  });
}
