import type { Databases, Store } from '../connect.ts';
import { loadQuery } from '../sql-files.ts';

export interface EarlierLevel {
  src_ip: string;
  tls_stack: string;
  host: string;
  model_name: string;
  anomaly_score: number;
  threat_level: string;
}

export interface ScoredSessionRow extends EarlierLevel {
  first_ua: string;
  asn_label: string;
  browser_family: string;
  axis_ja4_known: number;
  mode: string;
  /** Values of the features that were known, by name. */
  features: Record<string, number>;
}

export interface SessionConnection {
  src_ip: string;
  src_port: number;
  tls_stack: string;
  host: string;
  requests: number;
  /** Start of the connection's first and last request, seconds since 1970. */
  first: number;
  last: number;
}

const queries = {
  activeHours: loadQuery('detector/active-hours'),
  earlierLevels: loadQuery('detector/earlier-levels'),
  recurrence: loadQuery('detector/recurrence'),
  scoredSessions: loadQuery('detector/scored-sessions'),
  sessionConnections: loadQuery('detector/session-connections'),
  logSpan: loadQuery('detector/log-span'),
};

const seconds = (time: Date) => time.getTime() / 1000;
const wholeSeconds = (time: Date) => Math.floor(seconds(time));

async function read<Row>(
  store: Store,
  query: (databases: Databases) => string,
  parameters: Record<string, unknown>,
): Promise<Row[]> {
  const result = await store.client.query({
    query: query(store.databases),
    query_params: parameters,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return result.json<Row>();
}

/** Hours of a span in which anybody was active. */
export async function activeHours(store: Store, span: { from: Date; to: Date }): Promise<Date[]> {
  const rows = await read<{ hour: number }>(store, queries.activeHours, {
    from: wholeSeconds(span.from),
    to: wholeSeconds(span.to),
  });
  return rows.map(({ hour }) => new Date(hour * 1000));
}

/** The levels that visitors had last, given between two times. */
export function earlierLevels(store: Store, span: { since: Date; until: Date }): Promise<EarlierLevel[]> {
  return read(store, queries.earlierLevels, {
    since: wholeSeconds(span.since),
    until: wholeSeconds(span.until),
  });
}

/** On how many days of the week before `until` each address was detected. */
export async function recurrences(store: Store, until: Date): Promise<Map<string, number>> {
  const rows = await read<{ src_ip: string; recurrence: number }>(store, queries.recurrence, {
    until: wholeSeconds(until),
  });
  return new Map(rows.map((row) => [row.src_ip, row.recurrence]));
}

/** The newest verdict of every session active between two times. */
export function scoredSessions(store: Store, span: { from: Date; to: Date }): Promise<ScoredSessionRow[]> {
  return read(store, queries.scoredSessions, { from: wholeSeconds(span.from), to: wholeSeconds(span.to) });
}

/** The connections of every session between two times, by address and time. */
export function sessionConnections(
  store: Store,
  span: { from: Date; to: Date },
): Promise<SessionConnection[]> {
  return read(store, queries.sessionConnections, { from: seconds(span.from), to: seconds(span.to) });
}

/** When the store's requests begin and end; undefined without any. */
export async function logSpan(store: Store): Promise<{ from: Date; to: Date } | undefined> {
  const [row] = await read<{ first: number | null; last: number | null }>(store, queries.logSpan, {});
  if (!row || row.first === null || row.last === null) return undefined;
  return { from: new Date(row.first * 1000), to: new Date(row.last * 1000) };
}

/** Tables that the detector fills. */
export type DetectorTable =
  | 'ml_all_scores'
  | 'ml_detected_anomalies'
  | 'ml_excluded_sessions'
  | 'ml_performance_metrics';

/** Writes rows of the detector; times are seconds since 1970, tuples objects, maps objects. */
export async function insertDetectorRows(
  store: Store,
  table: DetectorTable,
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return;
  await store.client.insert({
    table: `${store.databases.processing}.${table}`,
    values: [...rows],
    format: 'JSONEachRow',
  });
}
