import { loadQuery } from '../sql-files.ts';
import type { ClaimPatterns, Says } from './dashboard-overview.ts';
import { type Reader, read, type Span, type Timestamp, type UInt64 } from './dashboard-reading.ts';

const verdictListSql = loadQuery('dashboard/verdict-list');
const verdictLevelsSql = loadQuery('dashboard/verdict-levels');

/** One feature's part in a score: its value, the band p5–p95 of people here, and what it adds to the score. */
export interface Reason {
  feature: string;
  value: number;
  baseline_low: number;
  baseline_high: number;
  contribution: number;
}

/** The newest verdict about one visitor session (address, client stack, host) by one model. */
export interface Verdict {
  detected_at: Timestamp;
  window_start: Timestamp;
  first_seen: Timestamp;
  last_seen: Timestamp;
  src_ip: string;
  tls_stack: string;
  ja4: string;
  host: string;
  threat_level: string;
  anomaly_score: number;
  raw_anomaly_score: number;
  model_name: string;
  mode: string;
  provisional: number;
  correlated: number;
  recurrence: number;
  bot_name: string;
  browser_family: string;
  browser_confidence: number;
  asn_number: number;
  asn_org: string;
  asn_label: string;
  country_code: string;
  campaign_id: number;
  hits: UInt64;
  hit_velocity: number;
  fuzzing_index: number;
  post_ratio: number;
  eif_score: number;
  ae_recon_error: number;
  xgb_prob: number;
  first_ua: string;
  reason: string;
  reasons: Reason[];
}

/** A verdict as lists give it. */
export interface ListedVerdict extends Verdict {
  /** Client stacks of the address when it was scored: more than one, and several clients share it. */
  address_stacks: number;
  /** The features that were asked for. */
  told_features: Record<string, number>;
}

/** Where a page of a list begins: after the row with these sort values. */
export interface Position {
  sort_number: number;
  sort_text: string;
  row_key: string;
}

/** `ml_all_scores`, or only what was above the threshold when it was scored. */
export type VerdictTable = 'ml_all_scores' | 'ml_detected_anomalies';

/** Columns that a list of verdicts may be sorted by. */
export const verdictSorts = [
  'threat_level',
  'anomaly_score',
  'detected_at',
  'last_seen',
  'src_ip',
  'ja4',
  'host',
  'recurrence',
  'hits',
  'hit_velocity',
  'fuzzing_index',
  'post_ratio',
  'campaign_id',
  'asn_org',
  'country_code',
  'bot_name',
  'browser_family',
] as const;

export type VerdictSort = (typeof verdictSorts)[number];

/** Lists of allowed values; an empty one allows anything. Addresses are IPv6 prefixes (`::ffff:198.18.0.1/128`). */
export interface VerdictFilter {
  level: readonly string[];
  ip: readonly string[];
  ja4: readonly string[];
  tls_stack: readonly string[];
  asn: readonly number[];
  host: readonly string[];
  country: readonly string[];
  browser: readonly string[];
  bot: readonly string[];
  model: readonly string[];
  campaign: readonly number[];
  says: readonly Says[];
}

export interface VerdictChoice {
  table: VerdictTable;
  only: VerdictFilter;
  not: VerdictFilter;
  /** Text that stands in address, fingerprint, host, network, names, User-Agent or reason; '' = anything. */
  search: string;
  claims: ClaimPatterns;
}

/** A page of a sorted list. */
export interface PageOf<Sort extends string> {
  sort: Sort;
  descending: boolean;
  limit: number;
  after: Position | undefined;
}

/** `{ level, ip, … }` and `{ not_level, not_ip, … }` as one set of parameters. */
export function filterParameters<Filter extends object>(only: Filter, not: Filter): Record<string, unknown> {
  const negated = Object.entries(not).map(([name, values]) => [`not_${name}`, values]);
  return { ...only, ...Object.fromEntries(negated) };
}

/** The parameters that paging needs. */
export function pageParameters<Sort extends string>(page: PageOf<Sort>): Record<string, unknown> {
  return {
    sort: page.sort,
    descending: page.descending ? 1 : 0,
    limit: page.limit,
    after: page.after ? 1 : 0,
    after_number: page.after?.sort_number ?? 0,
    after_text: page.after?.sort_text ?? '',
    after_key: page.after?.row_key ?? '',
  };
}

/** One page of verdicts; each row carries its position, from which the next page can begin. */
export function listVerdicts(
  reader: Reader,
  span: Span,
  choice: VerdictChoice,
  page: PageOf<VerdictSort>,
  { levels, told }: { levels: readonly string[]; told: readonly string[] },
) {
  const { table, only, not, search, claims } = choice;
  return read<ListedVerdict & Position>(reader, verdictListSql, {
    ...span,
    table,
    search,
    levels,
    told,
    ...claims,
    ...filterParameters(only, not),
    ...pageParameters(page),
  });
}

export interface SessionsOfLevel {
  threat_level: string;
  sessions: UInt64;
  visitors: UInt64;
}

/** Sessions and visitors per level under the same filters, the level's own left out. */
export function countVerdicts(reader: Reader, span: Span, choice: VerdictChoice) {
  const { level: _onlyLevel, ...only } = choice.only;
  const { level: _notLevel, ...not } = choice.not;
  return read<SessionsOfLevel>(reader, verdictLevelsSql, {
    ...span,
    table: choice.table,
    search: choice.search,
    ...choice.claims,
    ...filterParameters(only, not),
  });
}
