/** How a counter is told to Prometheus (prometheus.io/docs/practices/naming). */
export interface MetricDescription {
  /** Without prefix, and without the `_total` that counters end in. */
  readonly family: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Rule {
  /** The counters of a family; named groups become labels. */
  readonly counters: RegExp;
  readonly family: string;
  readonly help: string;
  readonly type?: 'gauge';
  /** Labels that every counter of the rule has. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Sums of others here: they would be counted twice when a family is added up. */
const sums: ReadonlySet<string> = new Set(['hellos']);

const events = 'Network events by what became of them';

/** The first that fits counts. */
const rules: readonly Rule[] = [
  { counters: /^packets$/, family: 'packets', help: 'Packets read' },
  { counters: /^bytes$/, family: 'bytes', help: 'Captured bytes of the packets read' },
  {
    counters: /^hellos_(?<transport>tcp|quic|dtls)$/,
    family: 'hellos',
    help: 'Network events made: first ClientHellos of connections',
  },
  {
    counters: /^hellos_(?<reason>second|retransmitted)$/,
    family: 'hellos_repeated',
    help: 'Further ClientHellos of a connection, which make no event',
  },
  {
    counters: /^hellos_without_syn$/,
    family: 'hellos_without_syn',
    help: 'Events without facts of a SYN: the connection is older than the capture',
  },
  {
    counters: /^hellos_after_preamble$/,
    family: 'hellos_after_preamble',
    help: 'Hellos found behind something else, such as STARTTLS or a proxy greeting',
  },
  {
    counters: /^raw_forms_left_out$/,
    family: 'raw_forms_left_out',
    help: 'Raw fingerprints left out of an event because of their length',
  },
  { counters: /^syns$/, family: 'syns', help: 'SYNs of connections' },
  {
    counters: /^syns_(?<kind>repeated|late|conflicting)$/,
    family: 'syns_unusual',
    help: 'SYNs that were repeated, came after the hello, or contradict an earlier one',
  },
  {
    counters: /^connections_excluded$/,
    family: 'connections_excluded',
    help: 'Connections from sources that are left out by configuration',
  },
  {
    counters: /^segments_(?<kind>\w+)$/,
    family: 'segments_unusual',
    help: 'TCP segments out of the ordinary while a hello was looked for',
  },
  {
    counters: /^streams_resumed$/,
    family: 'streams_resumed',
    help: 'Streams read on behind bytes that were not captured',
  },
  {
    counters:
      /^(?<reason>link_type_unsupported|not_ip|packet_truncated|ip_malformed|encapsulation_too_deep|frame_encrypted|ip_fragment_held|ip_fragment_refused|transport_other|tcp_malformed)$/,
    family: 'packets_passed_over',
    help: 'Packets in which no hello was looked for',
  },
  { counters: /^ip_fragments$/, family: 'ip_fragments', help: 'IP fragments read' },
  {
    counters: /^ip_fragments_overlapping$/,
    family: 'ip_fragments_overlapping',
    help: 'IP fragments that contradict others or lie half on them',
  },
  {
    counters: /^ip_fragments_(?<outcome>\w+)$/,
    family: 'ip_reassemblies',
    help: 'Fragmented IP datagrams by what became of them',
  },
  {
    counters: /^tunnels_(?<tunnel>\w+)$/,
    family: 'tunneled_packets',
    help: 'IP packets found inside others, by what carried them',
  },
  {
    counters: /^streams_(?<kind>\w+)$/,
    family: 'streams_other',
    help: 'TCP streams that begin with something else than TLS',
  },
  {
    counters: /^(?:hello_|(?=preamble_))(?<reason>\w+)$/,
    family: 'hellos_failed',
    help: 'Connections given up before a hello was read',
  },
  {
    counters: /^quic_version_(?<version>(?!negotiations)\w+)$/,
    family: 'quic_versions_unread',
    help: 'QUIC connections of versions that are not read',
  },
  {
    counters: /^quic_(?<kind>retries|version_negotiations)$/,
    family: 'quic_packets',
    help: 'QUIC Retry and Version Negotiation packets',
  },
  {
    counters: /^(?:datagrams_(?=other)|(?=quic_|dtls_))(?<reason>\w+)$/,
    family: 'datagrams_passed_over',
    help: 'UDP datagrams without a readable hello',
  },
  { counters: /^flows$/, family: 'flows', help: 'Connections held in memory now', type: 'gauge' },
  {
    counters: /^flows_evicted_unfinished$/,
    family: 'flows_evicted_unfinished',
    help: 'Connections evicted while a hello was awaited',
  },
  {
    counters: /^flows_(?<reason>\w+)$/,
    family: 'flows_ended',
    help: 'Connections forgotten',
  },
  {
    counters: /^(?<problem>files_\w+|blocks_skipped|packets_oversized)$/,
    family: 'capture_file_problems',
    help: 'Problems of capture files',
  },
  {
    counters: /^capture_interfaces_missing$/,
    family: 'interfaces_missing',
    help: 'Interfaces that nothing can be captured from now',
    type: 'gauge',
  },
  {
    counters: /^capture_packets(?:\.(?<interface>.+))?$/,
    family: 'capture_packets',
    help: 'Packets taken from the kernel',
  },
  {
    counters: /^capture_not_local(?:\.(?<interface>.+))?$/,
    family: 'capture_not_local',
    help: 'Packets passed over because they are not for this machine',
  },
  {
    counters: /^capture_cut(?:\.(?<interface>.+))?$/,
    family: 'capture_cut',
    help: 'Packets longer than the capture holds',
  },
  {
    counters: /^capture_kernel_packets(?:\.(?<interface>.+))?$/,
    family: 'capture_kernel_packets',
    help: 'Packets that the kernel let through the filter',
  },
  {
    counters: /^capture_kernel_drops(?:\.(?<interface>.+))?$/,
    family: 'capture_kernel_drops',
    help: 'Packets lost because the kernel had no room for them',
  },
  {
    counters: /^capture_ring_freezes(?:\.(?<interface>.+))?$/,
    family: 'capture_ring_freezes',
    help: 'Times that the capture ring was full',
  },
  {
    counters: /^output_(?<output>file|stdout)_(?<outcome>written|dropped|dropped_stop)$/,
    family: 'output_events',
    help: events,
  },
  {
    counters: /^output_(?<outcome>sent|dropped_\w+)$/,
    family: 'output_events',
    help: events,
    labels: { output: 'socket' },
  },
  {
    counters: /^output_(?<output>file|stdout)_written_bytes$/,
    family: 'output_bytes',
    help: 'Bytes written to files and standard output',
  },
  {
    counters: /^output_sent_characters$/,
    family: 'output_characters',
    help: 'Characters sent to the socket',
    labels: { output: 'socket' },
  },
  {
    counters: /^output_(?<output>file|stdout)_queued$/,
    family: 'output_queued',
    help: 'Events that wait for a reader or for room',
    type: 'gauge',
  },
  {
    counters: /^output_queued$/,
    family: 'output_queued',
    help: 'Events that wait for a reader or for room',
    type: 'gauge',
    labels: { output: 'socket' },
  },
  {
    counters: /^output_(?<output>file|stdout)_waits$/,
    family: 'output_waits',
    help: 'Times that a reader was not ready for more',
  },
  {
    counters: /^output_waits_full$/,
    family: 'output_waits',
    help: 'Times that a reader was not ready for more',
    labels: { output: 'socket' },
  },
  {
    counters: /^output_(?<output>file|stdout)_errors$/,
    family: 'output_errors',
    help: 'Writes that failed, as on a full disk; they are repeated',
  },
  {
    counters: /^output_(?<output>file|stdout)_reopened$/,
    family: 'output_reopened',
    help: 'Times that an output file was opened again (log rotation)',
  },
  {
    counters: /^output_connects$/,
    family: 'output_connects',
    help: 'Connections to the socket',
    labels: { outcome: 'connected' },
  },
  {
    counters: /^output_connects_(?<outcome>failed)$/,
    family: 'output_connects',
    help: 'Connections to the socket',
  },
];

/** The metric that a counter of the sentinel is part of; `sum` when others add up to it, undefined when none is known. */
export function metricOf(counter: string): MetricDescription | 'sum' | undefined {
  if (sums.has(counter)) return 'sum';
  for (const { counters, family, help, type = 'counter', labels } of rules) {
    const match = counters.exec(counter);
    if (match === null) continue;
    const named = Object.entries(match.groups ?? {}).filter(([, value]) => value !== undefined);
    return { family, type, help, labels: { ...labels, ...Object.fromEntries(named) } };
  }
  return undefined;
}
