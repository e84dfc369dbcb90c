import { newestRows, type Reader, requestTotals, type ServiceRun, type Span, serviceRuns } from '@ja4/store';
import { type Loss, lossesOf } from './losses.ts';

/** What a service counted within a span, over all of its runs and instances. */
export interface ServiceState {
  readonly service: string;
  readonly instances: number;
  readonly lastReport: string;
  /** Runs that began within the span, the first one left out. */
  readonly restarts: number;
  readonly counted: Readonly<Record<string, number>>;
}

export interface PipelineState {
  /** ClientHellos read from the wire; undefined when no sensor reported. */
  readonly captured: number | undefined;
  readonly requests: number;
  readonly joined: number;
  readonly behindProxy: number;
  readonly lastRequest: string;
  readonly lastVerdict: string;
  readonly everRequests: number;
  readonly everVerdicts: number;
  readonly losses: readonly Loss[];
  readonly lost: number;
  readonly services: readonly ServiceState[];
}

/** Names of gauges: their present value says something, their growth does not. */
const gaugeName = /(?:^|_)(?:waiting|pending|held|queued|full|down|size|bytes)(?:_|$)/;

/** What passed through the pipeline in a span, what was lost on the way, and how far behind it is. */
export async function loadPipeline(reader: Reader, span: Span): Promise<PipelineState> {
  const [totals, runs, newest] = await Promise.all([
    requestTotals(reader, span),
    serviceRuns(reader, span),
    newestRows(reader),
  ]);
  const services = serviceStates(runs, span);
  const losses = services.flatMap(({ service, counted }) => lossesOf(service, counted));
  return {
    captured: services.find(({ service }) => service === 'sentinel')?.counted.hellos,
    requests: Number(totals.requests),
    joined: Number(totals.joined),
    behindProxy: Number(totals.behind_proxy),
    lastRequest: newest.last_request,
    lastVerdict: newest.last_verdict,
    everRequests: Number(newest.requests),
    everVerdicts: Number(newest.verdicts),
    losses: losses.sort((a, b) => b.amount - a.amount),
    lost: losses.reduce((sum, { amount }) => sum + amount, 0),
    services,
  };
}

/** Adds the runs of each service up: what a run that began before the span had counted by then is left out. */
export function serviceStates(runs: readonly ServiceRun[], span: Span): ServiceState[] {
  const byService = Map.groupBy(runs, ({ service }) => service);
  return [...byService].map(([service, ofService]) => {
    const counted: Record<string, number> = {};
    // A queue is as long as the last run of its instance says: what ended has none any more.
    const present = new Map(ofService.map((run) => [run.instance, run]));
    for (const run of ofService) {
      const began = Date.parse(run.started_at) >= span.from.getTime();
      for (const [name, last] of Object.entries(run.last_counters)) {
        if (gaugeName.test(name) && present.get(run.instance) !== run) continue;
        const before = began || gaugeName.test(name) ? 0 : (run.first_counters[name] ?? 0);
        counted[name] = (counted[name] ?? 0) + Math.max(0, last - before);
      }
    }
    const instances = new Set(ofService.map(({ instance }) => instance)).size;
    return {
      service,
      instances,
      lastReport:
        ofService
          .map(({ last_report }) => last_report)
          .sort()
          .at(-1) ?? '',
      restarts: ofService.length - instances,
      counted,
    };
  });
}
