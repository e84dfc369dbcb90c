import {
  type ClientHelloFailure,
  fingerprint,
  type HelloTransport,
  parseClientHello,
} from '@ja4/fingerprints';
import { type CaptureCounter, type CaptureStatistics, newCaptureStatistics } from './capture-statistics.ts';
import { ConnectionIds } from './connection-id.ts';
import { FrameDecoder, type FrameOutcome } from './decode/frame.ts';
import { ipText } from './decode/ip-text.ts';
import { defaultFlowLimits, type FlowLimits } from './flow/flow-limits.ts';
import type { SynFields } from './flow/syn-facts.ts';
import { type HelloFlow, TcpFlows } from './flow/tcp-flows.ts';
import type { NetworkEvent } from './network-event.ts';
import type { SourceExclusions } from './source-exclusions.ts';
import { UdpFlows } from './udp/udp-flows.ts';

export interface HelloTrackerOptions {
  sensorId: string;
  /** Called synchronously from `packet`, in capture order. */
  onEvent: (event: NetworkEvent) => void;
  limits?: Partial<FlowLimits>;
  /** Seed of the flow table's hash; live capture passes an unpredictable one. Results do not depend on it. */
  hashSeed?: number;
  /** Sources whose connections are left out and counted. */
  exclusions?: SourceExclusions | undefined;
  /** Counters to count into; own ones by default. */
  statistics?: CaptureStatistics;
}

/** Raw texts longer than this are left out of events, which travel as one datagram each. */
const maxRawForm = 8 * 1024;

const protocolTcp = 6;
const protocolUdp = 17;

const transportCounters = { tcp: 'hellos_tcp', quic: 'hellos_quic', dtls: 'hellos_dtls' } as const;

const failureCounters: Readonly<Record<ClientHelloFailure, CaptureCounter>> = {
  'not-client-hello': 'hello_not_client_hello',
  truncated: 'hello_incomplete',
  'bad-header': 'hello_bad_header',
  'sslv2-hello': 'hello_sslv2',
  'bad-session-id': 'hello_bad_session_id',
  'bad-cookie': 'hello_bad_cookie',
  'bad-cipher-suites': 'hello_bad_cipher_suites',
  'bad-compression-methods': 'hello_bad_compression_methods',
  'bad-extensions': 'hello_bad_extensions',
};

/**
 * Captured frames in, network events out: the part that live capture and files share. It has no clock of its
 * own; time is the packets' time. Any bytes are safe to pass: what leads nowhere is counted by its reason.
 */
export class HelloTracker {
  readonly statistics: CaptureStatistics;
  readonly #sensorId: string;
  readonly #connectionIds: ConnectionIds;
  readonly #onEvent: (event: NetworkEvent) => void;
  readonly #decoder: FrameDecoder;
  readonly #tcp: TcpFlows;
  readonly #udp: UdpFlows;

