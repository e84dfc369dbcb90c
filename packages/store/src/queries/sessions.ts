import { features } from '@ja4/features';
import type { Store } from '../connect.ts';
import { sessionFeaturesQuery } from '../session-view.ts';
import { renderSql } from '../sql-files.ts';

/**
 * One visitor session: everything that one client stack at one address asked of one host in the window.
 * Addresses are canonical text (IPv4 as IPv4), times are UTC as `YYYY-MM-DD hh:mm:ss`, texts are '' when
 * unknown.
 */
export interface SessionRow {
  /** Hour of the latest activity. */
  readonly window_start: string;
  readonly src_ip: string;
  /** The JA4 of most requests; resumption and WebSocket give one session several. */
  readonly ja4: string;
  readonly tls_stack: string;
  readonly host: string;
  readonly asn_number: number;
  readonly asn_org: string;
  readonly asn_detail: string;
  readonly asn_domain: string;
  readonly country_code: string;
  readonly asn_label: string;
  /** A declared robot, by its network or its own JA4. */
  readonly bot_name: string;
  /** Engine that the TLS stack is known from; '' for tools and unknown stacks. */
  readonly browser_family: string;
  readonly tls_library: string;
  /** `browser`, `tool`, or '' when the stack is unknown. */
  readonly tls_context: string;
  readonly h2_browser_family: string;
  readonly h2_context: string;
  readonly h2_fingerprint: string;
  /** Engine that the User-Agent claims; '' when it claims to be no browser. */
  readonly claimed_family: string;
  readonly first_ua: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly hits: number;
  /** Share of requests that were joined with a handshake. */
  readonly correlated: number;
  /** Values in the order of the catalogue (`features` of `@ja4/features`), NaN when unknown. */
  readonly features: Float64Array;
}

const identity = [
  'window_start',
  'src_ip',
  'ja4',
  'tls_stack',
  'host',
  'asn_number',
  'asn_org',
  'asn_detail',
  'asn_domain',
  'country_code',
  'asn_label',
  'bot_name',
  'browser_family',
  'tls_library',
  'tls_context',
  'h2_browser_family',
  'h2_context',
  'h2_fingerprint',
  'claimed_family',
  'first_ua',
  'first_seen',
  'last_seen',
] as const satisfies readonly (keyof SessionRow)[];

const columns = [
  ...identity.map((name) => (name === 'src_ip' ? canonicalAddress('src_ip') : name)),
  'toUInt32(f_hits)',
  'correlated_share',
  ...features.map(({ name }) => `f_${name}`),
];
const query = `SELECT ${columns.join(', ')} FROM (${sessionFeaturesQuery})`;

/** SQL for the canonical text of an address column: an IPv4-mapped address is an IPv4 address. */
function canonicalAddress(column: string): string {
  return `replaceRegexpOne(toString(${column}), '^::ffff:([0-9]+[.])', '\\\\1')`;
}

/**
 * The sessions of all hours that overlap [from, to), with their features. Comparisons with other visitors
 * (rarity, shared fingerprints) are within the same hours.
 */
export async function sessionFeatures(store: Store, window: { from: Date; to: Date }): Promise<SessionRow[]> {
  const result = await store.client.query({
    query: renderSql(query, store.databases),
    query_params: { from: seconds(window.from), to: seconds(window.to) },
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const rows = await result.json<(string | number | null)[]>();
  return rows.map(sessionRow);
}

function sessionRow(values: (string | number | null)[]): SessionRow {
  const row: Record<string, unknown> = Object.fromEntries(
    identity.map((name, index) => [name, values[index]]),
  );
  row.hits = values[identity.length];
  row.correlated = values[identity.length + 1];
  row.features = Float64Array.from(values.slice(identity.length + 2), (value) =>
    value === null ? Number.NaN : Number(value),
  );
  return row as unknown as SessionRow;
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
