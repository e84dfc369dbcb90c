import { logSpan, type Store, scoredSessions, sessionConnections } from '@ja4/store';
import { deriveShift, labelSessions, parseLabels, sessionKey } from './labels.ts';
import { type EvaluateOptions, type EvaluationReport, nothingToEvaluate, report } from './report.ts';

const minuteMs = 60_000;

/**
 * How well the scores in the store separate the labelled people from the labelled bots. Declared robots are
 * in neither class and stand in `perClient`.
 *
 * `labelsCsv` is the text of a labels file (`src_ip,src_port,t_from,t_to,label,client`). Throws
 * `nothing_to_evaluate` when no scored session has a label of either class.
 */
export async function evaluate(
  store: Store,
  labelsCsv: string,
  options: EvaluateOptions = {},
): Promise<EvaluationReport> {
  const truths = parseLabels(labelsCsv);
  const span = await logSpan(store);
  if (!span) throw nothingToEvaluate('the store holds no requests');
  const whole = {
    from: new Date(span.from.getTime() - minuteMs),
    to: new Date(span.to.getTime() + minuteMs),
  };
  const connections = await sessionConnections(store, whole);
  const shiftSeconds =
    options.shiftMs === undefined ? deriveShift(truths, connections) : options.shiftMs / 1000;
  const labels = labelSessions(truths, connections, shiftSeconds);
  const labelled = (await scoredSessions(store, whole)).map((row) => ({
    row,
    ...(labels.get(sessionKey(row)) ?? { label: 'unlabelled' as const, client: '' }),
  }));
  return { ...report(labelled, options), shiftMs: Math.round(shiftSeconds * 1000) };
}
