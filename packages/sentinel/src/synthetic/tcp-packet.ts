import { linkType } from '../decode/frame.ts';

/** A TCP segment to be written; addresses as text, IPv4 or (with colons) IPv6 without `::ffff:` forms. */
export interface TcpPacket {
  src: string;
  srcPort: number;
  dst: string;
  dstPort: number;
  sequence: number;
  /** TCP flag bits: 0x02 SYN, 0x10 ACK, 0x18 PSH and ACK. */
  flags: number;
  payload?: Uint8Array;
  /** 65,535 by default. */
  window?: number;
  /** Bytes of TCP options; padded with EOL to a multiple of 4. */
  options?: readonly number[];
  /** 64 by default. */
  ttl?: number;
  id?: number;
  /** True by default. */
  df?: boolean;
}

/** The options of a Linux SYN: MSS 1460, SACK permitted, timestamps, NOP, window scale 7. */
export const linuxSynOptions = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];

/** The IP packet of a segment. Checksums are zero: captures of offloading cards have wrong ones too. */
export function ipPacket(packet: TcpPacket): Uint8Array {
  const tcp = tcpSegment(packet);
  return packet.src.includes(':') ? ipv6Packet(packet, tcp) : ipv4Packet(packet, tcp);
}

function tcpSegment(packet: TcpPacket): Uint8Array {
  const options = packet.options ?? [];
  const headerLength = 20 + Math.ceil(options.length / 4) * 4;
  const segment = new Uint8Array(headerLength + (packet.payload?.length ?? 0));
  const view = new DataView(segment.buffer);
  view.setUint16(0, packet.srcPort);
  view.setUint16(2, packet.dstPort);
  view.setUint32(4, packet.sequence);
  segment[12] = (headerLength / 4) << 4;
  segment[13] = packet.flags;
  view.setUint16(14, packet.window ?? 65_535);
  segment.set(options, 20);
  if (packet.payload !== undefined) segment.set(packet.payload, headerLength);
  return segment;
}

function ipv4Packet(packet: TcpPacket, tcp: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + tcp.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  view.setUint16(2, bytes.length);
  view.setUint16(4, packet.id ?? 0);
  bytes[6] = packet.df === false ? 0 : 0x40;
  bytes[8] = packet.ttl ?? 64;
  bytes[9] = 6;
  bytes.set(packet.src.split('.').map(Number), 12);
  bytes.set(packet.dst.split('.').map(Number), 16);
  bytes.set(tcp, 20);
  return bytes;
}

function ipv6Packet(packet: TcpPacket, tcp: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(40 + tcp.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x60;
  view.setUint16(4, tcp.length);
  bytes[6] = 6;
  bytes[7] = packet.ttl ?? 64;
  ipv6Groups(packet.src).forEach((group, i) => {
    view.setUint16(8 + 2 * i, group);
  });
  ipv6Groups(packet.dst).forEach((group, i) => {
    view.setUint16(24 + 2 * i, group);
  });
  bytes.set(tcp, 40);
  return bytes;
}

function ipv6Groups(text: string): number[] {
  const parse = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [before = '', after] = text.split('::');
  const [head, tail] = [parse(before), parse(after ?? '')];
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** An IP packet inside the frame of a link type. */
export function frame(type: number, ip: Uint8Array, vlanTags: readonly number[] = []): Uint8Array {
  const isIpv6 = ip[0]! >> 4 === 6;
  const etherType = isIpv6 ? [0x86, 0xdd] : [0x08, 0x00];
  const tagged = [...vlanTags.flatMap((tag) => [0x81, 0x00, tag >> 8, tag & 0xff]), ...etherType];
  const zeros = (count: number) => new Array<number>(count).fill(0);
  const headers: Readonly<Record<number, readonly number[]>> = {
    [linkType.ethernet]: [...zeros(12), ...tagged],
    [linkType.bsdNull]: [isIpv6 ? 30 : 2, 0, 0, 0],
    [linkType.bsdLoop]: [0, 0, 0, isIpv6 ? 30 : 2],
    [linkType.linuxCooked]: [...zeros(14), ...tagged],
    [linkType.linuxCooked2]: [...etherType, ...zeros(18)],
  };
  return Uint8Array.from([...(headers[type] ?? []), ...ip]);
}
