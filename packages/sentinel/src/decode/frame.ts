/**
 * Frames to IP to the start of the transport header, for the hot path: indexed byte reads into the capture
 * buffer, results in the fields of one reused object, nothing allocated. Every offset is checked against
 * `end` before it is read.
 */

/** Where things are in the capture buffer; filled by {@link decodeFrame}. Offsets are absolute. */
export class FrameLayout {
  /** What the offsets point into: the capture buffer, or a datagram put together from fragments. */
  buffer: Uint8Array = new Uint8Array(0);
  /** 4 or 6. */
  ipVersion = 0;
  /** Start of the IP header. */
  ip = 0;
  /** Source address; the destination follows it (4 or 16 bytes each). */
  addresses = 0;
  /** Length of the IP packet according to its header; 0 when the header does not say. */
  ipTotalLength = 0;
  /** Number of the transport protocol (IANA): 6 is TCP, 17 UDP. */
  protocol = 0;
  /** Start of the transport header. */
  transport = 0;
  /** End of what was captured of the IP packet; link-layer padding lies behind it. */
  end = 0;
}

export type FrameOutcome =
  | 'ok'
  | 'link_type_unsupported'
  | 'not_ip'
  | 'packet_truncated'
  | 'ip_malformed'
  | 'ip_fragment';

/** Link types by their number in capture files. Source: tcpdump.org/linktypes.html. */
export const linkType = {
  bsdNull: 0,
  ethernet: 1,
  rawOpenBsd: 12,
  rawOther: 14,
  raw: 101,
  bsdLoop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

const etherTypeIpv4 = 0x0800;
const etherTypeIpv6 = 0x86dd;
const maxVlanTags = 4;
const maxExtensionHeaders = 8;

/** Decodes captured frames one after the other, into one reused layout. */
export class FrameDecoder {
  readonly layout = new FrameLayout();

  /**
   * Decodes the frame in `buffer[offset, end)`. Anything but `ok` leaves the layout meaningless.
   * @param type LINKTYPE_ number of the frame
   */
  decode(buffer: Uint8Array, offset: number, end: number, type: number): FrameOutcome {
    this.layout.buffer = buffer;
    return decodeFrame(this.layout, buffer, offset, end, type);
  }
}

/** Decodes the frame in `buffer[offset, end)`. Anything but `ok` leaves the layout meaningless. */
export function decodeFrame(
  layout: FrameLayout,
  buffer: Uint8Array,
  offset: number,
  end: number,
  type: number,
): FrameOutcome {
  switch (type) {
    case linkType.ethernet:
      return decodeEtherType(layout, buffer, offset + 12, offset + 14, end);
    case linkType.bsdNull:
    case linkType.bsdLoop:
      // Four bytes of address family, whose values and byte order differ between systems: IP says it better.
      return decodeIp(layout, buffer, offset + 4, end);
    case linkType.rawOpenBsd:
    case linkType.rawOther:
    case linkType.raw:
    case linkType.ipv4:
    case linkType.ipv6:
      return decodeIp(layout, buffer, offset, end);
    case linkType.linuxCooked:
      return decodeEtherType(layout, buffer, offset + 14, offset + 16, end);
    case linkType.linuxCooked2:
      return decodeEtherType(layout, buffer, offset, offset + 20, end);
    default:
      return 'link_type_unsupported';
  }
}

/** An EtherType field, then the payload it names; VLAN tags (802.1Q, 802.1ad) in between are passed over. */
function decodeEtherType(
  layout: FrameLayout,
  buffer: Uint8Array,
  typeOffset: number,
  payloadOffset: number,
  end: number,
): FrameOutcome {
  let at = typeOffset;
  let payload = payloadOffset;
  for (let tags = 0; tags <= maxVlanTags; tags++) {
    if (payload > end) return 'packet_truncated';
    const etherType = (buffer[at]! << 8) | buffer[at + 1]!;
    if (etherType === etherTypeIpv4 || etherType === etherTypeIpv6) {
      return decodeIp(layout, buffer, payload, end);
    }
    if (etherType !== 0x8100 && etherType !== 0x88a8 && etherType !== 0x9100) return 'not_ip';
    at = payload + 2;
    payload += 4;
  }
  return 'not_ip';
}

function decodeIp(layout: FrameLayout, buffer: Uint8Array, ip: number, end: number): FrameOutcome {
  if (ip >= end) return 'packet_truncated';
  const version = buffer[ip]! >> 4;
  layout.ip = ip;
  if (version === 4) return decodeIpv4(layout, buffer, ip, end);
  if (version === 6) return decodeIpv6(layout, buffer, ip, end);
  return 'not_ip';
}

/**
 * RFC 791. A total length of 0 means that the network card split the packet after it was captured
 * (segmentation offload): what was captured counts.
 */
function decodeIpv4(layout: FrameLayout, buffer: Uint8Array, ip: number, end: number): FrameOutcome {
  if (ip + 20 > end) return 'packet_truncated';
  const headerLength = (buffer[ip]! & 0x0f) * 4;
  const totalLength = (buffer[ip + 2]! << 8) | buffer[ip + 3]!;
  if (headerLength < 20 || (totalLength !== 0 && totalLength < headerLength)) return 'ip_malformed';
  if ((((buffer[ip + 6]! & 0x1f) << 8) | buffer[ip + 7]!) !== 0) return 'ip_fragment';
  if (ip + headerLength > end) return 'packet_truncated';
  layout.ipVersion = 4;
  layout.addresses = ip + 12;
  layout.ipTotalLength = totalLength;
  layout.protocol = buffer[ip + 9]!;
  layout.transport = ip + headerLength;
  layout.end = totalLength === 0 || ip + totalLength > end ? end : ip + totalLength;
  return 'ok';
}

/** RFC 8200, with the extension headers of IANA's "IPv6 Extension Header Types". */
function decodeIpv6(layout: FrameLayout, buffer: Uint8Array, ip: number, end: number): FrameOutcome {
  if (ip + 40 > end) return 'packet_truncated';
  const payloadLength = (buffer[ip + 4]! << 8) | buffer[ip + 5]!;
  const packetEnd = payloadLength === 0 || ip + 40 + payloadLength > end ? end : ip + 40 + payloadLength;
  let next = buffer[ip + 6]!;
  let at = ip + 40;
  for (let headers = 0; isExtensionHeader(next); headers++) {
    if (headers === maxExtensionHeaders) return 'ip_malformed';
    if (at + 8 > packetEnd) return 'packet_truncated';
    const isFragment = next === 44;
    if (isFragment && ((buffer[at + 2]! << 8) | buffer[at + 3]!) >> 3 !== 0) return 'ip_fragment';
    // Authentication headers count in 4-byte units (RFC 4302), a fragment header has a fixed length.
    const units = buffer[at + 1]!;
    const length = isFragment ? 8 : next === 51 ? (units + 2) * 4 : (units + 1) * 8;
    next = buffer[at]!;
    at += length;
  }
  if (at > packetEnd) return 'packet_truncated';
  layout.ipVersion = 6;
  layout.addresses = ip + 8;
  layout.ipTotalLength = payloadLength === 0 ? 0 : 40 + payloadLength;
  layout.protocol = next;
  layout.transport = at;
  layout.end = packetEnd;
  return 'ok';
}

function isExtensionHeader(next: number): boolean {
  switch (next) {
    case 0: // hop-by-hop options
    case 43: // routing
    case 44: // fragment
    case 51: // authentication
    case 60: // destination options
    case 135: // mobility
    case 139: // host identity
    case 140: // shim6
      return true;
    default:
      return false;
  }
}
