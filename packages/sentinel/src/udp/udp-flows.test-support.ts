import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import { type CaptureStatistics, newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder } from '../decode/frame.ts';
import { ipText } from '../decode/ip-text.ts';
import { defaultFlowLimits, type FlowLimits } from '../flow/flow-limits.ts';
import type { SourceExclusions } from '../source-exclusions.ts';
import { UdpFlows } from './udp-flows.ts';

const linkTypeRaw = 101;

/** One end of a flow: IPv4 address and port. */
export type End = readonly [address: string, port: number];

export const client: End = ['192.0.2.1', 50_000];
export const server: End = ['198.51.100.7', 443];

/** A hello of a given size; `seed` fills its random. */
export function helloOf(name: string, length = 0, seed = 1): Uint8Array {
  const extensions = [encodeExtension.serverName(name), encodeExtension.supportedVersions(0x0304)];
  const short = encodeClientHello({ cipherSuites: [0x1301], extensions });
  const padding = Math.max(0, length - short.length - 4);
  const hello = encodeClientHello({
    cipherSuites: [0x1301],
    extensions: length === 0 ? extensions : [...extensions, encodeExtension.opaque(21, padding)],
  });
  // The random is the 32 bytes behind the header and the version.
  for (let i = 6; i < 38; i++) hello[i] = (seed * 31 + i) & 0xff;
  // Bytes that differ, so that a piece in the wrong place is seen.
  for (let i = hello.length - padding; i < hello.length; i++) hello[i] = (i * 7) & 0xff;
  return hello;
}

function udpPacket(from: End, to: End, payload: Uint8Array): Uint8Array {
  const packet = Buffer.alloc(28 + payload.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = 17;
  packet.set(from[0].split('.').map(Number), 12);
  packet.set(to[0].split('.').map(Number), 16);
  packet.writeUInt16BE(from[1], 20);
  packet.writeUInt16BE(to[1], 22);
  packet.writeUInt16BE(8 + payload.length, 24);
  packet.set(payload, 28);
  return packet;
}

export interface SeenHello {
  readonly transport: 'quic' | 'dtls' | 'tcp';
  readonly message: Uint8Array;
  readonly from: string;
  readonly startedNs: number;
  readonly firstByteNs: number;
}

/** Flows under test, and what they hand over. */
export class Wire {
  readonly statistics: CaptureStatistics = newCaptureStatistics();
  readonly hellos: SeenHello[] = [];
  readonly flows: UdpFlows;
  readonly #decoder = new FrameDecoder(this.statistics);
  nowNs = 1e9;

  constructor(limits: Partial<FlowLimits> = {}, exclusions?: SourceExclusions) {
    this.flows = new UdpFlows(
      { ...defaultFlowLimits, ...limits },
      this.statistics,
      (message, transport, flow) => {
        const { keys, keyAt, startedNs, firstByteNs } = flow;
        const from = `${ipText(keys, keyAt)}:${keys[keyAt + 8]! >>> 16}`;
        this.hellos.push({ transport, message: message.slice(), from, startedNs, firstByteNs });
      },
      7,
      exclusions,
    );
  }

  /** Time passes by a millisecond with each datagram. */
  send(from: End, to: End, ...payloads: readonly Uint8Array[]): void {
    for (const payload of payloads) {
      this.nowNs += 1e6;
      this.frame(udpPacket(from, to, payload), linkTypeRaw, this.nowNs);
    }
  }

  toServer(...payloads: readonly Uint8Array[]): void {
    this.send(client, server, ...payloads);
  }

  toClient(...payloads: readonly Uint8Array[]): void {
    this.send(server, client, ...payloads);
  }

  frame(bytes: Uint8Array, linkType: number, nowNs: number): void {
    const { layout } = this.#decoder;
    if (this.#decoder.decode(bytes, 0, bytes.length, linkType, nowNs) !== 'ok' || layout.protocol !== 17)
      return;
    this.flows.packet(layout, nowNs);
  }

  messages(): Uint8Array[] {
    return this.hellos.map(({ message }) => message);
  }

  /** The counters that are not zero. */
  counted(): Partial<CaptureStatistics> {
    return Object.fromEntries(Object.entries(this.statistics).filter(([, count]) => count !== 0));
  }
}
