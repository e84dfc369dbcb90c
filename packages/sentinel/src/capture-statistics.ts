/** What is counted while packets are read. Every packet and every hello that leads nowhere has a name. */
export const captureCounters = [
  /** Packets read and their captured bytes. */
  'packets',
  'bytes',
  /** Network events emitted: the first ClientHello of each connection. */
  'hellos',
  /** Of these, by what carried them. */
  'hellos_tcp',
  'hellos_quic',
  'hellos_dtls',
  /** A further hello on the same connection, as after a HelloRetryRequest: not emitted. */
  'hellos_second',
  'hellos_retransmitted',
  /** Emitted without SYN facts: the connection was older than the capture. */
  'hellos_without_syn',
  /** Raw JA3 or JA4 texts left out of an event because of their length. */
  'raw_forms_left_out',
  'syns',
  'syns_repeated',
  /** Came after the hello of their connection, which therefore went out without SYN facts. */
  'syns_late',
  /** With another sequence number while a hello was being read, which went on. */
  'syns_conflicting',
  /** Connections from sources that the operator leaves out. */
  'connections_excluded',
  /** Emitted from behind something else: a proxy's greeting, STARTTLS, a database's request for TLS. */
  'hellos_after_preamble',

  // What segments met while a hello was looked for.
  'segments_retransmitted',
  /** Other bytes for a place than came first, which stay: a sign of evasion. */
  'segments_conflicting',
  'segments_out_of_order',
  /** Too far from the expected sequence number to be of the same connection. */
  'segments_out_of_window',
  /** Data without the ACK bit, which receivers drop. */
  'segments_without_ack',
  /** Read on behind bytes that were not captured. */
  'streams_resumed',

  // Packets that were passed over, by reason.
  'link_type_unsupported',
  'not_ip',
  'packet_truncated',
  'ip_malformed',
  /** Behind more headers, or IP packets inside one another, than are followed. */
  'encapsulation_too_deep',
  /** 802.11, MACsec or PPP frames whose content is encrypted. */
  'frame_encrypted',
  /** Fragments that wait for the rest of their datagram, and those that cannot belong to one. */
  'ip_fragment_held',
  'ip_fragment_refused',
  'transport_other',
  'tcp_malformed',

  /** Fragments seen; those that differ from what was there for their place or lie half on it. */
  'ip_fragments',
  'ip_fragments_overlapping',
  /** Datagrams made whole; given up after 30 s; given up for lack of room. */
  'ip_fragments_reassembled',
  'ip_fragments_timed_out',
  'ip_fragments_evicted',
  /** IP packets found inside others, by what carried them. */
  'tunnels_ip_in_ip',
  'tunnels_6in4',
  'tunnels_gre',
  'tunnels_erspan',
  'tunnels_pptp',
  'tunnels_etherip',
  'tunnels_mpls',
  'tunnels_l2tp',
  'tunnels_gtp',
  'tunnels_teredo',
  'tunnels_vxlan',
  'tunnels_geneve',

  // Connections given up before a hello.
  /** Started with something else than TLS; a hello is looked for in them. */
  'streams_not_tls',
  /** Of those, plain HTTP requests without CONNECT or Upgrade: nothing is looked for behind them. */
  'streams_http',
  /** No hello in as many bytes as are searched. */
  'preamble_too_long',
  'hello_broken_record',
  'hello_too_large',
  'hello_too_many_segments',
  /** Ended by idleness, eviction or the end of the capture while bytes were missing. */
  'hello_incomplete',
  'hello_not_client_hello',
  /** The SSL 2.0 form of a hello, for which no fingerprint is specified. */
  'hello_sslv2',
  'hello_bad_header',
  'hello_bad_session_id',
  'hello_bad_cookie',
  'hello_bad_cipher_suites',
  'hello_bad_compression_methods',
  'hello_bad_extensions',

  // UDP: what is no hello of QUIC or DTLS, by reason.
  /** Neither a long header of QUIC nor a record of DTLS in the clear: all that follows a handshake, too. */
  'datagrams_other',
  /** Not authentic under the keys of its connection id: of a connection or a server whose start was not seen. */
  'quic_initial_unreadable',
  'quic_retries',
  'quic_version_negotiations',
  /** Versions that are not read: Google's before TLS, its last, its with TLS; drafts; reserved; others. */
  'quic_version_gquic',
  'quic_version_q050',
  'quic_version_gquic_tls',
  'quic_version_draft',
  'quic_version_grease',
  'quic_version_unknown',
  'quic_truncated',
  'quic_malformed',
  'quic_frame_truncated',
  'quic_frame_unexpected',
  'dtls_truncated',
  'dtls_malformed',

  // The bounds of the flow table at work.
  'flows_idle',
  'flows_evicted',
  /** Of those, the ones that were still waiting for a hello. */
  'flows_evicted_unfinished',
  /** By a new connection with the same addresses and ports. */
  'flows_replaced',
  'flows_evicted_for_memory',

  // Capture files.
  'files_foreign',
  'files_truncated',
  'files_corrupt',
  'blocks_skipped',
  'packets_oversized',
] as const;

export type CaptureCounter = (typeof captureCounters)[number];

export type CaptureStatistics = Record<CaptureCounter, number>;

export function newCaptureStatistics(): CaptureStatistics {
  return Object.fromEntries(captureCounters.map((name) => [name, 0])) as CaptureStatistics;
}
