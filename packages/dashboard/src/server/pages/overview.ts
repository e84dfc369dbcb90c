import { shortLine } from '../explain/headline.ts';
import { count, counted } from '../format/number.ts';
import { type HtmlValue, html, type SafeHtml } from '../html.ts';
import { countOf, lookOf, urgentLevels } from '../levels.ts';
import { loadOverview, loadTimeline, type Overview } from '../load/overview.ts';
import { withinRange } from '../parts/frame.ts';
import { kindsCard } from '../parts/kinds.ts';
import { card, lead, listed } from '../parts/layout.ts';
import { levelShape, scoreCell } from '../parts/level.ts';
import { levelChart } from '../parts/level-chart.ts';
import { pipelineCard } from '../parts/pipeline-card.ts';
import { empty } from '../parts/table.ts';
import { term } from '../parts/term.ts';
import { addressLink, moment } from '../parts/values.ts';
import type { Context } from '../request/context.ts';
import { page } from '../routes.ts';

/** `/`: what needs a look now, and whether everything is seen. */
export const overviewPage = page({
  path: '/',
  shape: {},
  render: async (context) => {
    const [overview, timeline] = await Promise.all([loadOverview(context), loadTimeline(context)]);
    const sessions = overview.levels.reduce((sum, row) => sum + Number(row.sessions), 0);
    const nothing = overview.pipeline.requests === 0 && sessions === 0;
    const body = nothing
      ? html`${lead(`No visitor ${withinRange(context)}.`)}${nothingYet(context, overview)}${pipelineCard(context, overview.pipeline, sessions)}`
      : html`${lead(sentence(context, overview), beneath(context, overview, sessions))}
<div class="grid two-one">${levelChart(context, timeline)}${lookAtCard(context, overview)}</div>
<div class="grid two">${kindsCard(context, overview.kinds)}${pipelineCard(context, overview.pipeline, sessions)}</div>`;
    return { title: 'Overview', body };
  },
});

function sentence(context: Context, { levels, lookAt, pipeline }: Overview): HtmlValue {
  const ofLevels = (wanted: readonly string[]) =>
    levels.filter(({ threat_level }) => wanted.includes(threat_level));
  const sum = (rows: Overview['levels']) => rows.reduce((total, row) => total + Number(row.visitors), 0);
  const urgent = ofLevels(urgentLevels);
  const medium = sum(ofLevels(['MEDIUM']));
  const link = (level: string, words: string) =>
    html`<a href="${context.link('/detections', { level })}">${words}</a>`;
  const toLookAt = sum(urgent);
  const [only] = urgent;
  const parts =
    urgent.length === 1 && only && toLookAt > 1
      ? html`, ${link(only.threat_level, `all ${lookOf(only.threat_level).inSentence}`)}`
      : html`: ${listed(urgent.map((row) => link(row.threat_level, countOf(lookOf(row.threat_level), row.visitors))))}`;
  const unusual =
    medium > 0 && html`, ${link('MEDIUM', `${counted(medium, 'more is', 'more are')} unusual`)}`;
  const who =
    toLookAt > 0
      ? html`<strong>${counted(toLookAt, 'visitor')}</strong> ${toLookAt === 1 ? 'needs' : 'need'} a look${parts}${together(context, lookAt)}${unusual}`
      : medium > 0
        ? html`Nobody is urgent, but ${link('MEDIUM', counted(medium, 'visitor'))} ${medium === 1 ? 'is' : 'are'} unusual (medium)`
        : 'Nobody needs a look';
  const lost =
    pipeline.lost === 0
      ? 'nothing was lost'
      : html`<a href="${context.link('/pipeline')}">${counted(pipeline.lost, 'loss', 'losses')}</a> on the way`;
  return html`${who}; ${lost} ${withinRange(context)}.`;
}

/** `, 28 of them with one client stack`: the largest group among the urgent ones. */
function together(context: Context, lookAt: Overview['lookAt']): HtmlValue {
  const [largest] = lookAt
    .filter(({ level, visitors }) => urgentLevels.includes(lookOf(level).level) && Number(visitors) > 1)
    .sort((a, b) => Number(b.visitors) - Number(a.visitors));
  if (!largest) return html``;
  return html`, <a href="${groupLink(context, largest)}">${count(largest.visitors)} of them with one client stack</a>`;
}

