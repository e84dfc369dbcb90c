import type { FrameLayout } from './frame-layout.ts';
import type { LayerFailure } from './layer.ts';

const maxExtensionHeaders = 8;

const fragmentHeader = 44;
const authenticationHeader = 51;

/** What an IP header is: of a whole packet, of a fragment, or of none. */
export type IpOutcome = 'whole' | 'fragment' | LayerFailure;

/**
 * Reads the IP header in `buffer[ip, end)` into the layout. Of a fragment, `transport` is where its data
 * begins (IPv4) or its fragment header (IPv6).
 */
export function readIp(layout: FrameLayout, buffer: Uint8Array, ip: number, end: number): IpOutcome {
  if (ip >= end) return 'packet_truncated';
  layout.buffer = buffer;
  layout.ip = ip;
  const version = buffer[ip]! >> 4;
  if (version === 4) return readIpv4(layout, buffer, ip, end);
  return version === 6 ? readIpv6(layout, buffer, ip, end) : 'not_ip';
}

/**
 * RFC 791. A total length of 0 means that the network card split the packet after it was captured
 * (segmentation offload): what was captured counts.
 */
function readIpv4(layout: FrameLayout, buffer: Uint8Array, ip: number, end: number): IpOutcome {
  if (ip + 20 > end) return 'packet_truncated';
  const headerLength = (buffer[ip]! & 0x0f) * 4;
  const totalLength = (buffer[ip + 2]! << 8) | buffer[ip + 3]!;
  if (headerLength < 20 || (totalLength !== 0 && totalLength < headerLength)) return 'ip_malformed';
  if (ip + headerLength > end) return 'packet_truncated';
  layout.ipVersion = 4;
  layout.addresses = ip + 12;
  layout.ipTotalLength = totalLength;
  layout.protocol = buffer[ip + 9]!;
  layout.transport = ip + headerLength;
  layout.end = totalLength === 0 || ip + totalLength > end ? end : ip + totalLength;
  const isFragment = ((buffer[ip + 6]! & 0x3f) | buffer[ip + 7]!) !== 0;
  if (isFragment) return 'fragment';
  return layout.protocol === authenticationHeader ? passAuthentication(layout) : 'whole';
}

/** RFC 4302: next header 1 | length 1 | …; what it protects is readable, and another one may follow. */
function passAuthentication(layout: FrameLayout): IpOutcome {
  const { buffer, end } = layout;
  for (let headers = 0; layout.protocol === authenticationHeader; headers++) {
    if (headers === maxExtensionHeaders) return 'ip_malformed';
    if (layout.transport + 8 > end) return 'packet_truncated';
    layout.protocol = buffer[layout.transport]!;
    layout.transport += extensionHeaderLength(authenticationHeader, buffer[layout.transport + 1]!);
  }
  return layout.transport > end ? 'packet_truncated' : 'whole';
}

/**
 * RFC 8200, with the extension headers of IANA's "IPv6 Extension Header Types". The header of an atomic
 * fragment (RFC 6946) is passed over like any other.
 */
function readIpv6(layout: FrameLayout, buffer: Uint8Array, ip: number, end: number): IpOutcome {
  if (ip + 40 > end) return 'packet_truncated';
  let payloadLength = (buffer[ip + 4]! << 8) | buffer[ip + 5]!;
  if (payloadLength === 0) payloadLength = jumboPayloadLength(buffer, ip, end);
  const packetEnd = payloadLength === 0 || ip + 40 + payloadLength > end ? end : ip + 40 + payloadLength;
  layout.ipVersion = 6;
  layout.addresses = ip + 8;
  layout.ipTotalLength = payloadLength === 0 ? 0 : 40 + payloadLength;
  layout.end = packetEnd;
  let next = buffer[ip + 6]!;
  let at = ip + 40;
  for (let headers = 0; isExtensionHeader(next); headers++) {
    if (headers === maxExtensionHeaders) return 'ip_malformed';
    if (at + 8 > packetEnd) return 'packet_truncated';
    // Offset 13 bits | reserved 2 | more to come 1.
    if (next === fragmentHeader && ((buffer[at + 2]! << 8) | (buffer[at + 3]! & 0xf9)) !== 0) {
      layout.protocol = next;
      layout.transport = at;
      return 'fragment';
    }
    const length = extensionHeaderLength(next, buffer[at + 1]!);
    next = buffer[at]!;
    at += length;
  }
  if (at > packetEnd) return 'packet_truncated';
  layout.protocol = next;
  layout.transport = at;
  return 'whole';
}

/** Authentication headers count in units of 4 bytes (RFC 4302), a fragment header has a fixed length. */
export function extensionHeaderLength(type: number, units: number): number {
  return type === fragmentHeader ? 8 : type === authenticationHeader ? (units + 2) * 4 : (units + 1) * 8;
}

/** RFC 2675: an option of the hop-by-hop header, 194 | length 4 | payload length 4; 0 where there is none. */
function jumboPayloadLength(buffer: Uint8Array, ip: number, end: number): number {
  if (buffer[ip + 6] !== 0 || ip + 48 > end) return 0;
  const optionsEnd = Math.min(end, ip + 40 + extensionHeaderLength(0, buffer[ip + 41]!));
  for (let at = ip + 42; at + 6 <= optionsEnd; ) {
    const option = buffer[at]!;
    if (option === 194) {
      const low = (buffer[at + 3]! << 16) | (buffer[at + 4]! << 8) | buffer[at + 5]!;
      return buffer[at + 2]! * 2 ** 24 + low;
    }
    at += option === 0 ? 1 : 2 + buffer[at + 1]!;
  }
  return 0;
}

/** Whether another header follows the one that an IPv6 Next Header value (or IPv4 protocol) names. */
export function isExtensionHeader(next: number): boolean {
  switch (next) {
    case 0: // hop-by-hop options
    case 43: // routing
    case fragmentHeader:
    case authenticationHeader:
    case 60: // destination options
    case 135: // mobility
    case 139: // host identity
    case 140: // shim6
      return true;
    default:
      return false;
  }
}