  constructor(options: HelloTrackerOptions) {
    this.#sensorId = options.sensorId;
    this.#connectionIds = new ConnectionIds(options.sensorId);
    this.#onEvent = options.onEvent;
    this.statistics = options.statistics ?? newCaptureStatistics();
    this.#decoder = new FrameDecoder(this.statistics);
    const { heldBytes, ...limits } = { ...defaultFlowLimits, ...options.limits };
    // The bound on held bytes is for both together.
    const half = { ...limits, heldBytes: heldBytes / 2 };
    const { hashSeed = 0, exclusions } = options;
    this.#tcp = new TcpFlows(
      half,
      this.statistics,
      (message, flow, timestampNs) => this.#handshake(message, 'tcp', 'tcp', flow, timestampNs),
      hashSeed,
      exclusions,
    );
    this.#udp = new UdpFlows(
      half,
      this.statistics,
      (message, transport, flow, timestampNs) =>
        this.#handshake(message, transport, 'udp', flow, timestampNs),
      hashSeed,
      exclusions,
    );
  }

  /**
   * One captured frame in `buffer[offset, offset + length)`. The buffer may be reused after the call.
   * @param linkType LINKTYPE_ number of the frame (tcpdump.org/linktypes.html)
   * @param timestampNs capture time, nanoseconds since 1970
   */
  packet(buffer: Uint8Array, offset: number, length: number, linkType: number, timestampNs: number): void {
    this.statistics.packets++;
    this.statistics.bytes += length;
    const decoder = this.#decoder;
    this.#decoded(decoder.decode(buffer, offset, offset + length, linkType, timestampNs), timestampNs);
    // Few frames hold more than one packet (802.11 A-MSDU).
    while (decoder.more) this.#decoded(decoder.decodeNext(timestampNs), timestampNs);
  }

  /** Lets time pass when no packet does: idle flows are forgotten. */
  tick(nowNs: number): void {
    this.#tcp.expire(nowNs);
    this.#udp.expire(nowNs);
  }

  /** The capture is over: what is incomplete is counted and forgotten. */
  finish(): void {
    this.#tcp.clear();
    this.#udp.clear();
  }

  /** Flows held now. */
  get flows(): number {
    return this.#tcp.size + this.#udp.size;
  }

  #decoded(outcome: FrameOutcome, timestampNs: number): void {
    const { layout } = this.#decoder;
    if (outcome !== 'ok') this.statistics[outcome]++;
    else if (layout.protocol === protocolTcp) this.#tcp.packet(layout, timestampNs);
    else if (layout.protocol === protocolUdp) this.#udp.packet(layout, timestampNs);
    else this.statistics.transport_other++;
  }

  /** @param carrier what the hello came in; TLS records also travel inside UDP, as in OpenVPN */
  #handshake(
    message: Uint8Array,
    transport: HelloTransport,
    carrier: 'tcp' | 'udp',
    flow: HelloFlow,
    timestampNs: number,
  ): void {
    const parsed = parseClientHello(message, transport);
    if (!parsed.ok) {
      this.statistics[failureCounters[parsed.reason]]++;
      return;
    }
    const { keys, keyAt, startedNs, hasSyn } = flow;
    const ports = keys[keyAt + 8]!;
    const prints = fingerprint(parsed.value, transport);
    const syn: Partial<SynFields> = hasSyn ? this.#tcp.syns.describe(flow.slot) : {};
    if (!hasSyn && carrier === 'tcp') this.statistics.hellos_without_syn++;
    // Every key in every event, so that all events have one shape in memory; JSON leaves out the undefined.
    const event: NetworkEvent = {
      timestamp: timestampNs,
      sensor_id: this.#sensorId,
      conn_id: this.#connectionIds.of(keys, keyAt, startedNs),
      transport: carrier,
      src_ip: ipText(keys, keyAt),
      src_port: ports >>> 16,
      dst_ip: ipText(keys, keyAt + 4),
      dst_port: ports & 0xffff,
      has_syn: hasSyn,
      ip_meta_ttl: syn.ip_meta_ttl,
      ip_meta_total_length: syn.ip_meta_total_length,
      ip_meta_id: syn.ip_meta_id,
      ip_meta_df: syn.ip_meta_df,
      tcp_meta_window_size: syn.tcp_meta_window_size,
      tcp_meta_mss: syn.tcp_meta_mss,
      tcp_meta_window_scale: syn.tcp_meta_window_scale,
      tcp_meta_options: syn.tcp_meta_options,
      tcp_signature: syn.tcp_signature,
      syn_to_clienthello_ms: hasSyn ? elapsedMs(startedNs, flow.firstByteNs) : undefined,
      tls_version: prints.tls_version,
      tls_sni: prints.tls_sni,
      tls_alpn: prints.tls_alpn,
      tls_alpn_offered: prints.tls_alpn_offered,
      tls_resumption: prints.tls_resumption,
      ja3: this.#rawForm(prints.ja3),
      ja3_hash: prints.ja3_hash,
      ja4: prints.ja4,
      ja4_r: this.#rawForm(prints.ja4_r),
      tls_stack: prints.tls_stack,
    };
    this.statistics.hellos++;
    this.statistics[transportCounters[transport]]++;
    this.#onEvent(event);
  }

  #rawForm(text: string): string | undefined {
    if (text.length <= maxRawForm) return text;
    this.statistics.raw_forms_left_out++;
    return undefined;
  }
}

/** Nanoseconds since 1970 exceed what a double holds exactly (they are 256 ns apart): whole microseconds. */
function elapsedMs(fromNs: number, toNs: number): number {
  return Math.round(Math.max(0, toNs - fromNs) / 1000) / 1000;
}
