import { countVerdicts, type ListedVerdict, listVerdicts, type VerdictTable } from '@ja4/store';
import { doingFeatures } from '../explain/doings.ts';
import { shortLine } from '../explain/headline.ts';
import { count, counted } from '../format/number.ts';
import { attributes, type HtmlValue, html, type SafeHtml } from '../html.ts';
import { countOf, levelLooks, levelNames, lookOf } from '../levels.ts';
import { keptFields, withinRange } from '../parts/frame.ts';
import { lead, listed } from '../parts/layout.ts';
import { levelBadge, levelShape, scoreCell } from '../parts/level.ts';
import { pager } from '../parts/pager.ts';
import { chips, given, keptFilters, pick } from '../parts/pick.ts';
import { type Column, empty, table } from '../parts/table.ts';
import { term } from '../parts/term.ts';
import { addressLink, ja4Link, moment, oneLine, orDash } from '../parts/values.ts';
import type { Context } from '../request/context.ts';
import { verdictChoice, verdictFields, verdictListShape, verdictPage } from '../request/lists.ts';
import { page } from '../routes.ts';
import { sessionId } from '../session-id.ts';

const labels = {
  level: 'level',
  ip: 'address',
  ja4: 'JA4',
  tls_stack: 'client stack',
  asn: 'AS',
  host: 'host',
  country: 'country',
  browser: 'browser',
  bot: 'robot',
  model: 'model',
  campaign: 'campaign',
  says: 'says it is a',
};

type Counts = Awaited<ReturnType<typeof countVerdicts>>;

/** `/detections`: sessions above the threshold, also those that have calmed down since. */
export const detectionsPage = verdictsPage('/detections', 'Detections', 'ml_detected_anomalies');

/** `/scores`: every scored session, NORMAL and LEGITIMATE ones included. */
export const scoresPage = verdictsPage('/scores', 'Visitors', 'ml_all_scores');

function verdictsPage(path: string, title: string, tableName: VerdictTable) {
  return page({
    path,
    shape: verdictListShape,
    render: async (context, given) => {
      const choice = verdictChoice(tableName, given);
      const asked = verdictPage(given);
      const span = { from: context.range.from, to: context.range.to };
      const [rows, counts] = await Promise.all([
        listVerdicts(
          context.reader,
          span,
          choice,
          { ...asked, limit: asked.limit + 1 },
          { levels: levelNames, told: doingFeatures },
        ),
        countVerdicts(context.reader, span, choice),
      ]);
      const shown = rows.slice(0, asked.limit);
      const body = html`${lead(sentence(context, title, counts, choice.only.level), shown.some(({ provisional }) => provisional === 1) && html`Scores are ${term('provisional', 'provisional')}: the site is still being learned.`)}
${filterForm(context, counts)}
${chips(context, verdictFields, labels)}
${
  shown.length > 0
    ? html`${table(context, title, columns(context, shown), shown, asked)}${pager(context, rows, asked.limit)}`
    : nothing(context, title)
}`;
      return { title, body };
    },
  });
}

function sentence(context: Context, title: string, counts: Counts, only: readonly string[]): HtmlValue {
  const inForce = counts.filter(({ threat_level }) => only.length === 0 || only.includes(threat_level));
  const sessions = inForce.reduce((sum, row) => sum + Number(row.sessions), 0);
  const parts = levelLooks.flatMap((look) => {
    const row = inForce.find(({ threat_level }) => threat_level === look.level);
    return row ? [countOf(look, row.sessions)] : [];
  });
  const what = title === 'Detections' ? counted(sessions, 'detection') : counted(sessions, 'scored session');
  if (sessions === 0)
    return html`No ${title === 'Detections' ? 'detections' : 'scored sessions'} ${withinRange(context)}.`;
  return html`<strong>${what}</strong> ${withinRange(context)}: ${listed(parts)}.`;
}

/** Filters that have a field of their own in the form. */
const shownFields = ['search', 'ip', 'host', 'ja4', 'asn', 'model'];

/** Levels to tick with their counts, and fields for the rest: a plain form, so that the URL holds the filter. */
function filterForm(context: Context, counts: Counts): SafeHtml {
  const ticked = new Set(given(context, 'level'));
  const known = new Set(counts.map(({ threat_level }) => threat_level));
  const offered = levelLooks.filter(({ level }) => known.has(level) || ticked.has(level));
  const field = (name: string, label: string, placeholder: string, size: number) =>
    html`<label>${label}<input name="${name}" value="${given(context, name)[0] ?? ''}" placeholder="${placeholder}" size="${size}" spellcheck="false" autocomplete="off"></label>`;
  return html`<form class="filters" action="${context.path}">${keptFields(context)}${keptFilters(context, verdictFields, ['level', ...shownFields])}
<fieldset class="levels"><legend class="for-readers">Levels</legend>${offered.map(
    ({ level, word }) =>
      html`<label class="tick ${lookOf(level).className}"><input type="checkbox" name="level"${attributes({ value: level, checked: ticked.has(level) })}>${levelShape(level)}${word} <span class="num muted">${count(counts.find(({ threat_level }) => threat_level === level)?.sessions ?? 0)}</span></label>`,
  )}</fieldset>
${field('search', 'Contains', 'any text', 18)}${field('ip', 'Address', '198.18.0.0/20', 16)}${field('host', 'Host', 'shop.example', 14)}${field('ja4', 'JA4', 't13d…', 14)}${field('asn', 'AS', '64501', 7)}${field('model', 'Model', 'Complet', 9)}
<button>Apply</button></form>`;
}

