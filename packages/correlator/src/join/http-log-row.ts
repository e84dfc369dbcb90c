import { absentHttpLogRow, type HttpLogRow } from '@ja4/store';
import type { HttpEvent } from '../event/http-event.ts';
import type { NetworkEvent } from '../event/network-event.ts';

const flag = (value: boolean | undefined): number => (value === undefined ? -1 : value ? 1 : 0);

const none: readonly string[] = [];

/** Microseconds since 1970, the resolution of `time`. A number holds today's nanoseconds only to 256 ns, hence round. */
const microseconds = (ns: number): number => Math.round(ns / 1000);

/**
 * A request's row, with the handshake of its connection if there is one. Where both sides have a key, the
 * request's value keeps the plain name.
 *
 * One literal with all columns in table order: then all rows have one shape, and encoding them is fast.
 *
 * @param visitor what a trusted proxy reported, else the peer
 * @param nth index on its connection as far as the join saw it; used where the web server gives none
 */
export function requestRow(
  a: HttpEvent,
  b: NetworkEvent | undefined,
  orphanSide: '' | 'A',
  visitor: string,
  nth: number,
): HttpLogRow {
  const { columns } = a.headers;
  return {
    time: microseconds(a.timestamp),
    source: a.source,
    server_id: a.server_id,
    sensor_id: b?.sensor_id ?? '',
    transport: a.transport,
    orphan_side: orphanSide,
    seq: a.seq ?? 0,
    dropped_total: a.dropped_total ?? 0,
    src_ip: visitor,
    peer_ip: a.src_ip,
    src_port: a.src_port,
    dst_ip: a.dst_ip ?? b?.dst_ip ?? '::',
    dst_port: a.dst_port ?? b?.dst_port ?? 0,
    conn_id: a.conn_id,
    b_conn_id: b?.conn_id ?? '',
    keepalives: a.keepalives ?? nth,
    correlated: b === undefined ? 0 : 1,
    a_timestamp: a.timestamp,
    b_timestamp: b?.timestamp ?? 0,
    method: a.method,
    scheme: a.scheme,
    host: a.host,
    http_version: a.http_version,
    path: a.path,
    query: a.query,
    status_code: a.status_code ?? 0,
    response_size: a.response_size ?? 0,
    duration_ms: a.duration_ms ?? -1,
    client_headers: a.client_headers,
    client_headers_order: a.client_headers_order,
    header_user_agent: columns.header_user_agent,
    header_accept: columns.header_accept,
    header_accept_encoding: columns.header_accept_encoding,
    header_accept_language: columns.header_accept_language,
    header_content_type: columns.header_content_type,
    header_x_request_id: columns.header_x_request_id,
    header_x_trace_id: columns.header_x_trace_id,
    header_x_forwarded_for: columns.header_x_forwarded_for,
    header_sec_ch_ua: columns.header_sec_ch_ua,
    header_sec_ch_ua_mobile: columns.header_sec_ch_ua_mobile,
    header_sec_ch_ua_platform: columns.header_sec_ch_ua_platform,
    header_sec_fetch_dest: columns.header_sec_fetch_dest,
    header_sec_fetch_mode: columns.header_sec_fetch_mode,
    header_sec_fetch_site: columns.header_sec_fetch_site,
    header_referer: columns.header_referer,
    headers: a.headers.others,
    h2_fingerprint: a.h2_fingerprint,
    h2_settings_fp: a.h2_settings_fp,
    h2_pseudo_order: a.h2_pseudo_order,
    h2_window_update: a.h2_window_update ?? -1,
    h2_has_priority: flag(a.h2_has_priority),
    h2_header_table_size: a.h2_header_table_size ?? -1,
    h2_enable_push: a.h2_enable_push ?? -1,
    h2_max_concurrent_streams: a.h2_max_concurrent_streams ?? -1,
    h2_initial_window_size: a.h2_initial_window_size ?? -1,
    h2_max_frame_size: a.h2_max_frame_size ?? -1,
    h2_max_header_list_size: a.h2_max_header_list_size ?? -1,
    h2_enable_connect_protocol: a.h2_enable_connect_protocol ?? -1,
    h2_no_rfc7540_priorities: a.h2_no_rfc7540_priorities ?? -1,
    has_syn: flag(b?.has_syn),
    ip_meta_ttl: b?.ip_meta_ttl ?? -1,
    ip_meta_total_length: b?.ip_meta_total_length ?? -1,
    ip_meta_id: b?.ip_meta_id ?? -1,
    ip_meta_df: flag(b?.ip_meta_df),
    tcp_meta_window_size: b?.tcp_meta_window_size ?? -1,
    tcp_meta_mss: b?.tcp_meta_mss ?? -1,
    tcp_meta_window_scale: b?.tcp_meta_window_scale ?? -1,
    tcp_meta_options: b?.tcp_meta_options ?? '',
    syn_to_clienthello_ms: b?.syn_to_clienthello_ms ?? -1,
    tls_version: b?.tls_version ?? '',
    tls_sni: b?.tls_sni ?? '',
    tls_alpn: b?.tls_alpn ?? '',
    tls_alpn_offered: b?.tls_alpn_offered ?? none,
    tls_resumption: flag(b?.tls_resumption),
    ja3: b?.ja3 ?? '',
    ja3_hash: b?.ja3_hash ?? '',
    ja4: b?.ja4 ?? '',
    ja4_r: b?.ja4_r ?? '',
    tls_stack: b?.tls_stack ?? '',
  };
}

/** The row of a handshake that no request came for. */
export function handshakeRow(b: NetworkEvent): HttpLogRow {
  return {
    ...absentHttpLogRow(),
    time: microseconds(b.timestamp),
    sensor_id: b.sensor_id,
    transport: b.transport,
    orphan_side: 'B',
    src_ip: b.src_ip,
    peer_ip: b.src_ip,
    src_port: b.src_port,
    dst_ip: b.dst_ip ?? '::',
    dst_port: b.dst_port ?? 0,
    b_conn_id: b.conn_id,
    b_timestamp: b.timestamp,
    has_syn: flag(b.has_syn),
    ip_meta_ttl: b.ip_meta_ttl ?? -1,
    ip_meta_total_length: b.ip_meta_total_length ?? -1,
    ip_meta_id: b.ip_meta_id ?? -1,
    ip_meta_df: flag(b.ip_meta_df),
    tcp_meta_window_size: b.tcp_meta_window_size ?? -1,
    tcp_meta_mss: b.tcp_meta_mss ?? -1,
    tcp_meta_window_scale: b.tcp_meta_window_scale ?? -1,
    tcp_meta_options: b.tcp_meta_options ?? '',
    syn_to_clienthello_ms: b.syn_to_clienthello_ms ?? -1,
    tls_version: b.tls_version ?? '',
    tls_sni: b.tls_sni ?? '',
    tls_alpn: b.tls_alpn ?? '',
    tls_alpn_offered: b.tls_alpn_offered,
    tls_resumption: flag(b.tls_resumption),
    ja3: b.ja3 ?? '',
    ja3_hash: b.ja3_hash ?? '',
    ja4: b.ja4,
    ja4_r: b.ja4_r ?? '',
    tls_stack: b.tls_stack ?? '',
  };
}
