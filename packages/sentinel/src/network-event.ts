/**
 * What the sentinel tells the correlator about one connection: one object per first ClientHello.
 *
 * Keys are the wire contract and therefore spelled as they travel. A field that was not seen is undefined and
 * left out of the JSON, never zero: a connection whose SYN was missed has `has_syn: false` and no IP or TCP field.
 */
export interface NetworkEvent {
  /** When the packet that completed the ClientHello was captured; nanoseconds since 1970, UTC. */
  timestamp: number;
  sensor_id: string;
  /** The same for one connection in every reading of the same capture by the same sensor. */
  conn_id: string;
  transport: 'tcp' | 'udp';
  src_ip: string;
  src_port: number;
  dst_ip: string;
  dst_port: number;
  has_syn: boolean;
  /** Fields of the SYN's IP header. An IPv6 header has neither identification nor a DF bit. */
  ip_meta_ttl?: number | undefined;
  ip_meta_total_length?: number | undefined;
  ip_meta_id?: number | undefined;
  ip_meta_df?: boolean | undefined;
  /** As written in the SYN; RFC 7323 section 2.2 forbids scaling it. */
  tcp_meta_window_size?: number | undefined;
  tcp_meta_mss?: number | undefined;
  tcp_meta_window_scale?: number | undefined;
  /** Option names in wire order, comma-joined: `MSS,SACK,TS,NOP,WS`. */
  tcp_meta_options?: string | undefined;
  /** The SYN's own form of all of them: see `tcpSignature` of `@ja4/fingerprints`. */
  tcp_signature?: string | undefined;
  /** From the SYN to the first packet with bytes of the ClientHello; milliseconds with fractions. */
  syn_to_clienthello_ms?: number | undefined;
  /** Highest version offered: `1.3`, `1.2`, … */
  tls_version: string;
  tls_sni?: string | undefined;
  /** First protocol offered by ALPN. */
  tls_alpn?: string | undefined;
  tls_alpn_offered: string[];
  /** A pre-shared key or a non-empty session ticket was offered. */
  tls_resumption: boolean;
  /** Left out when the raw form is longer than a datagram should carry; the hash is always there. */
  ja3?: string | undefined;
  ja3_hash: string;
  ja4: string;
  /** Left out when the raw form is longer than a datagram should carry. */
  ja4_r?: string | undefined;
  tls_stack: string;
}
