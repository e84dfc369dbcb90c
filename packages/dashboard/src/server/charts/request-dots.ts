import type { RequestDot } from '@ja4/store';
import { clock } from '../format/time.ts';
import { attributes, html, type SafeHtml } from '../html.ts';
import { statusClass } from '../parts/status.ts';
import { timeTicks } from './time-ticks.ts';

const lanes = [
  { kind: 'page', label: 'pages' },
  { kind: 'asset', label: 'assets' },
  { kind: 'call', label: 'calls' },
] as const;

const laneHeight = 36;
const top = 6;
const axis = 22;

/** A dot's outline around 0,0: answered a disc, redirected a ring, refused a cross, failed a square. */
function outline(digit: number, radius: number): SafeHtml {
  const r = radius.toFixed(1);
  if (digit === 3) return html`<circle r="${r}" class="ring"/>`;
  if (digit === 4) return html`<path class="cross" d="M-${r} -${r} ${r} ${r}M${r} -${r} -${r} ${r}"/>`;
  if (digit === 5)
    return html`<rect x="-${r}" y="-${r}" width="${(radius * 2).toFixed(1)}" height="${(radius * 2).toFixed(1)}"/>`;
  return html`<circle r="${r}"/>`;
}

/** Requests over time in one lane per kind; the size of a dot grows with the requests it stands for. */
export function requestDots(dots: readonly RequestDot[], from: Date, to: Date): SafeHtml {
  const span = Math.max(1000, to.getTime() - from.getTime());
  const end = new Date(from.getTime() + span);
  // Half a dot of room at both ends.
  const x = (moment: Date) =>
    `${(1 + Math.min(1, Math.max(0, (moment.getTime() - from.getTime()) / span)) * 98).toFixed(2)}%`;
  const height = top + lanes.length * laneHeight + axis;
  const marks = dots.map((dot) => {
    const lane = Math.max(
      0,
      lanes.findIndex(({ kind }) => kind === dot.kind),
    );
    const { className, word } = statusClass(dot.status_class);
    const requests = Number(dot.requests);
    const radius = Math.min(9, 3.2 + Math.sqrt(requests - 1) * 0.8);
    const moment = new Date(dot.moment);
    const told = `${clock(moment, { seconds: true })} ${requests === 1 ? `${dot.example_path} ${dot.example_status}` : `${requests} requests, ${word}, such as ${dot.example_path}`}`;
    return html`<svg${attributes({ x: x(moment), y: top + lane * laneHeight + laneHeight / 2 })} overflow="visible" class="dot ${className}"><title>${told}</title>${outline(dot.status_class, radius)}</svg>`;
  });
  const bottom = top + lanes.length * laneHeight;
  return html`<svg class="chart dots" width="100%" height="${height}" role="img" aria-label="Requests over time: pages, assets and calls, by status">
${lanes.map(({ label }, index) => html`<line class="grid" x1="0" x2="100%" y1="${top + index * laneHeight + laneHeight / 2}" y2="${top + index * laneHeight + laneHeight / 2}"/><text class="lane" x="0" y="${top + index * laneHeight + 10}">${label}</text>`)}
<line class="axis" x1="0" x2="100%" y1="${bottom}" y2="${bottom}"/>
${timeTicks(from, end).map((tick, index) => html`<text class="x-label ${index % 2 === 1 ? 'every-other' : ''}" x="${x(tick.at)}" y="${height - 6}">${tick.label}</text>`)}
${marks}</svg>`;
}
