import type { HttpLogRow } from '@ja4/store';

type HeaderColumn = Extract<keyof HttpLogRow, `header_${string}`>;
type HeaderColumns = { [Column in HeaderColumn]: string };

/** The headers with a column of their own, by lower-case name, in the order of `columnsOf`. */
const columnNames = [
  ...['user-agent', 'accept', 'accept-encoding', 'accept-language', 'content-type'],
  ...['x-request-id', 'x-trace-id', 'x-forwarded-for'],
  ...['sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-ua-platform'],
  ...['sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-site', 'referer'],
];

function columnsOf(values: readonly string[]): HeaderColumns {
  return {
    header_user_agent: values[0]!,
    header_accept: values[1]!,
    header_accept_encoding: values[2]!,
    header_accept_language: values[3]!,
    header_content_type: values[4]!,
    header_x_request_id: values[5]!,
    header_x_trace_id: values[6]!,
    header_x_forwarded_for: values[7]!,
    header_sec_ch_ua: values[8]!,
    header_sec_ch_ua_mobile: values[9]!,
    header_sec_ch_ua_platform: values[10]!,
    header_sec_fetch_dest: values[11]!,
    header_sec_fetch_mode: values[12]!,
    header_sec_fetch_site: values[13]!,
    header_referer: values[14]!,
  };
}

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
  readonly others: Readonly<Record<string, string>>;
  /** Values that came although they are denied, and were dropped. */
  readonly denied: number;
  /** Other headers that were dropped: no token, or more than the limit. */
  readonly dropped: number;
}

/** What a `header_…` key of an event is about. */
export interface HeaderKey {
  /** Lower case, as it came. */
  readonly name: string;
  /** Index of its column; −1 = none. */
  readonly column: number;
  readonly isToken: boolean;
  readonly isDenied: boolean;
}

/**
 * What a key is about; undefined when it is no header's. Names are compared case-insensitively as whole names,
 * and `_` counts as `-`, because some senders cannot write `-`.
 *
 * @param denied lower-case names whose values are dropped
 */
export function headerKey(key: string, denied: ReadonlySet<string>): HeaderKey | undefined {
  if (!key.startsWith('header_')) return undefined;
  const name = key.slice('header_'.length).toLowerCase();
  const dashed = name.replaceAll('_', '-');
  return {
    name,
    column: columnNames.indexOf(dashed),
    isToken: token.test(name),
    isDenied: denied.has(dashed),
  };
}

const noOthers: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/** Gathers the headers of one event after the other. */
export class HeaderReader {
  readonly #columns: string[] = new Array<string>(columnNames.length).fill('');
  #others: Record<string, string> | undefined;
  #count = 0;
  #denied = 0;
  #dropped = 0;

  /** Begins with another event. */
  clear(): void {
    this.#columns.fill('');
    this.#others = undefined;
    this.#count = 0;
    this.#denied = 0;
    this.#dropped = 0;
  }

  add(key: HeaderKey, value: string): void {
    if (key.isDenied) this.#denied++;
    else if (key.column !== -1) this.#columns[key.column] = value;
    else if (this.#count < maxOtherHeaders && key.isToken) {
      this.#others ??= Object.create(null) as Record<string, string>;
      this.#others[key.name] = value;
      this.#count++;
    } else this.#dropped++;
  }

  headers(): HttpHeaders {
    return {
      columns: columnsOf(this.#columns),
      others: this.#others ?? noOthers,
      denied: this.#denied,
      dropped: this.#dropped,
    };
  }
}
