import type { FullVerdict, LoggedRequest, VisitorIdentity } from '@ja4/store';
import { requestDots } from '../charts/request-dots.ts';
import { fairness } from '../explain/fairness.ts';
import { claimWords, headline } from '../explain/headline.ts';
import { layersOf } from '../explain/layers.ts';
import { featureValue } from '../explain/phrases.ts';
import { claimOf } from '../explain/user-agent.ts';
import { bytes, count, counted, measured, score } from '../format/number.ts';
import { clock } from '../format/time.ts';
import { type HtmlValue, html, type SafeHtml } from '../html.ts';
import { lookOf } from '../levels.ts';
import type { LinkQuery } from '../links.ts';
import { loadVisitor, type Visitor } from '../load/visitor.ts';
import { withinRange } from '../parts/frame.ts';
import { layerRow } from '../parts/layer-row.ts';
import { card, facts } from '../parts/layout.ts';
import { levelBadge } from '../parts/level.ts';
import { sessionChoice } from '../parts/sessions.ts';
import { statusClasses, statusMark } from '../parts/status.ts';
import { empty, table, tableBehind } from '../parts/table.ts';
import { term } from '../parts/term.ts';
import { clockTime, copyable, fingerprint, ja4Link, moment, oneLine } from '../parts/values.ts';
import { historyCard, neighboursCard, pathsCard } from '../parts/visitor-lists.ts';
import { whyCard } from '../parts/why.ts';
import { notFound } from '../problem.ts';
import type { Context } from '../request/context.ts';
import { canonicalAddress } from '../request/network.ts';
import { one, text } from '../request/parameters.ts';
import { page } from '../routes.ts';

/** `/ip/{ip}`: one visitor, from the verdict down to the requests. */
export const visitorPage = page({
  path: '/ip/:ip',
  shape: { session: one(text) },
  render: async (context, { session }, values) => {
    const ip = canonicalAddress(values.ip ?? '');
    if (!ip) return notFound('This is not an address: write it like 198.18.0.1 or 2001:db8::1.');
    const visitor = await loadVisitor(context, ip, session);
    const body = visitor.identity || visitor.present ? full(context, visitor) : unseen(context, visitor);
    return { title: ip, body };
  },
});

function full(context: Context, visitor: Visitor): SafeHtml {
  const { ip, identity, present, sessions, verdicts } = visitor;
  const requests = requestsLink(context, visitor);
  return html`${head(context, visitor)}${present && sessionChoice(context, ip, sessions, present)}
<div class="grid two-one">
<div>${present ? whyCard(context, present) : card('Why', empty('Not scored yet.', 'The detector scores a session a few seconds after its requests arrive.'))}
${identity && layerRow(claimWords(claimOf(identity.user_agents[0] ?? '')), layersOf(identity))}
${timelineCard(context, visitor)}</div>
<div>${identityCard(context, visitor)}${present && scoresCard(present)}</div></div>
<div class="grid two">${pathsCard(context, requests, visitor.paths)}${requestsCard(context, requests, visitor.requests)}</div>
<div class="grid two">
${
  present?.tls_stack === ''
    ? card(
        html`Same ${term('tls_stack', 'client stack')}`,
        empty('No handshake was seen, so its client stack is not known.', 'Others would be listed here.'),
      )
    : neighboursCard(
        context,
        html`Same ${term('tls_stack', 'client stack')}`,
        visitor.sameStack,
        'Nobody else here has its client stack.',
        {
          all: context.link('/scores', { tls_stack: present ? [present.tls_stack] : [] }),
          hint: 'Most urgent first. A stack is a TLS library with its settings: one program has it on every address, and different programs can share it.',
        },
      )
}
${neighboursCard(
  context,
  html`Same ${term('asn', 'network')}`,
  visitor.sameNetwork,
  'Nobody else here comes from its network.',
  {
    all: context.link('/scores', { asn: identity?.asn_number || present?.asn_number || 0 }),
    hint: 'Most urgent first. To share a network says little by itself.',
  },
)}</div>
${verdicts.length > 0 && historyCard(context, verdicts)}`;
}

/** Where all requests of what the page is about are listed. */
function requestsLink(context: Context, { ip, present, sessions }: Visitor): (query?: LinkQuery) => string {
  const part =
    present && sessions.length > 1
      ? { tls_stack: present.tls_stack || undefined, host: present.host || undefined }
      : {};
  return (query = {}) => context.link('/traffic', { ip, ...part, ...query });
}

