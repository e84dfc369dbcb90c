import { type DetectionCycle, detectionCycles } from '@ja4/store';
import { count, counted, percent } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { type HtmlValue, html } from '../html.ts';
import { loadPipeline, type ServiceState } from '../load/pipeline.ts';
import { withinRange } from '../parts/frame.ts';
import { card, lead } from '../parts/layout.ts';
import { serviceMark } from '../parts/services.ts';
import { empty, table } from '../parts/table.ts';
import { term } from '../parts/term.ts';
import { moment, oneLine } from '../parts/values.ts';
import { page } from '../routes.ts';

/** `/pipeline`: whether everything is seen, where anything was lost, how far behind it is. */
export const pipelinePage = page({
  path: '/pipeline',
  shape: {},
  render: async (context) => {
    const span = { from: context.range.from, to: context.range.to };
    const [state, cycles] = await Promise.all([
      loadPipeline(context.reader, span),
      detectionCycles(context.reader, span, 20),
    ]);
    const lost: HtmlValue =
      state.lost === 0
        ? 'nothing was lost'
        : html`<strong>${counted(state.lost, 'thing')}</strong> went missing`;
    const sentence = html`${counted(state.requests, 'request')} ${withinRange(context)}, ${percent(state.joined / Math.max(1, state.requests))} of them ${term('joined', 'joined')} with their handshake; ${lost}.`;
    const beneath = html`The newest request is from ${moment(state.lastRequest, context.now)}, the last scores from ${moment(state.lastVerdict, context.now)}.${state.behindProxy > 0 && html` ${counted(state.behindProxy, 'request')} came through a trusted proxy, so their network layers are not the visitors’.`}`;
    const body = html`${lead(sentence, beneath)}
<div class="grid two">
${card(
  'Services',
  state.services.length === 0
    ? empty(
        'No service has reported in this range.',
        'Each writes its counters every ten seconds while it runs: start them with ja4 up.',
      )
    : table(
        context,
        'Services',
        [
          { title: 'Service', cell: (row) => row.service },
          {
            title: 'State',
            cell: (row) => serviceMark(context, row),
          },
          { title: 'Last report', cell: (row) => moment(row.lastReport, context.now) },
          { title: 'Restarts', kind: 'number', cell: (row) => count(row.restarts) },
          { title: 'Counted', kind: 'wide', cell: (row) => counters(row) },
        ],
        state.services,
      ),
  { hint: 'What each counted within the range; the present value for queues.' },
)}
${card(
  term('loss', 'Losses'),
  state.losses.length === 0
    ? empty(
        'Nothing was lost.',
        'Full queues, dropped packets and rows that could not be stored would be listed here by name.',
      )
    : table(
        context,
        'Losses',
        [
          { title: 'Service', cell: (row) => row.service },
          { title: 'What', kind: 'wide', cell: (row) => oneLine(row.words) },
          { title: 'How many', kind: 'number', cell: (row) => count(Math.round(row.amount)) },
        ],
        state.losses,
      ),
)}</div>
${card(
  'Detection cycles',
  cycles.length === 0
    ? empty(
        'The detector has not finished a cycle in this range.',
        'It runs by itself under ja4 up; once by hand with: ja4 detect --once',
      )
    : table<DetectionCycle>(
        context,
        'Detection cycles',
        [
          { title: 'When', cell: (row) => moment(row.recorded_at, context.now) },
          { title: 'Model', term: 'model', cell: (row) => row.model_name },
          { title: 'Mode', term: 'mode', cell: (row) => row.mode },
          { title: 'Sessions', kind: 'number', cell: (row) => count(row.n_sessions) },
          { title: 'Baseline', term: 'baseline', kind: 'number', cell: (row) => count(row.n_baseline) },
          { title: 'Detected', kind: 'number', cell: (row) => percent(row.anomaly_rate) },
          { title: 'Took', kind: 'number', cell: (row) => duration(row.latency_ms / 1000) },
        ],
        cycles,
      ),
)}`;
    return { title: 'Pipeline', body };
  },
});

function counters({ counted: values }: ServiceState): HtmlValue {
  const shown = Object.entries(values).filter(([, value]) => value > 0);
  if (shown.length === 0) return html`<span class="muted">nothing yet</span>`;
  return html`<details><summary>${counted(shown.length, 'counter')}</summary><dl class="counters">${shown.map(([name, value]) => html`<div><dt><code>${name}</code></dt><dd class="num">${count(Math.round(value))}</dd></div>`)}</dl></details>`;
}
