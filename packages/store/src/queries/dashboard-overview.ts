import { loadQuery } from '../sql-files.ts';
import { type Reader, read, type Span, type Timestamp, type UInt64 } from './dashboard-reading.ts';
import type { Reason } from './dashboard-verdicts.ts';

const visitorsByLevelSql = loadQuery('dashboard/visitors-by-level');
const visitorsByKindSql = loadQuery('dashboard/visitors-by-kind');
const visitorsToLookAtSql = loadQuery('dashboard/visitors-to-look-at');
const newestVerdictsSql = loadQuery('dashboard/newest-verdicts');
const levelTimelineSql = loadQuery('dashboard/level-timeline');

export interface VisitorsOfLevel {
  threat_level: string;
  visitors: UInt64;
  sessions: UInt64;
  last_scored: Timestamp;
  provisional: number;
  mode: string;
}

/** Visitors by their most urgent level; `levels` lists the levels, most urgent first. */
export function visitorsByLevel(reader: Reader, span: Span, levels: readonly string[]) {
  return read<VisitorsOfLevel>(reader, visitorsByLevelSql, { ...span, levels });
}

/**
 * Regular expressions (RE2) that read a User-Agent: a robot's name, and what only browsers call themselves. A
 * claim is `nothing` for an empty one, `browser` for a browser that is no robot, else `program`.
 */
export interface ClaimPatterns {
  readonly robot_pattern: string;
  readonly browser_pattern: string;
}

/** What a client says it is. */
export type Says = 'browser' | 'program' | 'nothing';

export interface VisitorsOfKind {
  kind: 'browser' | 'robot' | 'unknown';
  /** Browser family, robot name, or the first word of a program's User-Agent. */
  name: string;
  /** Of unknown ones only, else ''. */
  says: Says | '';
  visitors: UInt64;
  urgent_visitors: UInt64;
}

/** Who the visitors are; `urgent` lists the levels that need a look, `levels` all of them, most urgent first. */
export function visitorsByKind(
  reader: Reader,
  span: Span,
  choice: { levels: readonly string[]; urgent: readonly string[]; claims: ClaimPatterns },
) {
  const { claims, ...rest } = choice;
  return read<VisitorsOfKind>(reader, visitorsByKindSql, { ...span, ...rest, ...claims });
}

/** A visitor to look at, or the most unusual one of many that have one client stack. */
export interface VisitorToLookAt {
  ip: string;
  level: string;
  score: number;
  stack: string;
  says: Says;
  /** How many addresses this row stands for, and of how many network operators. */
  visitors: UInt64;
  operators: UInt64;
  main_reasons: Reason[];
  /** The features that were asked for, of the session that is shown. */
  told_features: Record<string, number>;
  user_agent: string;
  main_host: string;
  family: string;
  /** Requests of the session that is shown, and of all that the row stands for. */
  main_requests: UInt64;
  all_requests: UInt64;
  last_seen_time: Timestamp;
  is_provisional: number;
  asn: number;
  network: string;
  country: string;
}

export interface LookAtChoice {
  readonly levels: readonly string[];
  readonly urgent: readonly string[];
  readonly claims: ClaimPatterns;
  /** Features to give with each row. */
  readonly told: readonly string[];
  /** Addresses of at least this many networks with one stack become one row. */
  readonly fewest: number;
  readonly limit: number;
}

interface ChosenVisitor
  extends Omit<VisitorToLookAt, 'main_reasons' | 'told_features' | 'family' | 'asn' | 'network' | 'country'> {
  /** Address as the table stores it, and the rest of the session's key. */
  stored_ip: string;
  model: string;
  is_group: number;
}

type Explained = Pick<
  VisitorToLookAt,
  'main_reasons' | 'told_features' | 'family' | 'asn' | 'network' | 'country'
> & { stored_ip: string };

/**
 * The most urgent visitors, one row per address or group of addresses. The few are chosen by light columns; only
 * then is read what explains them.
 */
export async function visitorsToLookAt(
  reader: Reader,
  span: Span,
  { claims, told, ...choice }: LookAtChoice,
): Promise<VisitorToLookAt[]> {
  const chosen = await read<ChosenVisitor>(reader, visitorsToLookAtSql, { ...span, ...choice, ...claims });
  if (chosen.length === 0) return [];
  const explained = await read<Explained>(reader, newestVerdictsSql, {
    told,
    ips: chosen.map(({ stored_ip }) => stored_ip),
    stacks: chosen.map(({ stack }) => stack),
    hosts: chosen.map(({ main_host }) => main_host),
    models: chosen.map(({ model }) => model),
  });
  const byAddress = new Map(explained.map(({ stored_ip, ...rest }) => [stored_ip, rest]));
  return chosen.flatMap(({ stored_ip, model: _model, is_group: _group, ...row }) => {
    const rest = byAddress.get(stored_ip);
    return rest ? [{ ...row, ...rest }] : [];
  });
}

export interface LevelInBucket {
  /** Start of the bucket. */
  bucket: Timestamp;
  /** '' = not scored. */
  threat_level: string;
  visitors: UInt64;
  requests: UInt64;
}

/** Visitors with requests over time, in buckets of `seconds`. */
export function levelTimeline(
  reader: Reader,
  span: Span,
  choice: { levels: readonly string[]; seconds: number },
) {
  return read<LevelInBucket>(reader, levelTimelineSql, { ...span, ...choice });
}
