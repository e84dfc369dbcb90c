import type { CaptureStatistics } from '../capture-statistics.ts';
import { FrameLayout } from './frame-layout.ts';
import { isExtensionHeader, readIp } from './ip.ts';
import { IpFragments } from './ip-fragments.ts';
import { enterIpTunnel, isIpTunnel } from './ip-tunnels.ts';
import { LayerCursor, type LayerFailure, type NextLayer } from './layer.ts';
import { passLinkLayer } from './link-layer.ts';
import { linkType } from './link-type.ts';
import { enterUdpTunnel, mayBeUdpTunnel } from './udp-tunnels.ts';

export { FrameLayout } from './frame-layout.ts';
export { linkType } from './link-type.ts';

export type FrameOutcome = 'ok' | LayerFailure;

/** Headers of every kind in one frame, and IP packets one inside the other: deeper ones are not followed. */
const maxLayers = 32;
const maxPackets = 8;

const none = -1;
const protocolTcp = 6;
const protocolUdp = 17;

/** 1 for the protocols behind which another IP packet or an extension header may stand. */
const hidesMore = Uint8Array.from({ length: 256 }, (_, protocol) =>
  Number(isExtensionHeader(protocol) || isIpTunnel(protocol)),
);

/**
 * Frames to the innermost IP packet and its transport header. Plain Ethernet, cooked and raw IP, which is
 * nearly all there is, take the straight way through {@link decode}: indexed byte reads, nothing allocated.
 * All else goes layer by layer.
 */
export class FrameDecoder {
  readonly layout = new FrameLayout();
  /** Whether the frame holds a further packet (802.11 A-MSDU), which {@link decodeNext} reads. */
  more = false;

  readonly #statistics: CaptureStatistics;
  readonly #cursor = new LayerCursor();
  #frame: Uint8Array = new Uint8Array(0);
  #fragments: IpFragments | undefined;
  /** The UDP datagram whose content may be a tunnel: what it is when the content says otherwise. */
  readonly #udp = new FrameLayout();
  #isUdpKept = false;

  /** @param statistics counts what happens inside: fragments and tunnels. The caller counts the outcome. */
  constructor(statistics: CaptureStatistics) {
    this.#statistics = statistics;
  }

  /**
   * Decodes the frame in `buffer[offset, end)`. Anything but `ok` leaves the layout meaningless.
   * @param type number of {@link linkType}
   * @param nowNs capture time, nanoseconds since 1970: fragments wait by it
   */
  decode(buffer: Uint8Array, offset: number, end: number, type: number, nowNs: number): FrameOutcome {
    const ip = plainIpOffset(buffer, offset, type);
    if (ip !== none && isPlainIp(this.layout, buffer, ip, end)) {
      this.more = false;
      return 'ok';
    }
    this.#frame = buffer;
    return this.#decodeLayers(offset, end, type, nowNs);
  }

  /** Decodes the further packet that {@link more} told of. */
  decodeNext(nowNs: number): FrameOutcome {
    const { restAt, restEnd } = this.#cursor;
    return this.#decodeLayers(restAt, restEnd, linkType.aggregate, nowNs);
  }

