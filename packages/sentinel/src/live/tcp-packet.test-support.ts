/** A TCP or UDP packet to build; everything has a usual value. */
export interface TcpPacket {
  readonly version?: 4 | 6;
  /** First bytes of the source address. */
  readonly source?: readonly number[];
  /** First bytes of the destination address. */
  readonly destination?: readonly number[];
  readonly port?: number;
  readonly flags?: number;
  readonly payload?: number;
  /** 4-byte words of IPv4 options. */
  readonly ipOptions?: number;
  /** 4-byte words of TCP options. */
  readonly tcpOptions?: number;
  /** The 16 bits with flags and offset of a fragment: IPv4's field, or IPv6's with an extension of type 44. */
  readonly fragmentOffset?: number;
  readonly protocol?: number;
  /** First byte of the payload. */
  readonly firstByte?: number;
  /** IPv6 extension headers before TCP's, each with this many 8-byte units behind its first eight bytes. */
  readonly extensions?: readonly { readonly type: number; readonly units: number }[];
  /** Bytes behind the IP packet, as Ethernet pads short frames. */
  readonly padding?: number;
  /** The IP header's length field says 0. */
  readonly noLength?: boolean;
}

export const synFlag = 0x02;
export const ackFlag = 0x10;

function segmentOf(packet: TcpPacket): Uint8Array {
  const { port = 443, flags = ackFlag, payload = 0, tcpOptions = 0, protocol = 6 } = packet;
  const headerLength = protocol === 17 ? 8 : 20 + tcpOptions * 4;
  const bytes = new Uint8Array(headerLength + payload);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 50_000);
  view.setUint16(2, port);
  if (protocol === 17) view.setUint16(4, bytes.length);
  else {
    bytes[12] = (headerLength / 4) << 4;
    bytes[13] = flags;
  }
  if (payload > 0) bytes[headerLength] = packet.firstByte ?? 0x16;
  return bytes;
}

/** The packet from its IP header on. */
export function tcpPacket(packet: TcpPacket): Uint8Array {
  const segment = segmentOf(packet);
  const { version = 4, protocol = 6, ipOptions = 0, extensions = [], padding = 0, noLength = false } = packet;
  const extensionBytes = extensions.flatMap(({ units }, i) => {
    const next = extensions[i + 1]?.type ?? protocol;
    const fragment = packet.fragmentOffset ?? 0;
    return [next, units, fragment >> 8, fragment & 0xff, ...new Array<number>(4 + units * 8).fill(0)];
  });
  const headerLength = version === 4 ? 20 + ipOptions * 4 : 40 + extensionBytes.length;
  const bytes = new Uint8Array(headerLength + segment.length + padding);
  const view = new DataView(bytes.buffer);
  bytes.set(segment, headerLength);
  if (version === 4) {
    bytes[0] = 0x40 | (headerLength / 4);
    view.setUint16(2, noLength ? 0 : headerLength + segment.length);
    view.setUint16(6, packet.fragmentOffset ?? 0);
    bytes[9] = protocol;
    bytes.set(packet.source ?? [192, 0, 2, 1], 12);
    bytes.set(packet.destination ?? [198, 51, 100, 1], 16);
  } else {
    bytes[0] = 0x60;
    view.setUint16(4, noLength ? 0 : extensionBytes.length + segment.length);
    bytes[6] = extensions[0]?.type ?? protocol;
    bytes.set(packet.source ?? [0x20, 1, 0x0d, 0xb8], 8);
    bytes.set(packet.destination ?? [0x20, 1, 0x0d, 0xb8, 0xff], 24);
    bytes.set(extensionBytes, 40);
  }
  return bytes;
}
