/**
 * The columns of `http_logs_raw`, in table order: one request joined with the handshake of its connection.
 * The row type, the insert statement and the RowBinary encoder are derived from this list, and a test
 * compares it with the table, so the three cannot drift apart.
 *
 * Absent is not zero: numbers that were not seen are −1, texts are '', `dst_ip` is '::'.
 */
export const httpLogColumns = [
  /** Start of the request, microseconds since 1970. */
  { name: 'time', type: "DateTime64(6, 'UTC')" },
  /** Web server kind: apache, haproxy, nginx, node. */
  { name: 'source', type: 'String' },
  { name: 'server_id', type: 'String' },
  { name: 'sensor_id', type: 'String' },
  /** tcp or udp (QUIC). */
  { name: 'transport', type: 'String' },
  /** '' when joined, 'A' for a request without a handshake, 'B' for a handshake without a request. */
  { name: 'orphan_side', type: 'String' },
  /** The sender's counters, which show what was lost before the socket. */
  { name: 'seq', type: 'UInt64' },
  { name: 'dropped_total', type: 'UInt64' },
  /** The visitor: what a trusted proxy reported, else the TCP peer. */
  { name: 'src_ip', type: 'IPv6' },
  { name: 'peer_ip', type: 'IPv6' },
  { name: 'src_port', type: 'UInt16' },
  { name: 'dst_ip', type: 'IPv6' },
  { name: 'dst_port', type: 'UInt16' },
  /** The web server's and the sensor's name of the connection. */
  { name: 'conn_id', type: 'String' },
  { name: 'b_conn_id', type: 'String' },
  /** 0-based index of the request on its connection. */
  { name: 'keepalives', type: 'UInt32' },
  { name: 'correlated', type: 'UInt8' },
  /** Event times of request and handshake, nanoseconds since 1970, 0 = absent. */
  { name: 'a_timestamp', type: 'UInt64' },
  { name: 'b_timestamp', type: 'UInt64' },
  { name: 'method', type: 'String' },
  { name: 'scheme', type: 'String' },
  { name: 'host', type: 'String' },
  /** HTTP/1.0, HTTP/1.1, HTTP/2, HTTP/3. */
  { name: 'http_version', type: 'String' },
  { name: 'path', type: 'String' },
  { name: 'query', type: 'String' },
  /** 0 = absent. */
  { name: 'status_code', type: 'UInt16' },
  { name: 'response_size', type: 'UInt64' },
  { name: 'duration_ms', type: 'Float32' },
  /** Header names, comma-joined, in wire order as far as the web server knows it. */
  { name: 'client_headers', type: 'String' },
  /** `wire` when order (HTTP/1: and case) are the client's, `server` when not, '' when nobody knows. */
  { name: 'client_headers_order', type: 'String' },
  { name: 'header_user_agent', type: 'String' },
  { name: 'header_accept', type: 'String' },
  { name: 'header_accept_encoding', type: 'String' },
  { name: 'header_accept_language', type: 'String' },
  { name: 'header_content_type', type: 'String' },
  { name: 'header_x_request_id', type: 'String' },
  { name: 'header_x_trace_id', type: 'String' },
  { name: 'header_x_forwarded_for', type: 'String' },
  { name: 'header_sec_ch_ua', type: 'String' },
  { name: 'header_sec_ch_ua_mobile', type: 'String' },
  { name: 'header_sec_ch_ua_platform', type: 'String' },
  { name: 'header_sec_fetch_dest', type: 'String' },
  { name: 'header_sec_fetch_mode', type: 'String' },
  { name: 'header_sec_fetch_site', type: 'String' },
  { name: 'header_referer', type: 'String' },
  /** Configured headers without a column of their own, by name. */
  { name: 'headers', type: 'Map(String, String)' },
  /** Akamai form: SETTINGS|WINDOW_UPDATE|PRIORITY|PSEUDO_ORDER. */
  { name: 'h2_fingerprint', type: 'String' },
  { name: 'h2_settings_fp', type: 'String' },
  { name: 'h2_pseudo_order', type: 'String' },
  { name: 'h2_window_update', type: 'Int64' },
  { name: 'h2_has_priority', type: 'Int8' },
  { name: 'h2_header_table_size', type: 'Int64' },
  { name: 'h2_enable_push', type: 'Int64' },
  { name: 'h2_max_concurrent_streams', type: 'Int64' },
  { name: 'h2_initial_window_size', type: 'Int64' },
  { name: 'h2_max_frame_size', type: 'Int64' },
  { name: 'h2_max_header_list_size', type: 'Int64' },
  { name: 'h2_enable_connect_protocol', type: 'Int64' },
  { name: 'h2_no_rfc7540_priorities', type: 'Int64' },
  /** 1 when the SYN was seen, 0 when it was not, −1 without a handshake. IP and TCP fields are the SYN's. */
  { name: 'has_syn', type: 'Int8' },
  { name: 'ip_meta_ttl', type: 'Int16' },
  { name: 'ip_meta_total_length', type: 'Int32' },
  { name: 'ip_meta_id', type: 'Int32' },
  { name: 'ip_meta_df', type: 'Int8' },
  { name: 'tcp_meta_window_size', type: 'Int32' },
  { name: 'tcp_meta_mss', type: 'Int32' },
  { name: 'tcp_meta_window_scale', type: 'Int16' },
  /** Option names in wire order, comma-joined, e.g. `MSS,SACK,TS,NOP,WS`. */
  { name: 'tcp_meta_options', type: 'String' },
  { name: 'syn_to_clienthello_ms', type: 'Float32' },
  /** Highest version offered: 1.3, 1.2, … */
  { name: 'tls_version', type: 'String' },
  { name: 'tls_sni', type: 'String' },
  { name: 'tls_alpn', type: 'String' },
  { name: 'tls_alpn_offered', type: 'Array(String)' },
  { name: 'tls_resumption', type: 'Int8' },
  { name: 'ja3', type: 'String' },
  { name: 'ja3_hash', type: 'String' },
  { name: 'ja4', type: 'String' },
  { name: 'ja4_r', type: 'String' },
  /** The client stack: JA4 without what resumption, WebSocket and SNI change. */
  { name: 'tls_stack', type: 'String' },
] as const;

