/** A TCP packet to build; everything has a usual value. */
export interface TcpPacket {
  readonly version?: 4 | 6;
  /** Bytes of the source address. */
  readonly source?: readonly number[];
  readonly port?: number;
  readonly flags?: number;
  readonly payload?: number;
  /** 4-byte words of IPv4 options. */
  readonly ipOptions?: number;
  /** 4-byte words of TCP options. */
  readonly tcpOptions?: number;
  readonly fragmentOffset?: number;
  readonly protocol?: number;
  /** An IPv6 extension header of this type and this many 8-byte units stands before TCP. */
  readonly extension?: { readonly type: number; readonly units: number };
  /** Bytes behind the IP packet, as Ethernet pads short frames. */
  readonly padding?: number;
  /** The IP header's length field says 0. */
  readonly noLength?: boolean;
}

export const synFlag = 0x02;
export const ackFlag = 0x10;

function tcpSegment({ port = 443, flags = ackFlag, payload = 0, tcpOptions = 0 }: TcpPacket): Uint8Array {
  const headerLength = 20 + tcpOptions * 4;
  const bytes = new Uint8Array(headerLength + payload);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 50_000);
  view.setUint16(2, port);
  bytes[12] = (headerLength / 4) << 4;
  bytes[13] = flags;
  return bytes;
}

/** The packet from its IP header on. */
export function tcpPacket(packet: TcpPacket): Uint8Array {
  const segment = tcpSegment(packet);
  const { version = 4, protocol = 6, ipOptions = 0, extension, padding = 0, noLength = false } = packet;
  const extensionLength = extension === undefined ? 0 : (extension.units + 1) * 8;
  const headerLength = version === 4 ? 20 + ipOptions * 4 : 40 + extensionLength;
  const bytes = new Uint8Array(headerLength + segment.length + padding);
  const view = new DataView(bytes.buffer);
  bytes.set(segment, headerLength);
  if (version === 4) {
    bytes[0] = 0x40 | (headerLength / 4);
    view.setUint16(2, noLength ? 0 : headerLength + segment.length);
    view.setUint16(6, packet.fragmentOffset ?? 0);
    bytes[9] = protocol;
    bytes.set(packet.source ?? [192, 0, 2, 1], 12);
  } else {
    bytes[0] = 0x60;
    view.setUint16(4, noLength ? 0 : extensionLength + segment.length);
    bytes[6] = extension?.type ?? protocol;
    bytes.set(packet.source ?? [0x20, 1, 0x0d, 0xb8], 8);
    if (extension !== undefined) {
      bytes[40] = protocol;
      bytes[41] = extension.units;
    }
  }
  return bytes;
}