function head(context: Context, { ip, identity, present, sessions }: Visitor): SafeHtml {
  const asn = identity?.asn_number || present?.asn_number || 0;
  const network = identity?.asn_org || identity?.asn_name || present?.asn_org || '';
  const country = identity?.country_code || present?.country_code || '';
  const where = [
    asn > 0
      ? html`<a href="${context.link('/scores', { asn })}">AS${String(asn)} ${network}</a>`
      : network || 'network unknown',
    country,
  ].filter((part) => part !== '');
  const look = present ? lookOf(present.threat_level) : undefined;
  const note = present && fairness(claimOf(identity?.user_agents[0] ?? present.first_ua), present);
  return html`<div class="visitor-head"><p class="who">${copyable(ip)}${where.map((part) => html` <span class="dot-sep" aria-hidden="true">·</span> ${part}`)}${sessions.length > 1 && html` <span class="dot-sep" aria-hidden="true">·</span> <a href="${context.link('/scores', { ip })}">${count(sessions.length)} sessions</a>`}</p>
<h1>${present && look ? html`<span class="verdict">${levelBadge(present.threat_level)} <strong class="num">${score(present.anomaly_score)}</strong>${present.provisional === 1 && html` ${term('provisional', 'provisional')}`}</span> — ` : html`Not scored — `}${headline(identity, present)}</h1>${note !== undefined && html`<p class="beneath">${note}</p>`}</div>`;
}

function identityCard(context: Context, visitor: Visitor): SafeHtml {
  const { identity, present } = visitor;
  const pairs: [HtmlValue, HtmlValue][] = [];
  const agents = identity?.user_agents ?? (present?.first_ua ? [present.first_ua] : []);
  const more = Number(identity?.user_agent_count ?? 0) - agents.length;
  pairs.push([
    'Says',
    agents.length > 0
      ? html`<ul class="plain">${agents.map((agent) => html`<li class="wrap">${agent}</li>`)}${more > 0 && html`<li class="muted">and ${count(more)} more</li>`}</ul>`
      : html`<span class="muted">no User-Agent</span>`,
  ]);
  const ja4s = identity?.ja4s ?? [present?.ja4 ?? ''].filter((ja4) => ja4 !== '');
  pairs.push([
    term('ja4'),
    ja4s.length > 0
      ? html`<ul class="plain">${ja4s.map((ja4) => html`<li>${ja4Link(context, ja4)}</li>`)}</ul>`
      : html`<span class="muted">no handshake seen</span>`,
  ]);
  const [stack] = identity?.tls_stacks ?? [present?.tls_stack ?? ''];
  if (stack) pairs.push([term('tls_stack'), fingerprint(stack)]);
  const [h2] = identity?.h2_fingerprints ?? [];
  if (h2) pairs.push([term('http2', 'HTTP/2'), html`<span class="mono wrap">${h2}</span>`]);
  if (identity) pairs.push(...seen(context, requestsLink(context, visitor)(), identity));
  return card('Identity', facts(pairs), { hint: `Seen ${withinRange(context)}.` });
}

function seen(context: Context, requests: string, identity: VisitorIdentity): [HtmlValue, HtmlValue][] {
  return [
    [
      'Requests',
      html`<a href="${requests}">${count(identity.requests)}</a> on ${counted(identity.connections, 'connection')}`,
    ],
    ['Hosts', identity.hosts.filter((host) => host !== '').join(', ')],
    ['First seen', moment(identity.first_time, context.now)],
    ['Last seen', moment(identity.last_time, context.now)],
    [
      'Language',
      identity.main_language === '' ? html`<span class="muted">names none</span>` : identity.main_language,
    ],
    ...(identity.asn_kind === ''
      ? []
      : ([['Network is', networkKinds[identity.asn_kind] ?? identity.asn_kind]] satisfies [
          HtmlValue,
          HtmlValue,
        ][])),
  ];
}

/** Kinds of networks as the reference lists name them. */
const networkKinds: Readonly<Record<string, string>> = {
  isp: 'an access provider',
  human: 'an access provider',
  hosting: 'a hoster',
  vpn: 'a VPN',
  cdn: 'a content delivery network',
};

const axes = [
  ['axis_ja4_known', 'TLS known'],
  ['axis_ja4_struct', 'TLS built like one'],
  ['axis_http_modern', 'Modern headers'],
  ['axis_nav_behavior', 'Navigation'],
  ['axis_tls_coherence', 'TLS coherent'],
  ['axis_h2_coherence', 'HTTP/2 coherent'],
] as const;

