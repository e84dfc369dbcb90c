import type { NetworkEvent } from '../event/network-event.ts';
import { TextPool } from './text-pool.ts';

/** Objects, numbers, index entries and short texts of one held handshake, measured; long texts come on top. */
const fixedBytes = 800;

/** Lists that are remembered; then the pool begins anew. */
const maxLists = 1_024;

/** The same text object for what many handshakes have in common, so that holding them costs little. */
export class PooledEvents {
  readonly #texts = new TextPool();
  readonly #lists = new Map<string, readonly string[]>();

  /** The event with pooled texts, and an estimate of the memory that holding it takes, in bytes. */
  of(event: NetworkEvent): { event: NetworkEvent; bytes: number } {
    const texts = this.#texts;
    const before = texts.fresh;
    const optional = (text: string | undefined): string | undefined =>
      text === undefined ? undefined : texts.of(text);
    const pooled: NetworkEvent = {
      timestamp: event.timestamp,
      time_is_arrival: event.time_is_arrival === true,
      sensor_id: texts.of(event.sensor_id),
      conn_id: event.conn_id,
      transport: event.transport,
      src_ip: event.src_ip,
      src_port: event.src_port,
      dst_ip: optional(event.dst_ip),
      dst_port: event.dst_port,
      has_syn: event.has_syn,
      ip_meta_ttl: event.ip_meta_ttl,
      ip_meta_total_length: event.ip_meta_total_length,
      ip_meta_id: event.ip_meta_id,
      ip_meta_df: event.ip_meta_df,
      tcp_meta_window_size: event.tcp_meta_window_size,
      tcp_meta_mss: event.tcp_meta_mss,
      tcp_meta_window_scale: event.tcp_meta_window_scale,
      tcp_meta_options: optional(event.tcp_meta_options),
      syn_to_clienthello_ms: event.syn_to_clienthello_ms,
      tls_version: optional(event.tls_version),
      tls_sni: optional(event.tls_sni),
      tls_alpn: optional(event.tls_alpn),
      tls_alpn_offered: this.#list(event.tls_alpn_offered),
      tls_resumption: event.tls_resumption,
      ja3: optional(event.ja3),
      ja3_hash: optional(event.ja3_hash),
      ja4: texts.of(event.ja4),
      ja4_r: optional(event.ja4_r),
      tls_stack: optional(event.tls_stack),
    };
    return { event: pooled, bytes: fixedBytes + texts.fresh - before };
  }

  #list(list: readonly string[]): readonly string[] {
    if (list.length === 0) return none;
    const key = list.join(' ');
    const known = this.#lists.get(key);
    // Two lists may look the same when joined.
    if (known?.length === list.length && known.every((text, index) => text === list[index])) return known;
    for (const text of list) this.#texts.fresh += text.length + 16;
    if (this.#lists.size >= maxLists) this.#lists.clear();
    this.#lists.set(key, list);
    return list;
  }
}

const none: readonly string[] = [];
