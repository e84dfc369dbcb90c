import { hash } from 'node:crypto';
import { type ClientHelloFailure, fingerprint, parseClientHello } from '@ja4/fingerprints';
import { type CaptureCounter, type CaptureStatistics, newCaptureStatistics } from './capture-statistics.ts';
import { FrameDecoder } from './decode/frame.ts';
import { ipText } from './decode/ip-text.ts';
import { defaultFlowLimits, type FlowLimits, type HelloFlow, TcpFlows } from './flow/tcp-flows.ts';
import type { NetworkEvent } from './network-event.ts';

export interface HelloTrackerOptions {
  sensorId: string;
  /** Called synchronously from `packet`, in capture order. */
  onEvent: (event: NetworkEvent) => void;
  limits?: Partial<FlowLimits>;
  /** Seed of the flow table's hash; live capture passes an unpredictable one. Results do not depend on it. */
  hashSeed?: number;
  /** Counters to count into; own ones by default. */
  statistics?: CaptureStatistics;
}

/** Raw texts longer than this are left out of events, which travel as one datagram each. */
const maxRawForm = 8 * 1024;

const protocolTcp = 6;

const failureCounters: Readonly<Record<ClientHelloFailure, CaptureCounter>> = {
  'not-client-hello': 'hello_not_client_hello',
  truncated: 'hello_incomplete',
  'bad-header': 'hello_bad_header',
  'bad-session-id': 'hello_bad_session_id',
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
  readonly #onEvent: (event: NetworkEvent) => void;
  readonly #decoder = new FrameDecoder();
  readonly #tcp: TcpFlows;

  constructor(options: HelloTrackerOptions) {
    this.#sensorId = options.sensorId;
    this.#onEvent = options.onEvent;
    this.statistics = options.statistics ?? newCaptureStatistics();
    this.#tcp = new TcpFlows(
      { ...defaultFlowLimits, ...options.limits },
      this.statistics,
      (message, flow, timestampNs) => this.#handshake(message, flow, timestampNs),
      options.hashSeed ?? 0,
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
    const { layout } = this.#decoder;
    const outcome = this.#decoder.decode(buffer, offset, offset + length, linkType);
    if (outcome !== 'ok') this.statistics[outcome]++;
    else if (layout.protocol === protocolTcp) this.#tcp.packet(layout, timestampNs);
    else this.statistics.transport_other++;
  }

  /** Lets time pass when no packet does: idle flows are forgotten. */
  tick(nowNs: number): void {
    this.#tcp.expire(nowNs);
  }

  /** The capture is over: what is incomplete is counted and forgotten. */
  finish(): void {
    this.#tcp.clear();
  }

  /** Flows held now. */
  get flows(): number {
    return this.#tcp.size;
  }

  #handshake(message: Uint8Array, flow: HelloFlow, timestampNs: number): void {
    const parsed = parseClientHello(message);
    if (!parsed.ok) {
      this.statistics[failureCounters[parsed.reason]]++;
      return;
    }
    const { keys, keyAt } = flow;
    const ports = keys[keyAt + 8]!;
    const { ja3, ja4_r, ...prints } = fingerprint(parsed.value, 'tcp');
    const ends = {
      src_ip: ipText(keys, keyAt),
      src_port: ports >>> 16,
      dst_ip: ipText(keys, keyAt + 4),
      dst_port: ports & 0xffff,
    };
    const identity = [this.#sensorId, ...Object.values(ends), flow.startedNs].join(' ');
    const event: NetworkEvent = {
      timestamp: timestampNs,
      sensor_id: this.#sensorId,
      conn_id: hash('md5', identity).slice(0, 16),
      transport: 'tcp',
      ...ends,
      has_syn: flow.hasSyn,
      ...prints,
    };
    if (flow.hasSyn) {
      Object.assign(event, this.#tcp.syns.describe(flow.slot));
      // Nanoseconds since 1970 exceed what a double holds exactly (they are 256 ns apart): whole microseconds.
      const microseconds = Math.round(Math.max(0, flow.firstByteNs - flow.startedNs) / 1000);
      event.syn_to_clienthello_ms = microseconds / 1000;
    } else this.statistics.hellos_without_syn++;
    if (ja3.length <= maxRawForm) event.ja3 = ja3;
    else this.statistics.raw_forms_left_out++;
    if (ja4_r.length <= maxRawForm) event.ja4_r = ja4_r;
    else this.statistics.raw_forms_left_out++;
    this.statistics.hellos++;
    this.#onEvent(event);
  }
}