/** The columns of the list; one that would say the same in every row is left out where it is not needed. */
function columns(context: Context, rows: readonly ListedVerdict[]): Column<ListedVerdict>[] {
  const hosts = new Set(rows.map(({ host }) => host));
  const anyClient = rows.some(({ bot_name, browser_family }) => bot_name !== '' || browser_family !== '');
  const left = (title: string) => (title === 'Host' && hosts.size < 2) || (title === 'Client' && !anyClient);
  return allColumns(context).filter(({ title }) => !left(title));
}

function allColumns(context: Context): Column<ListedVerdict>[] {
  return [
    {
      title: 'Level',
      sort: 'threat_level',
      term: 'level',
      cell: (row) => pick(context, 'level', row.threat_level, levelBadge(row.threat_level)),
    },
    {
      title: 'Score',
      sort: 'anomaly_score',
      term: 'score',
      cell: (row) => scoreCell(row.anomaly_score, row.threat_level),
    },
    {
      title: 'Visitor',
      sort: 'src_ip',
      term: 'visitor',
      cell: (row) => pick(context, 'ip', row.src_ip, visitor(context, row)),
    },
    { title: 'Why', kind: 'wide', cell: (row) => why(row) },
    { title: 'Network', sort: 'asn_org', term: 'asn', kind: 'minor', cell: (row) => network(context, row) },
    {
      title: 'Host',
      sort: 'host',
      kind: 'minor',
      cell: (row) => pick(context, 'host', row.host, oneLine(row.host, 'short')),
    },
    {
      title: 'JA4',
      sort: 'ja4',
      term: 'ja4',
      kind: 'minor',
      cell: (row) => pick(context, 'ja4', row.ja4, ja4Link(context, row.ja4)),
    },
    { title: 'Client', sort: 'browser_family', kind: 'minor', cell: (row) => client(context, row) },
    {
      title: 'Requests',
      sort: 'hits',
      kind: 'number',
      cell: (row) => html`<span class="num">${count(row.hits)}</span>`,
    },
    { title: 'Last seen', sort: 'last_seen', cell: (row) => moment(row.last_seen, context.now) },
  ];
}

/** The address; where several clients share it, the link leads to the session of this row. */
function visitor(context: Context, row: ListedVerdict): SafeHtml {
  if (row.address_stacks < 2) return addressLink(context, row.src_ip);
  const shared = `${count(row.address_stacks)} client stacks share this address; this row is one of them`;
  return html`${addressLink(context, row.src_ip, sessionId(row))} <span class="muted num" title="${shared}">1 of ${count(row.address_stacks)}</span>`;
}

function why(row: ListedVerdict): SafeHtml {
  const words = shortLine(row.first_ua, { ...row, features: row.told_features });
  return html`<span class="one-line" title="${row.reason === '' ? words : row.reason}">${words}</span>`;
}

function network(context: Context, row: ListedVerdict): HtmlValue {
  if (row.asn_number === 0) return orDash(row.asn_org);
  const name = row.asn_org === '' ? `AS${row.asn_number}` : row.asn_org;
  return pick(
    context,
    'asn',
    row.asn_number,
    html`<span class="one-line short" title="AS${row.asn_number} ${row.asn_org}">${name}</span>`,
  );
}

function client(context: Context, row: ListedVerdict): HtmlValue {
  if (row.bot_name !== '') return pick(context, 'bot', row.bot_name, oneLine(row.bot_name, 'short'));
  if (row.browser_family === '') return orDash('');
  return pick(
    context,
    'browser',
    row.browser_family,
    oneLine(row.browser_family.replaceAll('_', ' '), 'short'),
  );
}

function nothing(context: Context, title: string): SafeHtml {
  const filtered = [...verdictFields.flatMap((field) => [field, `not_${field}`]), 'search'].some(
    (name) => given(context, name).length > 0,
  );
  if (filtered)
    return empty(
      'Nothing matches all of these filters.',
      html`Lift one of them, or choose a longer range at the top right.`,
    );
  if (title === 'Detections') {
    return empty(
      'Nobody was unusual enough to be detected in this range.',
      html`Sessions that score MEDIUM or higher are listed here; <a href="${context.link('/scores')}">all scored visitors</a> are on their own page.`,
    );
  }
  return empty(
    'Nobody has been scored in this range.',
    html`The detector scores sessions a few seconds after their requests arrive; <a href="${context.link('/pipeline')}">the pipeline</a> shows whether any did.`,
  );
}
