import { listRequests, listVerdicts, type Position, type VerdictTable } from '@ja4/store';
import { doingFeatures } from '../explain/doings.ts';
import { levelNames } from '../levels.ts';
import { nextCursor } from '../parts/pager.ts';
import {
  requestChoice,
  requestListShape,
  requestPage,
  verdictChoice,
  verdictListShape,
  verdictPage,
} from '../request/lists.ts';
import { api } from '../routes.ts';
import { list, request, verdict } from './rows.ts';

export const detectionsRoute = verdictsRoute(
  '/detections',
  'Sessions above the threshold',
  'ml_detected_anomalies',
);
export const scoresRoute = verdictsRoute('/scores', 'Every scored session', 'ml_all_scores');

function verdictsRoute(path: string, summary: string, table: VerdictTable) {
  return api({
    path,
    summary,
    shape: verdictListShape,
    response: list(verdict),
    answer: async ({ reader, range: { from, to } }, given) => {
      const asked = verdictPage(given);
      const choice = verdictChoice(table, given);
      const rows = await listVerdicts(
        reader,
        { from, to },
        choice,
        { ...asked, limit: asked.limit + 1 },
        { levels: levelNames, told: doingFeatures },
      );
      return answerOf(rows, asked.limit);
    },
  });
}

export const trafficRoute = api({
  path: '/traffic',
  summary: 'The requests themselves',
  shape: requestListShape,
  response: list(request),
  answer: async ({ reader, range: { from, to } }, given) => {
    const asked = requestPage(given);
    const rows = await listRequests(reader, { from, to }, requestChoice(given), {
      ...asked,
      limit: asked.limit + 1,
    });
    return answerOf(rows, asked.limit);
  },
});

/** The rows without their positions, and the cursor of those that follow. */
function answerOf<Row extends Position>(rows: readonly Row[], limit: number) {
  const shown = rows
    .slice(0, limit)
    .map(({ sort_number: _number, sort_text: _text, row_key: _key, ...row }) => row);
  return { rows: shown, next: nextCursor(rows, limit) ?? null };
}
