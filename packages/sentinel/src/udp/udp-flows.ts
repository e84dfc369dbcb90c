import type { CaptureStatistics } from '../capture-statistics.ts';
import type { FrameLayout } from '../decode/frame.ts';
import type { FlowLimits } from '../flow/flow-limits.ts';
import type { SourceExclusions } from '../source-exclusions.ts';
import { dtlsStart } from './dtls-carriers.ts';
import { DtlsHellos } from './dtls-hellos.ts';
import { isEarlyGoogleQuic, QuicHellos } from './quic-hellos.ts';
import { mayHoldTlsRecords, TlsHellos } from './tls-hellos.ts';
import { type UdpHandshakeListener, UdpHellos } from './udp-hellos.ts';

/**
 * UDP datagrams to first handshake messages: of QUIC and DTLS on any port, and of TLS that OpenVPN and RDP put
 * into datagrams. Only flows that open with a ClientHello are kept; of the packets that follow a handshake
 * little more than the first byte is read.
 */
export class UdpFlows {
  readonly #statistics: CaptureStatistics;
  readonly #hellos: UdpHellos;
  readonly #quic: QuicHellos;
  readonly #dtls: DtlsHellos;
  readonly #tls: TlsHellos;

  /** @param exclusions sources whose connections are counted and left alone */
  constructor(
    limits: FlowLimits,
    statistics: CaptureStatistics,
    onHandshake: UdpHandshakeListener,
    hashSeed: number,
    exclusions?: SourceExclusions,
  ) {
    this.#statistics = statistics;
    this.#hellos = new UdpHellos(limits, statistics, onHandshake, hashSeed, exclusions);
    this.#quic = new QuicHellos(limits.flows, statistics, this.#hellos);
    this.#dtls = new DtlsHellos(limits.flows, statistics, this.#hellos);
    this.#tls = new TlsHellos(limits.flows, this.#hellos);
  }

  /** One packet whose transport is UDP. */
  packet(layout: FrameLayout, nowNs: number): void {
    const { buffer, transport } = layout;
    const start = transport + 8;
    if (start > layout.end) {
      this.#statistics.packet_truncated++;
      return;
    }
    // 0 is a length that does not fit 16 bits (RFC 2675), or one that the network card will fill in.
    const length = (buffer[transport + 4]! << 8) | buffer[transport + 5]!;
    const end = length >= 8 && transport + length < layout.end ? transport + length : layout.end;
    if (start >= end) return;
    const first = buffer[start]!;
    if (first >= 0x80) {
      if (this.#tlsRecords(layout, start, end, nowNs)) return;
      this.#hellos.select(layout);
      this.#hellos.expire(nowNs);
      this.#quic.datagram(buffer, start, end, nowNs);
      this.#hellos.shrink();
      return;
    }
    const dtls = dtlsStart(buffer, start, end);
    if (dtls === -1) {
      if (this.#tlsRecords(layout, start, end, nowNs)) return;
      const isQuic = isEarlyGoogleQuic(buffer, start, end);
      this.#statistics[isQuic ? 'quic_version_gquic' : 'datagrams_other']++;
      return;
    }
    this.#hellos.select(layout);
    this.#hellos.expire(nowNs);
    this.#dtls.datagram(buffer, dtls, end, nowNs);
    this.#hellos.shrink();
  }

  #tlsRecords(layout: FrameLayout, start: number, end: number, nowNs: number): boolean {
    const { buffer, transport } = layout;
    const port = (buffer[transport + 2]! << 8) | buffer[transport + 3]!;
    if (!mayHoldTlsRecords(buffer[start]!, port)) return false;
    this.#hellos.select(layout);
    this.#hellos.expire(nowNs);
    if (!this.#tls.datagram(buffer, start, end, port, nowNs)) return false;
    this.#hellos.shrink();
    return true;
  }

  /** Forgets flows that were idle for too long. */
  expire(nowNs: number): void {
    this.#hellos.expire(nowNs);
  }

  /** Forgets everything, as at the end of a capture. */
  clear(): void {
    const { table } = this.#hellos;
    for (let slot = table.oldest(); slot !== -1; slot = table.oldest()) table.remove(slot);
  }

  get size(): number {
    return this.#hellos.table.size;
  }
}
