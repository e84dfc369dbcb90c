import { type EventResult, FieldReader, type Fields } from './field-reader.ts';
import { alwaysDeniedHeaders, type HttpHeaders, readHeaders } from './http-headers.ts';

/**
 * One request, as a web server reports it (source A), in any dialect. Keys are the wire contract; what was
 * not reported is undefined ('' for texts), never zero.
 */
export interface HttpEvent {
  /** Start of the request, nanoseconds since 1970. */
  readonly timestamp: number;
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

/** Keys of an HTTP event that can be wrong; all `header_…` keys count as `header`. */
export type HttpKey = Exclude<keyof HttpEvent, 'transport' | 'headers'> | 'header';

export interface HttpParseOptions {
  /** Lower-case header names whose values are dropped, beside `alwaysDeniedHeaders`. */
  readonly deniedHeaders: ReadonlySet<string>;
}

/** @param more header names, in any case, to deny beside the ones that always are. */
export function httpParseOptions(more: readonly string[] = []): HttpParseOptions {
  const names = [...alwaysDeniedHeaders, ...more].map((name) => name.toLowerCase().replaceAll('_', '-'));
  return { deniedHeaders: new Set(names) };
}

const versions = new Map([
  ['HTTP/1.0', 'HTTP/1.0'],
  ['HTTP/1.1', 'HTTP/1.1'],
  ['HTTP/2', 'HTTP/2'],
  ['HTTP/2.0', 'HTTP/2'],
  ['HTTP/3', 'HTTP/3'],
  ['HTTP/3.0', 'HTTP/3'],
]);

/** Host names are case-insensitive (RFC 3986 section 3.2.2); the port is `dst_port`'s business. */
export function normaliseHost(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

/** Inside SETTINGS the separator is `;`. A `,` there, and only there, is an older spelling of it. */
export function normaliseH2Fingerprint(fingerprint: string): string {
  const end = fingerprint.indexOf('|');
  if (end === -1) return fingerprint;
  return fingerprint.slice(0, end).replaceAll(',', ';') + fingerprint.slice(end);
}

/** The fields of the contract, as mod_reqin_log sends them. Never throws; unknown keys are ignored. */
export function readHttpEvent(fields: Fields, options: HttpParseOptions): EventResult<HttpEvent, HttpKey> {
  const f = new FieldReader<HttpKey>(fields);
  const headers = readHeaders(fields, options.deniedHeaders);
  if (headers === undefined) return { ok: false, reason: 'wrong_type_header' };
  const version = versions.get(f.text('http_version')) ?? '';
  const order = f.text('client_headers_order');
  const value: HttpEvent = {
    timestamp: f.timestamp('timestamp'),
    source: f.text('source'),
    server_id: f.text('server_id'),
    seq: f.integer('seq', Number.MAX_SAFE_INTEGER),
    dropped_total: f.integer('dropped_total', Number.MAX_SAFE_INTEGER),
    transport: version === 'HTTP/3' ? 'udp' : 'tcp',
    src_ip: f.requiredAddress('src_ip'),
    src_port: f.requiredPort('src_port'),
    client_ip: f.address('client_ip'),
    dst_ip: f.address('dst_ip'),
    dst_port: f.port('dst_port'),
    conn_id: f.text('conn_id'),
    keepalives: f.integer('keepalives', 0xffff_ffff),
    scheme: f.text('scheme'),
    method: f.requiredText('method'),
    host: normaliseHost(f.text('host')),
    path: f.requiredText('path'),
    query: f.text('query'),
    http_version: version,
    status_code: f.integer('status_code', 0xffff),
    response_size: f.integer('response_size', Number.MAX_SAFE_INTEGER),
    duration_ms: f.number('duration_ms', Number.MAX_SAFE_INTEGER),
    client_headers: f.text('client_headers'),
    client_headers_order: order === 'wire' || order === 'server' ? order : '',
    headers,
    truncated: f.text('truncated'),
    h2_fingerprint: normaliseH2Fingerprint(f.text('h2_fingerprint')),
    h2_settings_fp: f.text('h2_settings_fp').replaceAll(',', ';'),
    h2_pseudo_order: f.text('h2_pseudo_order'),
    h2_window_update: f.integer('h2_window_update', 0xffff_ffff),
    h2_has_priority: f.flag('h2_has_priority'),
    h2_header_table_size: f.integer('h2_header_table_size', 0xffff_ffff),
    h2_enable_push: f.integer('h2_enable_push', 0xffff_ffff),
    h2_max_concurrent_streams: f.integer('h2_max_concurrent_streams', 0xffff_ffff),
    h2_initial_window_size: f.integer('h2_initial_window_size', 0xffff_ffff),
    h2_max_frame_size: f.integer('h2_max_frame_size', 0xffff_ffff),
    h2_max_header_list_size: f.integer('h2_max_header_list_size', 0xffff_ffff),
    h2_enable_connect_protocol: f.integer('h2_enable_connect_protocol', 0xffff_ffff),
    h2_no_rfc7540_priorities: f.integer('h2_no_rfc7540_priorities', 0xffff_ffff),
  };
  return f.rejection === undefined ? { ok: true, value } : { ok: false, reason: f.rejection };
}
