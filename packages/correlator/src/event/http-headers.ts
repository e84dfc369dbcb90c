import type { HttpLogRow } from '@ja4/store';
import type { Fields } from './field-reader.ts';

type HeaderColumn = Extract<keyof HttpLogRow, `header_${string}`>;
type HeaderColumns = { [Column in HeaderColumn]: string };

/** The headers with a column of their own, by lower-case name. */
const columnOf = new Map<string, HeaderColumn>([
  ['user-agent', 'header_user_agent'],
  ['accept', 'header_accept'],
  ['accept-encoding', 'header_accept_encoding'],
  ['accept-language', 'header_accept_language'],
  ['content-type', 'header_content_type'],
  ['x-request-id', 'header_x_request_id'],
  ['x-trace-id', 'header_x_trace_id'],
  ['x-forwarded-for', 'header_x_forwarded_for'],
  ['sec-ch-ua', 'header_sec_ch_ua'],
  ['sec-ch-ua-mobile', 'header_sec_ch_ua_mobile'],
  ['sec-ch-ua-platform', 'header_sec_ch_ua_platform'],
  ['sec-fetch-dest', 'header_sec_fetch_dest'],
  ['sec-fetch-mode', 'header_sec_fetch_mode'],
  ['sec-fetch-site', 'header_sec_fetch_site'],
  ['referer', 'header_referer'],
]);

/** Headers whose value is a secret of the visitor: never stored, whatever a sender sends. */
export const alwaysDeniedHeaders: readonly string[] = [
  'cookie',
  'set-cookie',
  'authorization',
  'proxy-authorization',
  'x-api-key',
];

/** Headers without a column that one event may carry; the rest is dropped and counted. */
const maxOtherHeaders = 64;

/** A field name is a token (RFC 9110 section 5.1). */
const token = /^[!#$%&'*+\-.^_`|~0-9a-z]{1,128}$/;

export interface HttpHeaders {
  readonly columns: HeaderColumns;
  /** By lower-case name, without a prototype, so that a header called `__proto__` is only a name. */
  readonly others: Record<string, string>;
  /** Values that came although they are denied, and were dropped. */
  readonly denied: number;
  /** Other headers that were dropped: no token, or more than the limit. */
  readonly dropped: number;
}

/** What a `header_…` key of an event is about. */
interface HeaderKey {
  /** Lower case, as it came. */
  readonly name: string;
  /** As names are looked up: `_` counts as `-`, because some senders cannot write `-`. */
  readonly dashed: string;
  readonly column: HeaderColumn | undefined;
  readonly isToken: boolean;
}

/** Senders use few different keys, so what was found out about one is kept; undefined = no header. */
const knownKeys = new Map<string, HeaderKey | undefined>();
const maxKnownKeys = 1_000;

function headerKey(key: string): HeaderKey | undefined {
  const known = knownKeys.get(key);
  if (known !== undefined || knownKeys.has(key)) return known;
  let found: HeaderKey | undefined;
  if (key.startsWith('header_')) {
    const name = key.slice('header_'.length).toLowerCase();
    const dashed = name.replaceAll('_', '-');
    found = { name, dashed, column: columnOf.get(dashed), isToken: token.test(name) };
  }
  if (key.length <= 200 && knownKeys.size < maxKnownKeys) knownKeys.set(key, found);
  return found;
}

/**
 * The `header_…` keys of an event, compared case-insensitively as whole names. Undefined when a value is
 * not text.
 */
export function readHeaders(fields: Fields, deniedHeaders: ReadonlySet<string>): HttpHeaders | undefined {
  const columns = absentColumns();
  const others: Record<string, string> = Object.create(null);
  let count = 0;
  let denied = 0;
  let dropped = 0;
  for (const key in fields) {
    const header = headerKey(key);
    if (header === undefined) continue;
    const value = fields[key] ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== 'string') return undefined;
    if (deniedHeaders.has(header.dashed)) denied++;
    else if (header.column !== undefined) columns[header.column] = value;
    else if (count < maxOtherHeaders && header.isToken) {
      others[header.name] = value;
      count++;
    } else dropped++;
  }
  return { columns, others, denied, dropped };
}

function absentColumns(): HeaderColumns {
  return {
    header_user_agent: '',
    header_accept: '',
    header_accept_encoding: '',
    header_accept_language: '',
    header_content_type: '',
    header_x_request_id: '',
    header_x_trace_id: '',
    header_x_forwarded_for: '',
    header_sec_ch_ua: '',
    header_sec_ch_ua_mobile: '',
    header_sec_ch_ua_platform: '',
    header_sec_fetch_dest: '',
    header_sec_fetch_mode: '',
    header_sec_fetch_site: '',
    header_referer: '',
  };
}
