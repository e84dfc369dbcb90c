import { fingerprintSummary, fingerprintsOfStacks, visitorNeighbours } from '@ja4/store';
import { claimWords } from '../explain/headline.ts';
import { claimOf } from '../explain/user-agent.ts';
import { count, counted, percent } from '../format/number.ts';
import { type HtmlValue, html, type SafeHtml } from '../html.ts';
import { levelNames } from '../levels.ts';
import { withinRange } from '../parts/frame.ts';
import { card, facts, lead } from '../parts/layout.ts';
import { empty, table } from '../parts/table.ts';
import { term } from '../parts/term.ts';
import { copyable, fingerprint, ja4Link, moment } from '../parts/values.ts';
import { neighboursCard } from '../parts/visitor-lists.ts';
import type { Context } from '../request/context.ts';
import { canFilter } from '../request/parameters.ts';
import { page } from '../routes.ts';

/** `/ja4/{fingerprint}`: which client this is, who uses it, and what else the same stack sends. */
export const fingerprintPage = page({
  path: '/ja4/:fingerprint',
  shape: {},
  render: async (context, _parameters, values) => {
    const ja4 = values.fingerprint ?? '';
    const loaded = await loadFingerprint(context, ja4);
    return { title: `JA4 ${ja4}`, body: loaded ? full(context, ja4, loaded) : unseen(context, ja4) };
  },
});

/** One JA4 with its users and its siblings; undefined when nobody used it in the range. */
export async function loadFingerprint(context: Context, ja4: string) {
  if (!canFilter(ja4)) return undefined;
  const { reader, range } = context;
  const span = { from: range.from, to: range.to };
  const summary = await fingerprintSummary(reader, span, ja4);
  if (!summary) return undefined;
  const [siblings, users] = await Promise.all([
    fingerprintsOfStacks(reader, span, summary.tls_stacks),
    // No address is left out: "::" makes no request.
    visitorNeighbours(reader, span, {
      ip: '::',
      relation: 'stack',
      stacks: summary.tls_stacks,
      asn: 0,
      levels: levelNames,
      limit: 20,
    }),
  ]);
  return { summary, siblings, users };
}

type Loaded = NonNullable<Awaited<ReturnType<typeof loadFingerprint>>>;

function full(context: Context, ja4: string, { summary, siblings, users }: Loaded): SafeHtml {
  const known = summary.tls_family || summary.main_tls_library;
  const sentence = html`<strong>${known === '' ? 'A client stack that no list knows' : `The TLS of ${known.replaceAll('_', ' ')}`}</strong>, used by ${counted(summary.addresses, 'address', 'addresses')} in ${counted(summary.networks, 'network')} for ${counted(summary.requests, 'request')} ${withinRange(context)}.`;
  const claims = [
    ...new Set(summary.user_agents.map((agent) => claimWords(claimOf(agent)).replace(/^says /, ''))),
  ];
  const identity: [HtmlValue, HtmlValue][] = [
    [term('ja4'), copyable(ja4)],
    [
      'Raw form',
      summary.raw_form === ''
        ? html`<span class="muted">not kept</span>`
        : html`<span class="mono wrap">${summary.raw_form}</span>`,
    ],
    [
      term('tls_stack'),
      html`<ul class="plain">${summary.tls_stacks.map((stack) => html`<li>${fingerprint(stack)}</li>`)}</ul>`,
    ],
    ['Offers', `TLS ${summary.main_tls_version}, ALPN ${summary.main_alpn || 'none'}`],
    [
      'JA3',
      html`${counted(summary.ja3_count, 'value')}${Number(summary.ja3_count) > 3 && ', as browsers that shuffle their extensions have'}`,
    ],
    [
      term('http2', 'HTTP/2'),
      summary.h2_fingerprints.length > 0
        ? html`<ul class="plain">${summary.h2_fingerprints.map((print) => html`<li class="mono wrap">${print}</li>`)}</ul>`
        : html`<span class="muted">none seen</span>`,
    ],
    ['Resumed', percent(Number(summary.resumed) / Math.max(1, Number(summary.requests)))],
    ['Says', html`<ul class="plain">${claims.map((claim) => html`<li>${claim}</li>`)}</ul>`],
    ['First seen', moment(summary.first_time, context.now)],
    ['Last seen', moment(summary.last_time, context.now)],
  ];
  return html`<div class="visitor-head"><p class="who">${term('ja4')} ${copyable(ja4)}</p></div>${lead(sentence)}
<div class="grid two">
${card('Identity', facts(identity))}
<div>${neighboursCard(context, html`Visitors with this ${term('tls_stack', 'client stack')}`, users, 'None of them has been scored.', { all: context.link('/scores', { tls_stack: summary.tls_stacks }), hint: 'Most urgent first.' })}
${card(
  'The same stack’s other fingerprints',
  table(
    context,
    'Fingerprints of the stack',
    [
      { title: 'JA4', cell: (row) => ja4Link(context, row.ja4) },
      { title: 'Addresses', kind: 'number', cell: (row) => count(row.addresses) },
      { title: 'Requests', kind: 'number', cell: (row) => count(row.requests) },
    ],
    siblings,
  ),
  { hint: 'Resumption, WebSocket and QUIC change the JA4 of one and the same program.' },
)}</div></div>`;
}

function unseen(context: Context, ja4: string): SafeHtml {
  return html`${lead(html`Nobody used this ${term('ja4')} ${withinRange(context)}.`)}
${empty(html`Looked for <span class="mono wrap">${ja4}</span>.`, html`Fingerprints of recent visitors are on <a href="${context.link('/scores')}">the list of visitors</a>.`)}`;
}
