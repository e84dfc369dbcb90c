import { count, counted, percent } from '../format/number.ts';
import { html, type SafeHtml } from '../html.ts';
import type { PipelineState } from '../load/pipeline.ts';
import type { Context } from '../request/context.ts';
import { card } from './layout.ts';
import { serviceMarks } from './services.ts';
import { term } from './term.ts';
import { moment } from './values.ts';

/** Captured → joined → stored → scored, with what was lost and how far behind it is. */
export function pipelineCard(context: Context, state: PipelineState, sessions: number): SafeHtml {
  const share = state.joined / Math.max(1, state.requests);
  const steps = [
    {
      name: 'Captured',
      figure: count(Math.max(state.captured ?? 0, state.handshakes)),
      note: (state.captured ?? 0) < state.handshakes ? 'TLS handshakes, from files' : 'TLS handshakes',
    },
    { name: term('joined', 'Joined'), figure: count(state.joined), note: `${percent(share)} of requests` },
    { name: 'Stored', figure: count(state.requests), note: 'requests' },
    { name: 'Scored', figure: count(sessions), note: 'sessions' },
  ];
  const loss =
    state.lost === 0
      ? html`<span class="good">nothing lost</span>`
      : html`<strong class="bad">${counted(state.lost, 'loss', 'losses')}</strong>`;
  return card(
    'Pipeline',
    html`<ol class="steps">${steps.map(({ name, figure, note }) => html`<li><span class="step-name">${name}</span><span class="step-figure num">${figure}</span><span class="hint">${note}</span></li>`)}</ol>
<dl class="facts inline"><div><dt>${term('loss', 'Loss')}</dt><dd>${loss}</dd></div><div><dt>${term('lag', 'Newest request')}</dt><dd>${moment(state.lastRequest, context.now)}</dd></div><div><dt>Last scored</dt><dd>${moment(state.lastVerdict, context.now)}</dd></div></dl>${serviceMarks(context, state.services)}`,
    {
      more: html`<a href="${context.link('/pipeline')}">Services and losses</a>`,
      hint: 'What came in within the range, step by step.',
    },
  );
}
