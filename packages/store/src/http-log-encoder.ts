import { type HttpLogRow, httpLogColumns } from './http-log-row.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';

/** Room for all fixed-width values of a row and for the counts of its arrays and maps. */
const fixedBytes = httpLogColumns.length * 16;
const firstCapacity = 256 * 1024;

/** The columns of an encoded row in their order: names and ClickHouse types. */
export const encodedHttpLogColumns: readonly { readonly name: string; readonly type: string }[] =
  httpLogColumns;

/**
 * Rows of `http_logs_raw` as RowBinary, one after another into a buffer that grows, columns in the order of
 * `encodedHttpLogColumns`.
 */
export class HttpLogEncoder {
  readonly #writer = new RowBinaryWriter(Buffer.allocUnsafeSlow(firstCapacity), fixedBytes);
  #rows = 0;

  /** Rows since the last `take`. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes since the last `take`. */
  get bytes(): number {
    return this.#writer.length;
  }

  /**
   * Appends one row; returns its length in bytes.
   *
   * @throws TypeError for a value that does not fit its column: the caller checks what comes from outside, so
   *   this is a bug. The message names the column; the row is left out.
   */
  append(row: HttpLogRow): number {
    const before = this.#writer.length;
    try {
      writeRow(this.#writer, row);
    } catch (error) {
      this.#writer.length = before;
      throw error;
    }
    this.#rows += 1;
    return this.#writer.length - before;
  }

  /**
   * The rows since the last call. The buffer is the caller's from now on.
   *
   * @param spare a buffer that nobody reads any more; the next rows are written into it
   */
  take(spare?: Buffer): Buffer {
    const taken = this.#writer.bytes.subarray(0, this.#writer.length);
    // Memory that was used before costs no page faults; a small one would only have to grow.
    const reusable = spare !== undefined && spare.buffer.byteLength >= firstCapacity;
    this.#writer.restart(
      reusable ? Buffer.from(spare.buffer) : Buffer.allocUnsafeSlow(Math.max(firstCapacity, taken.length)),
    );
    this.#rows = 0;
    return taken;
  }
}

/** A line per column, in order: reading `row[name]` in a loop over the columns took twice the time. */
function writeRow(w: RowBinaryWriter, row: HttpLogRow): void {
  w.reserve(0);
  w.int64('time', Math.round(row.time));
  w.string(row.source);
  w.string(row.server_id);
  w.string(row.sensor_id);
  w.string(row.transport);
  w.string(row.orphan_side);
  w.int64('seq', row.seq);
  w.int64('dropped_total', row.dropped_total);
  w.address('src_ip', row.src_ip);
  w.address('peer_ip', row.peer_ip);
  w.uint16('src_port', row.src_port);
  w.address('dst_ip', row.dst_ip);
  w.uint16('dst_port', row.dst_port);
  w.string(row.conn_id);
  w.string(row.b_conn_id);
  w.uint32('keepalives', row.keepalives);
  w.uint8('correlated', row.correlated);
  w.int64('a_timestamp', row.a_timestamp);
  w.int64('b_timestamp', row.b_timestamp);
  w.string(row.method);
  w.string(row.scheme);
  w.string(row.host);
  w.string(row.http_version);
  w.string(row.path);
  w.string(row.query);
  w.uint16('status_code', row.status_code);
  w.int64('response_size', row.response_size);
  w.float32('duration_ms', row.duration_ms);
  w.string(row.client_headers);
  w.string(row.client_headers_order);
  w.string(row.header_user_agent);
  w.string(row.header_accept);
  w.string(row.header_accept_encoding);
  w.string(row.header_accept_language);
  w.string(row.header_content_type);
  w.string(row.header_x_request_id);
  w.string(row.header_x_trace_id);
  w.string(row.header_x_forwarded_for);
  w.string(row.header_sec_ch_ua);
  w.string(row.header_sec_ch_ua_mobile);
  w.string(row.header_sec_ch_ua_platform);
  w.string(row.header_sec_fetch_dest);
  w.string(row.header_sec_fetch_mode);
  w.string(row.header_sec_fetch_site);
  w.string(row.header_referer);
  writeMap(w, row.headers);
  w.string(row.h2_fingerprint);
  w.string(row.h2_settings_fp);
  w.string(row.h2_pseudo_order);
  w.int64('h2_window_update', row.h2_window_update);
  w.int8('h2_has_priority', row.h2_has_priority);
  w.int64('h2_header_table_size', row.h2_header_table_size);
  w.int64('h2_enable_push', row.h2_enable_push);
  w.int64('h2_max_concurrent_streams', row.h2_max_concurrent_streams);
  w.int64('h2_initial_window_size', row.h2_initial_window_size);
  w.int64('h2_max_frame_size', row.h2_max_frame_size);
  w.int64('h2_max_header_list_size', row.h2_max_header_list_size);
  w.int64('h2_enable_connect_protocol', row.h2_enable_connect_protocol);
  w.int64('h2_no_rfc7540_priorities', row.h2_no_rfc7540_priorities);
  w.int8('has_syn', row.has_syn);
  w.int16('ip_meta_ttl', row.ip_meta_ttl);
  w.int32('ip_meta_total_length', row.ip_meta_total_length);
  w.int32('ip_meta_id', row.ip_meta_id);
  w.int8('ip_meta_df', row.ip_meta_df);
  w.int32('tcp_meta_window_size', row.tcp_meta_window_size);
  w.int32('tcp_meta_mss', row.tcp_meta_mss);
  w.int16('tcp_meta_window_scale', row.tcp_meta_window_scale);
  w.string(row.tcp_meta_options);
  w.float32('syn_to_clienthello_ms', row.syn_to_clienthello_ms);
  w.string(row.tls_version);
  w.string(row.tls_sni);
  w.string(row.tls_alpn);
  writeArray(w, row.tls_alpn_offered);
  w.int8('tls_resumption', row.tls_resumption);
  w.string(row.ja3);
  w.string(row.ja3_hash);
  w.string(row.ja4);
  w.string(row.ja4_r);
  w.string(row.tls_stack);
}

function writeArray(w: RowBinaryWriter, values: readonly string[]): void {
  w.varint(values.length);
  for (const value of values) w.string(value);
}

function writeMap(w: RowBinaryWriter, values: Readonly<Record<string, string>>): void {
  const names = Object.keys(values);
  w.varint(names.length);
  for (const name of names) {
    w.string(name);
    w.string(values[name] ?? '');
  }
}
