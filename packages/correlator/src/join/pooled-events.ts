import type { NetworkEvent } from '../event/network-event.ts';
import { TextPool } from './text-pool.ts';

/** Objects, numbers, index entries and short texts of one held handshake, measured; long texts come on top. */
const fixedBytes = 800;

/** Lists that are remembered; then the pool begins anew. */
const maxLists = 1_024;

/** Clients that are remembered by their JA4; then they are learnt anew. */
const maxClients = 4_096;

/**
 * The same text object for what many handshakes have in common, so that holding them costs little.
 *
 * Browsers that shuffle their extensions have a new JA3 in every connection. Those texts are compared with the last
 * ones of the same JA4, and not put where everybody's are looked up: they would push all others out.
 */
export class PooledEvents {
  readonly #texts = new TextPool();
  readonly #lists = new Map<string, readonly string[]>();
  readonly #clients = new Map<string, NetworkEvent>();

  /** The event with pooled texts, and an estimate of the memory that holding it takes, in bytes. */
  of(event: NetworkEvent): { event: NetworkEvent; bytes: number } {
    const before = this.#texts.fresh;
    const like = this.#clients.get(event.ja4);
    const pooled: NetworkEvent = {
      timestamp: event.timestamp,
      time_is_arrival: event.time_is_arrival === true,
      sensor_id: this.#text(event.sensor_id, like?.sensor_id) ?? '',
      conn_id: event.conn_id,
      transport: event.transport,
      src_ip: event.src_ip,
      src_port: event.src_port,
      dst_ip: this.#text(event.dst_ip, like?.dst_ip),
      dst_port: event.dst_port,
      has_syn: event.has_syn,
      ip_meta_ttl: event.ip_meta_ttl,
      ip_meta_total_length: event.ip_meta_total_length,
      ip_meta_id: event.ip_meta_id,
      ip_meta_df: event.ip_meta_df,
      tcp_meta_window_size: event.tcp_meta_window_size,
      tcp_meta_mss: event.tcp_meta_mss,
      tcp_meta_window_scale: event.tcp_meta_window_scale,
      tcp_meta_options: this.#text(event.tcp_meta_options, like?.tcp_meta_options),
      syn_to_clienthello_ms: event.syn_to_clienthello_ms,
      tls_version: this.#text(event.tls_version, like?.tls_version),
      tls_sni: this.#text(event.tls_sni, like?.tls_sni),
      tls_alpn: this.#text(event.tls_alpn, like?.tls_alpn),
      tls_alpn_offered: this.#list(event.tls_alpn_offered, like?.tls_alpn_offered),
      tls_resumption: event.tls_resumption,
      ja3: this.#unlikely(event.ja3, like?.ja3),
      ja3_hash: this.#unlikely(event.ja3_hash, like?.ja3_hash),
      ja4: like?.ja4 ?? this.#texts.of(event.ja4),
      ja4_r: this.#text(event.ja4_r, like?.ja4_r),
      tls_stack: this.#text(event.tls_stack, like?.tls_stack),
    };
    if (like === undefined) {
      if (this.#clients.size >= maxClients) this.#clients.clear();
      this.#clients.set(pooled.ja4, pooled);
    }
    return { event: pooled, bytes: fixedBytes + this.#texts.fresh - before };
  }

  #text(text: string | undefined, like: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    return text === like ? like : this.#texts.of(text);
  }

  /** A text that is either like the client's last or like nobody's. */
  #unlikely(text: string | undefined, like: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    if (text === like) return like;
    this.#texts.fresh += text.length;
    return text;
  }

  #list(list: readonly string[], like: readonly string[] | undefined): readonly string[] {
    if (list.length === 0) return none;
    if (like !== undefined && sameTexts(like, list)) return like;
    const key = list.join(' ');
    const known = this.#lists.get(key);
    // Two lists may look the same when joined.
    if (known !== undefined && sameTexts(known, list)) return known;
    for (const text of list) this.#texts.fresh += text.length + 16;
    if (this.#lists.size >= maxLists) this.#lists.clear();
    this.#lists.set(key, list);
    return list;
  }
}

const none: readonly string[] = [];

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
