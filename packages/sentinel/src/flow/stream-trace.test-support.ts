import { type CaptureStatistics, newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder, linkType } from '../decode/frame.ts';
import type { SourceExclusions } from '../source-exclusions.ts';
import { ipPacket, type TcpPacket } from '../synthetic/index.ts';
import { defaultFlowLimits, type FlowLimits } from './flow-limits.ts';
import { TcpFlows } from './tcp-flows.ts';

/** A handshake message that came out of the flows. */
export interface FoundHello {
  readonly message: Uint8Array;
  readonly srcPort: number;
  readonly hasSyn: boolean;
  /** Window of its SYN, which tells one SYN from another in tests. */
  readonly synWindow: number | undefined;
  readonly waitMs: number;
}

/** Plays packets into `TcpFlows`, one millisecond after the other. */
export class StreamTrace {
  readonly found: FoundHello[] = [];
  readonly statistics: CaptureStatistics = newCaptureStatistics();
  readonly flows: TcpFlows;
  readonly #decoder = new FrameDecoder(this.statistics);
  #nowNs = 1_700_000_000e9;

  constructor(limits: Partial<FlowLimits> = {}, exclusions?: SourceExclusions) {
    this.flows = new TcpFlows(
      { ...defaultFlowLimits, flows: 64, ...limits },
      this.statistics,
      (message, { keys, keyAt, hasSyn, slot, firstByteNs, startedNs }) => {
        this.found.push({
          message: message.slice(),
          srcPort: keys[keyAt + 8]! >>> 16,
          hasSyn,
          synWindow: hasSyn ? this.flows.syns.describe(slot).tcp_meta_window_size : undefined,
          waitMs: (firstByteNs - startedNs) / 1e6,
        });
      },
      0,
      exclusions,
    );
  }

  send(...packets: readonly TcpPacket[]): this {
    for (const packet of packets) {
      const bytes = ipPacket(packet);
      const outcome = this.#decoder.decode(bytes, 0, bytes.length, linkType.raw, this.#nowNs);
      if (outcome !== 'ok') throw new Error(`the packet is ${outcome}`);
      this.flows.packet(this.#decoder.layout, this.#nowNs);
      this.#nowNs += 1e6;
    }
    return this;
  }

  wait(ns: number): this {
    this.#nowNs += ns;
    return this;
  }
}

type Ends = Pick<TcpPacket, 'src' | 'srcPort' | 'dst' | 'dstPort'>;

const ends: Ends = { src: '198.18.16.7', srcPort: 51_234, dst: '198.18.0.10', dstPort: 443 };

/** Packets of one client, whose stream starts behind the initial sequence number. */
export class Client {
  readonly #isn: number;
  readonly #ends: Ends;

  constructor(isn: number, from: Partial<Ends> = {}) {
    this.#isn = isn >>> 0;
    this.#ends = { ...ends, ...from };
  }

  syn(more: Partial<TcpPacket> = {}): TcpPacket {
    return { ...this.#ends, sequence: this.#isn, flags: 0x02, ...more };
  }

  /** A segment at this offset of the stream. */
  data(offset: number, payload: Uint8Array, more: Partial<TcpPacket> = {}): TcpPacket {
    const sequence = (((this.#isn + 1 + offset) % 2 ** 32) + 2 ** 32) % 2 ** 32;
    return { ...this.#ends, sequence, flags: 0x18, payload, ...more };
  }
}

export const text = (content: string) => Uint8Array.from(Buffer.from(content, 'latin1'));

export const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