type Column = (typeof httpLogColumns)[number];
type HttpLogColumnType = Column['type'];

type ValueOf<T extends HttpLogColumnType> = T extends 'Map(String, String)'
  ? Readonly<Record<string, string>>
  : T extends 'Array(String)'
    ? readonly string[]
    : T extends 'String' | 'IPv6'
      ? string
      : number;

/**
 * One row of `http_logs_raw`. Addresses are text (IPv4 or IPv6), `time` is microseconds, `a_timestamp` and
 * `b_timestamp` are nanoseconds since 1970 (JavaScript numbers: exact to 256 ns).
 */
export type HttpLogRow = { -readonly [C in Column as C['name']]: ValueOf<C['type']> };

const zeroWhenAbsent = new Set<string>([
  'time',
  'seq',
  'dropped_total',
  'src_port',
  'dst_port',
  'keepalives',
  'correlated',
  'a_timestamp',
  'b_timestamp',
  'status_code',
  'response_size',
]);

function absentValue({ name, type }: Column): HttpLogRow[keyof HttpLogRow] {
  if (type.startsWith('Map')) return {};
  if (type.startsWith('Array')) return [];
  if (type === 'IPv6') return '::';
  if (type === 'String') return '';
  return zeroWhenAbsent.has(name) ? 0 : -1;
}

/** A new row in which every field is absent; fill in what was seen. */
export function absentHttpLogRow(): HttpLogRow {
  return Object.fromEntries(httpLogColumns.map((column) => [column.name, absentValue(column)])) as HttpLogRow;
}
