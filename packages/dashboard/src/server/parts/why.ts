import { byName } from '@ja4/features';
import type { FullVerdict, Reason } from '@ja4/store';
import { band } from '../charts/band.ts';
import { featureLabel, featureMeaning, featureValue, phraseOf, side } from '../explain/phrases.ts';
import { counted } from '../format/number.ts';
import { type HtmlValue, html, type SafeHtml } from '../html.ts';
import type { Context } from '../request/context.ts';
import { card } from './layout.ts';
import { empty } from './table.ts';
import { term } from './term.ts';
import { clockTime } from './values.ts';

const shown = 12;

/** The detector's name for what its smaller contributions add up to. */
const rest = 'other';

const signed = (value: number) => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;

/** Feature by feature: the visitor's value, the band of people here, and what it adds to the score. */
export function whyCard(context: Context, verdict: FullVerdict): SafeHtml {
  const named = verdict.reasons.filter(({ feature }) => feature !== rest);
  const reasons = named.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  if (reasons.length === 0) {
    return card('Why', empty('No feature stands out.', reasonOfRule(verdict)));
  }
  const greatest = Math.max(...reasons.map(({ contribution }) => Math.abs(contribution)), 1e-9);
  const rows = reasons.slice(0, shown).map((reason) => row(reason, greatest));
  const smaller =
    reasons.slice(shown).reduce((sum, { contribution }) => sum + contribution, 0) +
    (verdict.reasons.find(({ feature }) => feature === rest)?.contribution ?? 0);
  return card(
    'Why',
    html`<div class="table-scroll" tabindex="0" role="region" aria-label="Why this score"><table class="why">
<thead><tr><th scope="col">Feature</th><th scope="col" class="number">Here</th><th scope="col">People here (p5–p95)</th><th scope="col">Adds to the score</th></tr></thead>
<tbody>${rows}</tbody></table></div>${smaller !== 0 && html`<p class="hint smaller">Everything else together adds ${signed(smaller)}.</p>`}`,
    {
      hint: html`Judged on ${counted(verdict.hits, 'request')} ${verdict.first_seen === verdict.last_seen ? 'at' : 'from'} ${clockTime(verdict.first_seen, context.now)}${verdict.first_seen !== verdict.last_seen && html` to ${clockTime(verdict.last_seen, context.now)}`} UTC. Each value against the ${term('baseline', 'band')} of people here, and its ${term('contribution', 'contribution')} to the score.${verdict.provisional === 1 && html` The score is ${term('provisional', 'provisional')}.`}`,
      className: 'why-card',
    },
  );
}

function row(reason: Reason, greatest: number): SafeHtml {
  const feature = byName.get(reason.feature);
  const label = featureLabel(reason.feature);
  const value = featureValue(reason.feature, reason.value);
  const low = featureValue(reason.feature, reason.baseline_low);
  const high = featureValue(reason.feature, reason.baseline_high);
  const people = low === high ? low : `${low} – ${high}`;
  const share = (Math.abs(reason.contribution) / greatest) * 100;
  const against = reason.contribution >= 0;
  return html`<tr><th scope="row"><a class="term" href="/help#feature-${reason.feature}" title="${featureMeaning(reason.feature)}">${label}</a><span class="hint">${against ? `it ${phraseOf(reason)}` : 'speaks for a person'}</span></th>
<td class="number"><strong class="${side(reason) === 'inside' ? '' : 'stands-out'}">${value}</strong></td>
<td class="band-cell">${band({ value: reason.value, low: reason.baseline_low, high: reason.baseline_high, range: feature?.range ?? [0, Number.POSITIVE_INFINITY], label: `${label}: ${value}, people here ${people}` })}<span class="hint num">${people}</span></td>
<td class="adds"><svg class="${against ? 'bar-line' : 'bar-line against'}" width="100%" height="8" aria-hidden="true"><rect width="${Math.max(1, share).toFixed(1)}%" height="8" rx="2"/></svg><span class="num">${signed(reason.contribution)}</span></td></tr>
`;
}

/** What to say when a rule decided and no feature did. */
function reasonOfRule(verdict: FullVerdict): HtmlValue {
  if (verdict.bot_name !== '')
    return `It is on a list as ${verdict.bot_name}; lists decide before the model does.`;
  return 'Its values lie where those of people lie.';
}
