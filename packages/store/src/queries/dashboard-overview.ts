import { loadQuery } from '../sql-files.ts';
import { type Reader, read, type Span, type Timestamp, type UInt64 } from './dashboard-reading.ts';
import type { Reason } from './dashboard-verdicts.ts';

const visitorsByLevelSql = loadQuery('dashboard/visitors-by-level');
const visitorsByKindSql = loadQuery('dashboard/visitors-by-kind');
const visitorsToLookAtSql = loadQuery('dashboard/visitors-to-look-at');
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

export interface VisitorsOfKind {
  kind: 'browser' | 'robot' | 'unknown';
  /** Browser family, robot name, or the first word of the User-Agent; '' when it says nothing. */
  name: string;
  visitors: UInt64;
  urgent_visitors: UInt64;
}

/** Who the visitors are; `urgent` lists the levels that need a look. */
export function visitorsByKind(reader: Reader, span: Span, urgent: readonly string[]) {
  return read<VisitorsOfKind>(reader, visitorsByKindSql, { ...span, urgent });
}

export interface VisitorToLookAt {
  ip: string;
  level: string;
  score: number;
  main_reasons: Reason[];
  user_agent: string;
  main_host: string;
  family: string;
  requests: UInt64;
  seen: Timestamp;
  is_provisional: number;
  asn: number;
  network: string;
  country: string;
}

/** The most urgent visitors, one row per address. */
export function visitorsToLookAt(
  reader: Reader,
  span: Span,
  choice: { levels: readonly string[]; urgent: readonly string[]; limit: number },
) {
  return read<VisitorToLookAt>(reader, visitorsToLookAtSql, { ...span, ...choice });
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
