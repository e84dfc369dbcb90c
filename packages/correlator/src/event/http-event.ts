import type { Fields } from './event-text.ts';
import { type ArrivalNs, beganBefore, isPlausible } from './event-time.ts';
import { type EventResult, FieldReader, type Slot } from './field-reader.ts';
import {
  alwaysDeniedHeaders,
  type HeaderKey,
  HeaderReader,
  type HttpHeaders,
  headerKey,
} from './http-headers.ts';

/**
 * One request, as a web server reports it (source A), in any dialect. Keys are the wire contract; what was
 * not reported is undefined ('' for texts), never zero.
 */
export interface HttpEvent {
  /** Start of the request, nanoseconds since 1970. */
  readonly timestamp: number;
  /** Not on the wire: the sender's time was absurd, so `timestamp` is reckoned from the event's arrival. */
  readonly time_is_arrival: boolean;
  readonly source: string;
  readonly server_id: string;
  /** The sender's counters: events made, and events it could not send. */
  readonly seq: number | undefined;
  readonly dropped_total: number | undefined;
  /** Not on the wire: HTTP/3 runs over UDP, everything else over TCP. */
  readonly transport: 'tcp' | 'udp';
  /** The TCP peer. */
  readonly src_ip: string;
  readonly src_port: number;
  /** The visitor's address when the web server trusts a proxy's word for it. */
  readonly client_ip: string | undefined;
  readonly dst_ip: string | undefined;
  readonly dst_port: number | undefined;
  readonly conn_id: string;
  /** 0-based index of the request on its connection. */
  readonly keepalives: number | undefined;
  readonly scheme: string;
  readonly method: string;
  /** Lower case, without a port. */
  readonly host: string;
  readonly path: string;
  readonly query: string;
  /** `HTTP/1.0`, `HTTP/1.1`, `HTTP/2`, `HTTP/3`, or '' for anything else. */
  readonly http_version: string;
  readonly status_code: number | undefined;
  /** Bytes. */
  readonly response_size: number | undefined;
  /** Milliseconds with fractions. */
  readonly duration_ms: number | undefined;
  /** Names, comma-joined, in wire order as far as the web server knows it. */
  readonly client_headers: string;
  /** `wire` when order (HTTP/1: and case) are the client's, `server` when not, '' when nobody knows. */
  readonly client_headers_order: string;
  readonly headers: HttpHeaders;
  /** Event keys whose values the web server cut, comma-joined, e.g. `path,header_User-Agent`. */
  readonly truncated: string;
  /** Akamai form: `SETTINGS|WINDOW_UPDATE|PRIORITY|PSEUDO_ORDER`. */
  readonly h2_fingerprint: string;
  readonly h2_settings_fp: string;
  readonly h2_pseudo_order: string;
  readonly h2_window_update: number | undefined;
  readonly h2_has_priority: boolean | undefined;
  readonly h2_header_table_size: number | undefined;
  readonly h2_enable_push: number | undefined;
  readonly h2_max_concurrent_streams: number | undefined;
  readonly h2_initial_window_size: number | undefined;
  readonly h2_max_frame_size: number | undefined;
  readonly h2_max_header_list_size: number | undefined;
  readonly h2_enable_connect_protocol: number | undefined;
  readonly h2_no_rfc7540_priorities: number | undefined;
}

const httpKeys = [
  ...(['timestamp', 'source', 'server_id', 'seq', 'dropped_total', 'src_ip', 'src_port'] as const),
  ...(['client_ip', 'dst_ip', 'dst_port', 'conn_id', 'keepalives', 'scheme', 'method', 'host'] as const),
  ...(['path', 'query', 'http_version', 'status_code', 'response_size', 'duration_ms'] as const),
  ...(['client_headers', 'client_headers_order', 'truncated'] as const),
  ...(['h2_fingerprint', 'h2_settings_fp', 'h2_pseudo_order', 'h2_window_update'] as const),
  ...(['h2_has_priority', 'h2_header_table_size', 'h2_enable_push'] as const),
  ...(['h2_max_concurrent_streams', 'h2_initial_window_size', 'h2_max_frame_size'] as const),
  ...(['h2_max_header_list_size', 'h2_enable_connect_protocol', 'h2_no_rfc7540_priorities'] as const),
] as const;

/** Keys of an HTTP event that can be wrong; all `header_…` keys count as `header`. */
export type HttpKey = (typeof httpKeys)[number] | 'header';

/** Where the value of an event's key goes. */
interface KeyUse {
  /** −1 = none. */
  readonly slot: Slot;
  readonly header: HeaderKey | undefined;
}

export interface HttpParseOptions {
  /** Lower-case header names whose values are dropped, beside `alwaysDeniedHeaders`. */
  readonly deniedHeaders: ReadonlySet<string>;
  /** Senders use few different keys, so what was found out about one is kept. */
  readonly knownKeys: Map<string, KeyUse>;
}

const maxKnownKeys = 1_000;
const longestKnownKey = 200;

/** @param more header names, in any case, to deny beside the ones that always are. */
export function httpParseOptions(more: readonly string[] = []): HttpParseOptions {
  const names = [...alwaysDeniedHeaders, ...more].map((name) => name.toLowerCase().replaceAll('_', '-'));
  return { deniedHeaders: new Set(names), knownKeys: new Map() };
}

const versions = new Map([
  ['HTTP/1.0', 'HTTP/1.0'],
  ['HTTP/1.1', 'HTTP/1.1'],
  ['HTTP/2', 'HTTP/2'],
  ['HTTP/2.0', 'HTTP/2'],
  ['HTTP/3', 'HTTP/3'],
  ['HTTP/3.0', 'HTTP/3'],
]);

