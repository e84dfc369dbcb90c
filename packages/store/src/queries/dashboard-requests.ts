import { loadQuery } from '../sql-files.ts';
import { type Reader, read, type Span, type Timestamp, type UInt64 } from './dashboard-reading.ts';
import { filterParameters, type PageOf, type Position, pageParameters } from './dashboard-verdicts.ts';

const requestListSql = loadQuery('dashboard/request-list');
const requestCountSql = loadQuery('dashboard/request-count');

export interface LoggedRequest {
  time: Timestamp;
  ip: string;
  src_port: number;
  method: string;
  scheme: string;
  host: string;
  path: string;
  query: string;
  http_version: string;
  status_code: number;
  response_size: UInt64;
  duration_ms: number;
  header_user_agent: string;
  header_referer: string;
  ja4: string;
  tls_stack: string;
  correlated: number;
  keepalives: number;
  src_asn: number;
  src_org: string;
  src_country_code: string;
}

/** Columns that a list of requests may be sorted by. */
export const requestSorts = [
  'time',
  'src_ip',
  'method',
  'host',
  'path',
  'http_version',
  'status_code',
  'response_size',
  'duration_ms',
  'header_user_agent',
  'ja4',
  'src_country_code',
] as const;

export type RequestSort = (typeof requestSorts)[number];

/** Lists of allowed values; an empty one allows anything. Addresses are IPv6 prefixes. */
export interface RequestFilter {
  ip: readonly string[];
  method: readonly string[];
  host: readonly string[];
  path: readonly string[];
  http_version: readonly string[];
  status: readonly number[];
  ja4: readonly string[];
  tls_stack: readonly string[];
  asn: readonly number[];
}

export interface RequestChoice {
  only: RequestFilter;
  not: RequestFilter;
  /** Text that stands in address, method, host, path, query, User-Agent, JA4 or network; '' = anything. */
  search: string;
}

/** One page of requests; each row carries its position. */
export function listRequests(reader: Reader, span: Span, choice: RequestChoice, page: PageOf<RequestSort>) {
  const { only, not, search } = choice;
  return read<LoggedRequest & Position>(reader, requestListSql, {
    ...span,
    search,
    ...filterParameters(only, not),
    ...pageParameters(page),
  });
}

export interface RequestCount {
  requests: UInt64;
  visitors: UInt64;
  paths: UInt64;
}

/** What the filters let through. */
export async function countRequests(reader: Reader, span: Span, { only, not, search }: RequestChoice) {
  const [found] = await read<RequestCount>(reader, requestCountSql, {
    ...span,
    search,
    ...filterParameters(only, not),
  });
  if (!found) throw new Error('an aggregate without GROUP BY has always one row');
  return found;
}
