/** What is counted while packets are read. Every packet and every hello that leads nowhere has a name. */
export const captureCounters = [
  /** Packets read and their captured bytes. */
  'packets',
  'bytes',
  /** Network events emitted: the first ClientHello of each connection. */
  'hellos',
  /** A further hello on the same connection, as after a HelloRetryRequest: not emitted. */
  'hellos_second',
  'hellos_retransmitted',
  /** Emitted without SYN facts: the connection was older than the capture. */
  'hellos_without_syn',
  /** Raw JA3 or JA4 texts left out of an event because of their length. */
  'raw_forms_left_out',
  'syns',
  'syns_repeated',

  // Packets that were passed over, by reason.
  'link_type_unsupported',
  'not_ip',
  'packet_truncated',
  'ip_malformed',
  'ip_fragment',
  'transport_other',
  'tcp_malformed',

  // Connections given up before a hello.
  'streams_not_tls',
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
