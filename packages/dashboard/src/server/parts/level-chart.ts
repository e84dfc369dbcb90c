import { type Bar, stackedBars } from '../charts/stacked-bars.ts';
import { timeTicks } from '../charts/time-ticks.ts';
import { counted } from '../format/number.ts';
import { clock, duration } from '../format/time.ts';
import { html, type SafeHtml } from '../html.ts';
import { levelLooks } from '../levels.ts';
import type { Timeline } from '../load/overview.ts';
import type { Context } from '../request/context.ts';
import { card } from './layout.ts';
import { levelShape } from './level.ts';
import { tableBehind } from './table.ts';

const layers = [
  ...levelLooks.map((look) => ({ key: look.level as string, label: look.word, className: look.className })),
  { key: '', label: 'NOT SCORED', className: 'level-none' },
];

/** Visitors over time by level, with its legend and the table behind it. */
export function levelChart(context: Context, timeline: Timeline): SafeHtml {
  const { from, to, seconds, rows } = timeline;
  const buckets = Map.groupBy(rows, (row) => row.bucket);
  const withDate = to.getTime() - from.getTime() > 20 * 3_600_000;
  const bars = [...buckets].map(([bucket, ofBucket]): Bar => {
    const start = new Date(bucket);
    const end = new Date(start.getTime() + seconds * 1000);
    const values = new Map(ofBucket.map((row) => [row.threat_level, Number(row.visitors)]));
    const told = layers.flatMap(({ key, label }) =>
      values.get(key) ? [`${values.get(key)} ${label.toLowerCase()}`] : [],
    );
    return {
      start,
      end,
      values,
      href: context.here({ from: start.toISOString(), to: end.toISOString() }),
      hover: `${clock(start, { date: withDate, seconds: seconds < 60 })}: ${told.join(', ')}. Click to look only at this time.`,
    };
  });
  const present = layers.filter(({ key }) => rows.some((row) => row.threat_level === key));
  const began = from.getTime() > context.range.from.getTime();
  const svg = stackedBars({
    title: 'Visitors over time by level',
    unit: 'visitors',
    from,
    to,
    layers,
    bars,
    ticks: timeTicks(from, to),
  });
  return card(
    'Visitors over time by level',
    html`${svg}
<ul class="legend">${present.map(({ key, label, className }) => html`<li class="${className}">${key === '' ? html`<span class="hatch" aria-hidden="true"></span>` : levelShape(key)}${label}</li>`)}</ul>
${tableBehind(
  ['From (UTC)', ...present.map(({ label }) => label), 'Requests'],
  [...buckets].map(([bucket, ofBucket]) => [
    html`<a href="${context.here({ from: bucket, to: new Date(Date.parse(bucket) + seconds * 1000).toISOString() })}">${clock(new Date(bucket), { date: true, seconds: seconds < 60 })}</a>`,
    ...present.map(({ key }) => ofBucket.find((row) => row.threat_level === key)?.visitors ?? '0'),
    String(ofBucket.reduce((sum, row) => sum + Number(row.requests), 0)),
  ]),
)}`,
    {
      hint: html`Addresses with requests in each ${duration(seconds)}, by their present level; times in UTC.${began && html` Nothing was recorded before ${clock(from, { date: true })} in this range.`}`,
      more: html`${counted(
        rows.reduce((sum, row) => sum + Number(row.requests), 0),
        'request',
      )}`,
    },
  );
}