  #decodeLayers(at: number, end: number, type: number, nowNs: number): FrameOutcome {
    const cursor = this.#cursor;
    cursor.start(this.#frame, at, end);
    this.#isUdpKept = false;
    let next: NextLayer | 'ok' = type;
    let packets = 0;
    for (let layers = 0; typeof next === 'number'; layers++) {
      if (layers === maxLayers) next = 'encapsulation_too_deep';
      else if (next !== linkType.raw) next = passLinkLayer(cursor, next);
      else if (packets++ === maxPackets) next = 'encapsulation_too_deep';
      else next = this.#decodePacket(nowNs);
    }
    this.more = cursor.restAt !== 0 && cursor.restAt < cursor.restEnd;
    if (next === 'ok' || !this.#isUdpKept || next === 'encapsulation_too_deep') return next;
    this.layout.copy(this.#udp);
    return 'ok';
  }

  /** One IP packet: `ok` where nothing that is followed lies inside. */
  #decodePacket(nowNs: number): NextLayer | 'ok' {
    const { layout } = this;
    const cursor = this.#cursor;
    const outcome = readIp(layout, cursor.buffer, cursor.at, cursor.end);
    if (outcome !== 'whole' && outcome !== 'fragment') return outcome;
    // An IP packet proves the tunnel.
    if (cursor.tunnel !== undefined) this.#statistics[cursor.tunnel]++;
    cursor.tunnel = undefined;
    this.#isUdpKept = false;
    if (outcome === 'fragment') return this.#addFragment(nowNs);
    cursor.at = layout.transport;
    cursor.end = layout.end;
    if (layout.protocol !== protocolUdp) return enterIpTunnel(cursor, layout.protocol) ?? 'ok';
    const inside = enterUdpTunnel(cursor);
    if (inside === undefined) return 'ok';
    this.#udp.copy(layout);
    this.#isUdpKept = true;
    return inside;
  }

  #addFragment(nowNs: number): NextLayer {
    this.#fragments ??= new IpFragments(this.#statistics);
    this.#statistics.ip_fragments++;
    const outcome = this.#fragments.add(this.layout, nowNs);
    if (outcome !== 'complete') return outcome;
    this.#cursor.buffer = this.#fragments.datagram;
    this.#cursor.at = 0;
    this.#cursor.end = this.#fragments.length;
    return linkType.raw;
  }
}

/** Where the IP packet begins in a frame of the common link types, if nothing stands before it. */
function plainIpOffset(buffer: Uint8Array, offset: number, type: number): number {
  // Reads behind the end find other bytes or none: the packet's own length is checked before it counts.
  switch (type) {
    case linkType.ethernet:
      return isIpEtherType(buffer, offset + 12) ? offset + 14 : none;
    case linkType.linuxCooked:
      return isIpEtherType(buffer, offset + 14) ? offset + 16 : none;
    case linkType.linuxCooked2:
      return isIpEtherType(buffer, offset) ? offset + 20 : none;
    case linkType.raw:
      return offset;
    default:
      return none;
  }
}

function isIpEtherType(buffer: Uint8Array, at: number): boolean {
  const type = (buffer[at]! << 8) | buffer[at + 1]!;
  return type === 0x0800 || type === 0x86dd;
}

function isPlainTransport(buffer: Uint8Array, at: number, protocol: number): boolean {
  if (protocol !== protocolUdp) return hidesMore[protocol] === 0;
  const source = (buffer[at]! << 8) | buffer[at + 1]!;
  const destination = (buffer[at + 2]! << 8) | buffer[at + 3]!;
  return !mayBeUdpTunnel(source, destination);
}

/** Reads an IP packet without fragments, extension headers or tunnels into the layout; false for all others. */
function isPlainIp(layout: FrameLayout, buffer: Uint8Array, ip: number, end: number): boolean {
  const first = buffer[ip]!;
  if (first === 0x45) {
    if (ip + 28 > end) return false;
    const protocol = buffer[ip + 9]!;
    const totalLength = (buffer[ip + 2]! << 8) | buffer[ip + 3]!;
    if (((buffer[ip + 6]! & 0x3f) | buffer[ip + 7]!) !== 0 || totalLength < 20) return false;
    if (protocol !== protocolTcp && !isPlainTransport(buffer, ip + 20, protocol)) return false;
    layout.ipVersion = 4;
    layout.addresses = ip + 12;
    layout.ipTotalLength = totalLength;
    layout.protocol = protocol;
    layout.transport = ip + 20;
    layout.end = Math.min(ip + totalLength, end);
  } else {
    if (first >> 4 !== 6 || ip + 48 > end) return false;
    const protocol = buffer[ip + 6]!;
    const totalLength = 40 + ((buffer[ip + 4]! << 8) | buffer[ip + 5]!);
    if (totalLength === 40) return false;
    if (protocol !== protocolTcp && !isPlainTransport(buffer, ip + 40, protocol)) return false;
    layout.ipVersion = 6;
    layout.addresses = ip + 8;
    layout.ipTotalLength = totalLength;
    layout.protocol = protocol;
    layout.transport = ip + 40;
    layout.end = Math.min(ip + totalLength, end);
  }
  layout.buffer = buffer;
  layout.ip = ip;
  return true;
}
