import { loadQuery } from '../sql-files.ts';
import { type Reader, read, type Span, type Timestamp, type UInt64 } from './dashboard-reading.ts';

const requestTotalsSql = loadQuery('dashboard/request-totals');
const serviceCountersSql = loadQuery('dashboard/service-counters');
const detectionCyclesSql = loadQuery('dashboard/detection-cycles');
const newestRowsSql = loadQuery('dashboard/newest-rows');
const featureDistributionSql = loadQuery('dashboard/feature-distribution');

/** What went through the join; the times are 1970 when nothing did. */
export interface RequestTotals {
  requests: UInt64;
  joined: UInt64;
  /** Distinct handshakes among the joined. */
  handshakes: UInt64;
  /** Handshakes without a request. */
  handshakes_alone: UInt64;
  behind_proxy: UInt64;
  visitors: UInt64;
  servers: UInt64;
  first_time: Timestamp;
  last_time: Timestamp;
}

export async function requestTotals(reader: Reader, span: Span): Promise<RequestTotals> {
  const [totals] = await read<RequestTotals>(reader, requestTotalsSql, { ...span });
  if (!totals) throw new Error('an aggregate without GROUP BY has always one row');
  return totals;
}

/** One run of a service: its counters (totals since `run_started_at`) when first and last reported in the span. */
export interface ServiceRun {
  service: string;
  instance: string;
  run_started_at: Timestamp;
  first_report: Timestamp;
  last_report: Timestamp;
  first_counters: Record<string, number>;
  last_counters: Record<string, number>;
}

export function serviceRuns(reader: Reader, span: Span) {
  return read<ServiceRun>(reader, serviceCountersSql, { ...span });
}

/** One model's part in one cycle of the detector. */
export interface DetectionCycle {
  recorded_at: Timestamp;
  cycle_id: string;
  model_name: string;
  model_version: string;
  mode: string;
  n_sessions: number;
  n_baseline: number;
  n_excluded: number;
  anomaly_rate: number;
  correlation_rate: number;
  latency_ms: number;
  timings: Record<string, number>;
}

export function detectionCycles(reader: Reader, span: Span, limit: number) {
  return read<DetectionCycle>(reader, detectionCyclesSql, { ...span, limit });
}

/** Whether anything has ever arrived; the times are 1970 when nothing has. */
export interface NewestRows {
  last_request: Timestamp;
  requests: UInt64;
  last_verdict: Timestamp;
  verdicts: UInt64;
}

export async function newestRows(reader: Reader): Promise<NewestRows> {
  const [newest] = await read<NewestRows>(reader, newestRowsSql, {});
  if (!newest) throw new Error('a SELECT of scalars has always one row');
  return newest;
}

/** What a feature is in this traffic: p5, p50 and p95, for calm sessions and for those that need a look. */
export interface FeatureDistribution {
  feature: string;
  calm_sessions: UInt64;
  calm: [number | null, number | null, number | null];
  urgent_sessions: UInt64;
  urgent: [number | null, number | null, number | null];
}

export function featureDistributions(reader: Reader, span: Span, urgent: readonly string[]) {
  return read<FeatureDistribution>(reader, featureDistributionSql, { ...span, urgent });
}
