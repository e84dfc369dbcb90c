/** Oddities of a SYN's headers, by their names in a TCP signature, where `tcpSignature` explains them. */
export const synHeaderQuirks = {
  df: 0x1,
  id: 0x2,
  id0: 0x4,
  mbz: 0x8,
  ipopt: 0x10,
  flow: 0x20,
  ecn: 0x40,
  ece: 0x80,
  cwr: 0x100,
  ae: 0x200,
  rsv: 0x400,
  seq0: 0x800,
  ack: 0x1000,
  uptr: 0x2000,
  urg: 0x4000,
  psh: 0x8000,
  rst: 0x1_0000,
  fin: 0x2_0000,
  data: 0x4_0000,
} as const;

const q = synHeaderQuirks;

/**
 * The quirks of a SYN as bits of {@link synHeaderQuirks}. Allocates nothing: it runs for every SYN of a flood.
 * @param ip start of the IP header
 * @param tcp start of the TCP header, which lies complete in `bytes`
 * @param hasData whether payload follows the TCP header
 */
export function readSynQuirks(bytes: Uint8Array, ip: number, tcp: number, hasData: boolean): number {
  const isIpv4 = bytes[ip]! >> 4 === 4;
  return (isIpv4 ? ipv4Quirks(bytes, ip) : ipv6Quirks(bytes, ip)) | tcpQuirks(bytes, tcp, hasData);
}

/** RFC 791 section 3.1; RFC 6864 on identifications of packets that are never fragmented. */
function ipv4Quirks(bytes: Uint8Array, ip: number): number {
  const flags = bytes[ip + 6]!;
  const hasId = (bytes[ip + 4]! | bytes[ip + 5]!) !== 0;
  const dontFragment = (flags & 0x40) !== 0;
  let quirks = dontFragment ? (hasId ? q.df | q.id : q.df) : hasId ? 0 : q.id0;
  if ((flags & 0x80) !== 0) quirks |= q.mbz;
  if ((bytes[ip]! & 0x0f) > 5) quirks |= q.ipopt;
  return quirks;
}

/** RFC 8200 section 3; RFC 6437 on flow labels. */
function ipv6Quirks(bytes: Uint8Array, ip: number): number {
  const label = (bytes[ip + 1]! & 0x0f) | bytes[ip + 2]! | bytes[ip + 3]!;
  return (label === 0 ? 0 : q.flow) | (bytes[ip + 6] === 6 ? 0 : q.ipopt);
}

/** RFC 9293 section 3.1; RFC 3168 section 6.1.1 on ECE and CWR. */
function tcpQuirks(bytes: Uint8Array, tcp: number, hasData: boolean): number {
  const reserved = bytes[tcp + 12]! & 0x0f;
  const flags = bytes[tcp + 13]!;
  let quirks = hasData ? q.data : 0;
  if (isZero(bytes, tcp + 4)) quirks |= q.seq0;
  if (!isZero(bytes, tcp + 8)) quirks |= q.ack;
  if ((flags & 0xc0) === 0xc0) quirks |= q.ecn;
  else if ((flags & 0x40) !== 0) quirks |= q.ece;
  else if ((flags & 0x80) !== 0) quirks |= q.cwr;
  if ((reserved & 1) !== 0) quirks |= q.ae;
  if ((reserved & 0x0e) !== 0) quirks |= q.rsv;
  if ((flags & 0x20) !== 0) quirks |= q.urg;
  else if ((bytes[tcp + 18]! | bytes[tcp + 19]!) !== 0) quirks |= q.uptr;
  if ((flags & 0x08) !== 0) quirks |= q.psh;
  if ((flags & 0x04) !== 0) quirks |= q.rst;
  if ((flags & 0x01) !== 0) quirks |= q.fin;
  return quirks;
}

/** Whether the 32-bit word at `at` is 0. */
function isZero(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) === 0;
}