/** The sessions of a group as a list. */
function groupLink(context: Context, { level, stack, says }: Overview['lookAt'][number]): string {
  return context.link('/detections', { level, tls_stack: stack, says });
}

function beneath(context: Context, { levels, pipeline }: Overview, sessions: number): HtmlValue {
  const visitors = levels.reduce((sum, row) => sum + Number(row.visitors), 0);
  const provisional = levels.some((row) => row.provisional === 1);
  const mode = levels[0]?.mode ?? '';
  if (sessions === 0) {
    return html`${counted(pipeline.requests, 'request')} arrived; the first scores follow with the detector’s next cycle.`;
  }
  return html`Of ${counted(visitors, 'visitor')} in ${counted(sessions, 'session')}, scored ${moment(pipeline.lastVerdict, context.now)}${mode !== '' && html` in ${term('mode', `${mode} mode`)}`}.${provisional && html` Scores are ${term('provisional', 'provisional')}: the site is still being learned.`}`;
}

function reasonLine(context: Context, row: Overview['lookAt'][number]): SafeHtml {
  const words = shortLine(row.user_agent, {
    threat_level: row.level,
    reasons: row.main_reasons,
    hits: row.main_requests,
    features: row.told_features,
  });
  const group = Number(row.visitors) > 1;
  return html`<span class="look-why" title="${words}">${group && html`such as ${addressLink(context, row.ip)}: `}${words}</span>`;
}

/** An address with its network, or how many addresses there are of how many. */
function lookWho(context: Context, row: Overview['lookAt'][number]): SafeHtml {
  if (Number(row.visitors) === 1)
    return html`${addressLink(context, row.ip)} ${row.network !== '' && html`<span class="muted one-line">${row.network}</span>`}`;
  return html`<a href="${groupLink(context, row)}"><strong>${counted(row.visitors, 'visitor')}</strong> with one client stack</a> <span class="muted one-line">in ${counted(row.operators, 'network')}</span>`;
}

function lookAtCard(context: Context, { lookAt }: Overview): SafeHtml {
  const rows = lookAt.map(
    (row) => html`<li>
<span class="look-mark">${levelShape(row.level, lookOf(row.level).word)}</span>
<span class="look-main"><span class="look-who">${lookWho(context, row)}</span>${reasonLine(context, row)}</span>
<span class="look-figures">${scoreCell(row.score, row.level)}<span class="muted">${moment(row.last_seen_time, context.now)}</span></span></li>`,
  );
  const content =
    rows.length > 0
      ? html`<ol class="look-list" data-rows>${rows}</ol>`
      : empty(
          'Nobody reached HIGH or CRITICAL.',
          html`The <a href="${context.link('/scores')}">list of all visitors</a> has everybody else.`,
        );
  const urgent = lookAt.some(({ level }) => urgentLevels.includes(lookOf(level).level));
  return card(rows.length === 0 || urgent ? 'Needs a look' : 'Most unusual', content, {
    more: html`<a href="${context.link('/detections')}">All detections</a>`,
  });
}

/** Why the overview is empty, and what fills it. */
function nothingYet(context: Context, { pipeline }: Overview): SafeHtml {
  if (pipeline.everRequests > 0) {
    return empty(
      html`The newest request is from ${moment(pipeline.lastRequest, context.now)}, outside this range.`,
      html`Choose a longer range at the top right, for example <a href="${context.here({ from: 'now-7d', to: undefined })}">the last 7 days</a>.`,
    );
  }
  const other = context.datasets.find((dataset) => dataset !== context.dataset);
  return empty(
    'No request has arrived yet.',
    html`Requests come from a web server with the reporting module, handshakes from the sensor on its interface: the README’s section “In front of a real site” has both.${other && html` Meanwhile “<a href="${context.here({ data: other.name })}">${other.label}</a>” shows what it looks like.`}`,
  );
}
