import { newestRows, type Reader, requestTotals, type ServiceRun, type Span, serviceRuns } from '@ja4/store';
import { type Loss, lossesOf } from './losses.ts';

/** What a service counted within a span, over all of its runs and instances. */
export interface ServiceState {
  readonly service: string;
  /** Runs that have not ended. */
  readonly instances: number;
  readonly lastReport: string;
  /** Runs that ended within the span. */
  readonly restarts: number;
  readonly counted: Readonly<Record<string, number>>;
}

export interface PipelineState {
  /** ClientHellos read from the wire; undefined when no sensor reported. */
  readonly captured: number | undefined;
  /** Handshakes that the stored requests were joined with; more than were captured when some came from files. */
  readonly handshakes: number;
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
    handshakes: Number(totals.handshakes),
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

/** Starts of one run that are this close together are the same start, measured twice. */
const sameStartMs = 2_000;

/** A run whose last report is this much older than the service's newest has ended. */
const endedMs = 35_000;

/** Puts the pieces of a run together that a change of second in its start has split. */
function wholeRuns(pieces: readonly ServiceRun[]): ServiceRun[] {
  const runs: ServiceRun[] = [];
  const inOrder = [...pieces].sort((a, b) => a.instance.localeCompare(b.instance) || startOf(a) - startOf(b));
  for (const piece of inOrder) {
    const before = runs.at(-1);
    if (!before || before.instance !== piece.instance || startOf(piece) - startOf(before) > sameStartMs) {
      runs.push(piece);
      continue;
    }
    const [first, last] = [
      piece.first_report < before.first_report ? piece : before,
      piece.last_report > before.last_report ? piece : before,
    ];
    runs[runs.length - 1] = {
      ...before,
      first_report: first.first_report,
      first_counters: first.first_counters,
      last_report: last.last_report,
      last_counters: last.last_counters,
    };
  }
  return runs;
}

const startOf = (run: ServiceRun) => Date.parse(run.run_started_at);

/** Adds the runs of each service up: what a run that began before the span had counted by then is left out. */
export function serviceStates(pieces: readonly ServiceRun[], span: Span): ServiceState[] {
  return [...Map.groupBy(pieces, ({ service }) => service)].map(([service, ofService]) => {
    const runs = wholeRuns(ofService);
    const lastReport =
      runs
        .map((run) => run.last_report)
        .sort()
        .at(-1) ?? '';
    const running = runs.filter((run) => Date.parse(lastReport) - Date.parse(run.last_report) < endedMs);
    const counted: Record<string, number> = {};
    for (const run of runs) {
      const began = startOf(run) >= span.from.getTime();
      for (const [name, last] of Object.entries(run.last_counters)) {
        const gauge = gaugeName.test(name);
        // A queue is as long as those that run say: what ended has none any more.
        if (gauge && !running.includes(run)) continue;
        const before = began || gauge ? 0 : (run.first_counters[name] ?? 0);
        counted[name] = (counted[name] ?? 0) + Math.max(0, last - before);
      }
    }
    return {
      service,
      instances: running.length,
      lastReport,
      restarts: runs.length - running.length,
      counted,
    };
  });
}
