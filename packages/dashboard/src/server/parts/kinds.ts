import type { VisitorsOfKind } from '@ja4/store';
import { count, percent } from '../format/number.ts';
import { html, type SafeHtml } from '../html.ts';
import type { Context } from '../request/context.ts';
import { card } from './layout.ts';
import { term } from './term.ts';

const kinds = [
  { kind: 'browser', label: 'Browsers', field: 'browser', what: 'TLS stack known from a browser' },
  { kind: 'robot', label: 'Declared robots', field: 'bot', what: 'known by network or fingerprint' },
  { kind: 'unknown', label: 'Everything else', field: undefined, what: 'by what they say they are' },
] as const;

/** `Mozilla` is what every browser's User-Agent begins with; '' is none at all. */
function nameOf(name: string): string {
  if (name === 'Mozilla') return 'says it is a browser';
  return name === '' ? 'says nothing' : name.replaceAll('_', ' ');
}

/** Who the visitors are, by evidence: browsers, declared robots, everything else. */
export function kindsCard(context: Context, rows: readonly VisitorsOfKind[]): SafeHtml {
  const total = rows.reduce((sum, row) => sum + Number(row.visitors), 0);
  const groups = kinds.map(({ kind, label, field, what }) => {
    const members = rows.filter((row) => row.kind === kind);
    const visitors = members.reduce((sum, row) => sum + Number(row.visitors), 0);
    const links = members.slice(0, 5).map((row) => {
      const name = nameOf(row.name);
      const query = field ? { [field]: row.name } : { search: row.name };
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