function scoresCard(verdict: FullVerdict): SafeHtml {
  const meters = axes.map(([name, label]) => {
    const value = verdict[name];
    return html`<li><span>${label}</span><svg class="meter" width="100%" height="6" aria-hidden="true"><rect class="track" width="100%" height="6" rx="3"/>${value > 0 && html`<rect class="fill" width="${(Math.min(1, value) * 100).toFixed(1)}%" height="6" rx="3"/>`}</svg><span class="num meter-figure">${featureValue(name, value)}</span></li>`;
  });
  const voices: [HtmlValue, HtmlValue][] = [
    [
      term('eif'),
      verdict.eif_score >= 0 ? score(verdict.eif_score) : html`<span class="muted">silent</span>`,
    ],
    ...(verdict.ae_recon_error >= 0
      ? ([['Autoencoder', measured(verdict.ae_recon_error)]] satisfies [HtmlValue, HtmlValue][])
      : []),
    ...(verdict.xgb_prob >= 0
      ? ([['Boosted trees', score(verdict.xgb_prob)]] satisfies [HtmlValue, HtmlValue][])
      : []),
    [term('model'), `${verdict.model_name}, ${verdict.mode}`],
    [term('recurrence'), count(verdict.recurrence)],
  ];
  return card(
    html`Is it a browser?`,
    html`<ul class="meters"><li class="total"><span>${term('browser_confidence')}</span><svg class="meter" width="100%" height="6" aria-hidden="true"><rect class="track" width="100%" height="6" rx="3"/><rect class="fill" width="${(Math.min(1, Math.max(0, verdict.browser_confidence)) * 100).toFixed(1)}%" height="6" rx="3"/></svg><span class="num meter-figure">${featureValue('browser_confidence', verdict.browser_confidence)}</span></li>${meters}</ul>${facts(voices)}`,
    {
      hint: 'Evidence on six axes from 0 to 1, without the User-Agent.',
    },
  );
}

function timelineCard(context: Context, visitor: Visitor): SafeHtml {
  const { identity, dots } = visitor;
  if (!identity || dots.length === 0) {
    return card(
      'Requests over time',
      empty(
        `No request ${withinRange(context)}.`,
        'The verdict is from before; choose a longer range at the top right.',
      ),
    );
  }
  const present = statusClasses.filter(({ digit }) => dots.some((dot) => dot.status_class === digit));
  return card(
    'Requests over time',
    html`${requestDots(dots, new Date(identity.first_time), new Date(identity.last_time))}
<ul class="legend">${present.map(({ word, className, digit }) => html`<li class="${className}"><span class="status-key key-${digit}" aria-hidden="true"></span>${digit > 0 && `${digit}xx `}${word}</li>`)}</ul>
${tableBehind(
  ['Time (UTC)', 'Kind', 'Status', 'Requests', 'Such as'],
  dots
    .slice(0, 300)
    .map((dot) => [
      clock(new Date(dot.moment), { seconds: true }),
      dot.kind,
      dot.status_class === 0 ? '–' : `${dot.status_class}xx`,
      dot.requests,
      dot.example_path,
    ]),
)}`,
    {
      hint: 'Pages, their assets and calls of scripts; times in UTC.',
      more: html`<a href="${requestsLink(context, visitor)()}">All requests</a>`,
    },
  );
}

function requestsCard(
  context: Context,
  all: (query?: LinkQuery) => string,
  rows: readonly LoggedRequest[],
): SafeHtml {
  if (rows.length === 0)
    return card('Newest requests', empty('None in this range.', 'Choose a longer one at the top right.'));
  return card(
    'Newest requests',
    table(
      context,
      'Newest requests',
      [
        {
          title: 'Time',
          cell: (row) => clockTime(row.time, context.now),
        },
        { title: 'Method', cell: (row) => row.method },
        {
          title: 'Path',
          kind: 'wide',
          cell: (row) => oneLine(row.query === '' ? row.path : `${row.path}?${row.query}`, 'mono'),
        },
        { title: 'Status', cell: (row) => statusMark(row.status_code) },
        { title: 'Size', kind: 'minor-number', cell: (row) => bytes(Number(row.response_size)) },
      ],
      rows.slice(0, 15),
    ),
    { hint: 'Times in UTC.', more: html`<a href="${all()}">All requests</a>` },
  );
}

/** An address without a request or a verdict in the range; what is known of it from other times follows. */
function unseen(context: Context, { ip, verdicts }: Visitor): SafeHtml {
  const [newest] = verdicts;
  const head = html`<div class="visitor-head"><p class="who">${copyable(ip)}</p><h1>Nothing was seen of this address ${withinRange(context)}.</h1></div>`;
  if (!newest) {
    return html`${head}
${empty('It made no request that was recorded, and it was never scored.', html`Choose a longer range at the top right, or look at <a href="${context.link('/scores')}">everybody who was seen</a>.`)}`;
  }
  const around = {
    from: new Date(Date.parse(newest.first_seen) - 3_600_000).toISOString(),
    to: new Date(Date.parse(newest.last_seen) + 3_600_000).toISOString(),
  };
  return html`${head}
${empty(html`It was last seen ${moment(newest.last_seen, context.now)}, outside this range.`, html`<a href="${context.here(around)}">Look at the time around it</a>, or choose another range at the top right.`)}
${historyCard(context, verdicts)}`;
}