/** Whether a host has anything that `normaliseHost` changes. */
const unusualHost = /[^-a-z0-9.]|\.$/;

/** Host names are case-insensitive (RFC 3986 section 3.2.2); the port is `dst_port`'s business. */
export function normaliseHost(host: string): string {
  if (!unusualHost.test(host)) return host;
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

/** Inside SETTINGS the separator is `;`. A `,` there, and only there, is an older spelling of it. */
export function normaliseH2Fingerprint(fingerprint: string): string {
  const end = fingerprint.indexOf('|');
  const comma = fingerprint.indexOf(',');
  if (end === -1 || comma === -1 || comma > end) return fingerprint;
  return fingerprint.slice(0, end).replaceAll(',', ';') + fingerprint.slice(end);
}

const orders: ReadonlySet<string> = new Set(['wire', 'server']);

// One event is read at a time, so one of each serves all.
const f = new FieldReader(httpKeys);
const k = f.slots;
const headers = new HeaderReader();

function keyUse(key: string, { knownKeys, deniedHeaders }: HttpParseOptions): KeyUse {
  const header = headerKey(key, deniedHeaders);
  const use = { slot: f.slotOf(key) ?? -1, header };
  if (key.length <= longestKnownKey && knownKeys.size < maxKnownKeys) knownKeys.set(key, use);
  return use;
}

/** Puts every value where it goes; false when a header's is not text. */
function sort(fields: Fields, options: HttpParseOptions): boolean {
  f.clear();
  headers.clear();
  for (const key in fields) {
    const use = options.knownKeys.get(key) ?? keyUse(key, options);
    const value = fields[key];
    if (use.slot !== -1) f.set(use.slot, value);
    else if (use.header !== undefined && value !== undefined && value !== null) {
      if (typeof value !== 'string') return false;
      headers.add(use.header, value);
    }
  }
  return true;
}

/**
 * The fields of the contract, as mod_reqin_log sends them. Never throws; unknown keys are ignored.
 *
 * @param arrivalNs takes the place of an absurd time; without it, such an event is refused
 */
export function readHttpEvent(
  fields: Fields,
  options: HttpParseOptions,
  arrivalNs: ArrivalNs,
): EventResult<HttpEvent, HttpKey> {
  if (!sort(fields, options)) return { ok: false, reason: 'wrong_type_header' };
  const givenNs = f.requiredNumber(k.timestamp);
  const plausible = isPlausible(givenNs, arrivalNs);
  if (!plausible && arrivalNs === undefined) f.reject('bad_timestamp');
  const version = versions.get(f.text(k.http_version)) ?? '';
  const order = f.text(k.client_headers_order);
  const settings = f.text(k.h2_settings_fp);
  const durationMs = f.number(k.duration_ms, Number.MAX_SAFE_INTEGER);
  const value: HttpEvent = {
    timestamp: plausible || arrivalNs === undefined ? givenNs : beganBefore(arrivalNs, durationMs),
    time_is_arrival: !plausible,
    source: f.text(k.source),
    server_id: f.text(k.server_id),
    seq: f.integer(k.seq, Number.MAX_SAFE_INTEGER),
    dropped_total: f.integer(k.dropped_total, Number.MAX_SAFE_INTEGER),
    transport: version === 'HTTP/3' ? 'udp' : 'tcp',
    src_ip: f.requiredAddress(k.src_ip),
    src_port: f.requiredPort(k.src_port),
    client_ip: f.address(k.client_ip),
    dst_ip: f.address(k.dst_ip),
    dst_port: f.port(k.dst_port),
    conn_id: f.text(k.conn_id),
    keepalives: f.integer(k.keepalives, 0xffff_ffff),
    scheme: f.text(k.scheme),
    method: f.requiredText(k.method),
    host: normaliseHost(f.text(k.host)),
    path: f.requiredText(k.path),
    query: f.text(k.query),
    http_version: version,
    status_code: f.integer(k.status_code, 0xffff),
    response_size: f.integer(k.response_size, Number.MAX_SAFE_INTEGER),
    duration_ms: durationMs,
    client_headers: f.text(k.client_headers),
    client_headers_order: orders.has(order) ? order : '',
    headers: headers.headers(),
    truncated: f.text(k.truncated),
    h2_fingerprint: normaliseH2Fingerprint(f.text(k.h2_fingerprint)),
    h2_settings_fp: settings.includes(',') ? settings.replaceAll(',', ';') : settings,
    h2_pseudo_order: f.text(k.h2_pseudo_order),
    h2_window_update: f.integer(k.h2_window_update, 0xffff_ffff),
    h2_has_priority: f.flag(k.h2_has_priority),
    h2_header_table_size: f.integer(k.h2_header_table_size, 0xffff_ffff),
    h2_enable_push: f.integer(k.h2_enable_push, 0xffff_ffff),
    h2_max_concurrent_streams: f.integer(k.h2_max_concurrent_streams, 0xffff_ffff),
    h2_initial_window_size: f.integer(k.h2_initial_window_size, 0xffff_ffff),
    h2_max_frame_size: f.integer(k.h2_max_frame_size, 0xffff_ffff),
    h2_max_header_list_size: f.integer(k.h2_max_header_list_size, 0xffff_ffff),
    h2_enable_connect_protocol: f.integer(k.h2_enable_connect_protocol, 0xffff_ffff),
    h2_no_rfc7540_priorities: f.integer(k.h2_no_rfc7540_priorities, 0xffff_ffff),
  };
  return f.rejection === undefined ? { ok: true, value } : { ok: false, reason: f.rejection };
}
