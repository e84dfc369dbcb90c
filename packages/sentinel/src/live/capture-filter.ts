import { type AddressNetwork, parseNetwork } from './address-network.ts';
import {
  add,
  addX,
  ancillary,
  and,
  assemble,
  at,
  type BpfInstruction,
  type BpfStatement,
  bpf,
  ifAnyBit,
  ifEqual,
  ifGreaterThanX,
  jump,
  keep,
  load,
  loadIndexed,
  maxInstructions,
  moveToA,
  moveToX,
  recall,
  recallX,
  setA,
  setX,
  shiftLeft,
  shiftRight,
  store,
  storeX,
} from './bpf.ts';
import { systemError } from './libc.ts';

/** What the kernel should let through. */
export interface CaptureFilterOptions {
  /** TCP and UDP ports of the web server, 1–65535. */
  readonly ports: readonly number[];
  /**
   * Addresses and networks whose connections are not looked at. The kernel drops their data; what opens a
   * connection passes, so that it can be counted.
   */
  readonly excludeSourceIps: readonly string[];
  /**
   * Addresses and networks of the web server. Empty: any destination. Absent: any destination here; the
   * capture follows the addresses of this machine (`local-destinations.ts`).
   */
  readonly localAddresses?: readonly string[] | undefined;
}

const etherType = { ipv4: 0x0800, ipv6: 0x86dd } as const;
const tagTypes = [0x8100, 0x88a8, 0x9100] as const;
/** Tags that are looked through, besides the outermost, which the kernel has taken off. */
const tagLevels = 2;
const packetOutgoing = 4;
const protocol = { tcp: 6, udp: 17, ipv6Fragment: 44 } as const;
const flag = { syn: 0x02, ack: 0x10 } as const;
/** IPv6 headers that may stand before the transport's: hop-by-hop options, routing, destination options. */
const extensionHeaders = [0, 43, 60] as const;
const extensionLevels = 3;
/** Content type of a DTLS handshake record (RFC 6347 section 4.1). */
const dtlsHandshake = 0x16;
/** Header form and fixed bit: a QUIC long header (RFC 9000 section 17.2). */
const quicLongHeader = 0xc0;
/** More than any packet has, so that nothing is cut. */
const wholePacket = 0x40000;

/** The program's memory: what was learnt on the way to the transport header. */
const memory = {
  /** Transport protocol, or the type of the IPv6 header that comes next. */
  protocol: 0,
  /** Where the IP header begins. */
  ip: 1,
  /** Where the IP packet ends; 0 = a jumbogram, or a packet that the card has yet to split. */
  end: 2,
  /** Not 0: a first fragment. */
  fragment: 3,
  /** 4 or 6. */
  version: 4,
} as const;

/** Goes on when an address of the packet is in one of the networks; X holds the offset of the IP header. */
function ifInNetworks(
  networks: readonly AddressNetwork[],
  addressAt: number,
  name: string,
  yes: string,
): BpfStatement[] {
  return networks.flatMap(({ words }, i) => {
    const next = `${name} ${i} not`;
    const compared = words.map((word, n) => ({ ...word, n })).filter((word) => word.mask !== 0);
    return [
      ...compared.flatMap(({ value, mask, n }) => [
        loadIndexed(bpf.W, addressAt + n * 4),
        ...(mask === 0xffffffff ? [] : [and(mask)]),
        ifEqual(value, { no: next }),
      ]),
      jump(yes),
      at(next),
    ];
  });
}

/** Drops packets to other addresses of one family. No networks at all: every destination is wanted. */
function onlyDestinations(networks: readonly AddressNetwork[], version: 4 | 6): BpfStatement[] {
  if (networks.length === 0) return [];
  const name = `destination ${version}`;
  const ofVersion = networks.filter((network) => network.version === version);
  return [
    ...ifInNetworks(ofVersion, version === 4 ? 16 : 24, name, `${name} wanted`),
    keep(0),
    at(`${name} wanted`),
  ];
}

/** From the EtherType in A, with X = 0, to the IP header at X, looking through VLAN tags. */
function linkLayer(): BpfStatement[] {
  const levels = Array.from({ length: tagLevels }, (_, level) => [
    ...tagTypes.map((type) => ifEqual(type, { yes: `tag ${level}` })),
    jump('network'),
    at(`tag ${level}`),
    loadIndexed(bpf.H, 2),
    store(memory.protocol),
    moveToA(),
    add(4),
    moveToX(),
    recall(memory.protocol),
  ]).flat();
  return [
    setX(0),
    ...levels,
    at('network'),
    storeX(memory.ip),
    ifEqual(etherType.ipv4, { yes: 'ipv4' }),
    ifEqual(etherType.ipv6, { no: 'drop early' }),
    jump('ipv6'),
    at('drop early'),
    keep(0),
  ];
}

/** RFC 791. Later fragments have no ports: those of TCP and UDP pass, first ones by their ports. */
function ipv4(local: readonly AddressNetwork[]): BpfStatement[] {
  return [
    at('ipv4'),
    ...onlyDestinations(local, 4),
    setA(4),
    store(memory.version),
    loadIndexed(bpf.B, 9),
    store(memory.protocol),
    ifEqual(protocol.tcp, { yes: 'ipv4 wanted' }),
    ifEqual(protocol.udp, { yes: 'ipv4 wanted' }),
    keep(0),
    at('ipv4 wanted'),
    loadIndexed(bpf.H, 2),
    ifEqual(0, { yes: 'ipv4 end' }),
    addX(),
    at('ipv4 end'),
    store(memory.end),
    loadIndexed(bpf.H, 6),
    ifAnyBit(0x1fff, { no: 'ipv4 start' }),
    jump('unless excluded'),
    at('ipv4 start'),
    and(0x2000),
    store(memory.fragment),
    loadIndexed(bpf.B, 0),
    and(0x0f),
    shiftLeft(2),
    addX(),
    moveToX(),
    jump('transport'),
  ];
}

/** A ← type of the header behind the one at X, X ← where that one begins: RFC 8200 section 4. */
function overExtension(): BpfStatement[] {
  return [
    loadIndexed(bpf.B, 0),
    store(memory.protocol),
    loadIndexed(bpf.B, 1),
    add(1),
    shiftLeft(3),
    addX(),
    moveToX(),
    recall(memory.protocol),
  ];
}

function ipv6(local: readonly AddressNetwork[]): BpfStatement[] {
  const levels = Array.from({ length: extensionLevels + 1 }, (_, level) => [
    ifEqual(protocol.tcp, { yes: `tcp after ${level}` }),
    ifEqual(protocol.udp, { no: `no udp after ${level}` }),
    at(`tcp after ${level}`),
    jump('transport'),
    at(`no udp after ${level}`),
    ifEqual(protocol.ipv6Fragment, { no: `no fragment after ${level}` }),
    jump('ipv6 fragment'),
    at(`no fragment after ${level}`),
    ...(level === extensionLevels
      ? [keep(0)]
      : [
          ...extensionHeaders.map((type) => ifEqual(type, { yes: `extension ${level}` })),
          keep(0),
          at(`extension ${level}`),
          ...overExtension(),
        ]),
  ]).flat();
  return [
    at('ipv6'),
    ...onlyDestinations(local, 6),
    setA(6),
    store(memory.version),
    setA(0),
    store(memory.fragment),
    loadIndexed(bpf.H, 4),
    ifEqual(0, { yes: 'ipv6 end' }),
    add(40),
    addX(),
    at('ipv6 end'),
    store(memory.end),
    loadIndexed(bpf.B, 6),
    store(memory.protocol),
    moveToA(),
    add(40),
    moveToX(),
    recall(memory.protocol),
    ...levels,
    at('ipv6 fragment'),
    loadIndexed(bpf.B, 0),
    store(memory.protocol),
    ifEqual(protocol.tcp, { yes: 'ipv6 fragment wanted' }),
    ifEqual(protocol.udp, { yes: 'ipv6 fragment wanted' }),
    keep(0),
    at('ipv6 fragment wanted'),
    loadIndexed(bpf.H, 2),
    ifAnyBit(0xfff8, { no: 'ipv6 first fragment' }),
    jump('unless excluded'),
    at('ipv6 first fragment'),
    and(1),
    store(memory.fragment),
    moveToA(),
    add(8),
    moveToX(),
  ];
}

/**
 * X holds the offset of the transport header. TCP: SYNs, and segments with payload. UDP: QUIC long headers and
 * DTLS handshake records, which is how connections begin; what follows is ciphertext. A first fragment's
 * lengths say nothing: it passes.
 */
function transport(ports: readonly number[]): BpfStatement[] {
  return [
    at('transport'),
    loadIndexed(bpf.H, 2),
    ...ports.flatMap((port, i) => [
      ifEqual(port, { no: `not port ${i}` }),
      jump('wanted port'),
      at(`not port ${i}`),
    ]),
    keep(0),
    at('wanted port'),
    recall(memory.fragment),
    ifEqual(0, { no: 'unless excluded' }),
    recall(memory.protocol),
    ifEqual(protocol.tcp, { yes: 'tcp' }),
    loadIndexed(bpf.B, 8),
    ifEqual(dtlsHandshake, { yes: 'keep' }),
    and(quicLongHeader),
    ifEqual(quicLongHeader, { yes: 'keep', no: 'drop' }),
    at('tcp'),
    loadIndexed(bpf.B, 13),
    and(flag.syn | flag.ack),
    ifEqual(flag.syn, { yes: 'keep' }),
    ifAnyBit(flag.syn, { yes: 'drop' }),
    loadIndexed(bpf.B, 12),
    and(0xf0),
    shiftRight(2),
    addX(),
    moveToX(),
    recall(memory.end),
    ifEqual(0, { yes: 'unless excluded' }),
    ifGreaterThanX({ yes: 'unless excluded' }),
    at('drop'),
    keep(0),
    at('keep'),
    keep(wholePacket),
  ];
}

/** The end of the way: keeps the packet unless its source is excluded. */
function unlessExcluded(networks: readonly AddressNetwork[]): BpfStatement[] {
  const [v4, v6] = ([4, 6] as const).map((version) => networks.filter((n) => n.version === version));
  return [
    at('unless excluded'),
    recallX(memory.ip),
    recall(memory.version),
    ifEqual(6, { yes: 'source 6', no: 'source 4' }),
    at('source 6'),
    jump('sources 6'),
    at('source 4'),
    ...ifInNetworks(v4 ?? [], 12, 'excluded 4', 'excluded'),
    keep(wholePacket),
    at('sources 6'),
    ...ifInNetworks(v6 ?? [], 8, 'excluded 6', 'excluded'),
    keep(wholePacket),
    at('excluded'),
    keep(0),
  ];
}

/**
 * The filter for what clients send to the ports to open TLS connections, over IPv4 and IPv6: `transport` says
 * which packets. It runs on a cooked packet socket, so packets start with the IP header whatever the
 * interface; the kernel has taken off one VLAN tag, further ones are looked through.
 *
 * What this machine sends is dropped: otherwise its own connections to others look like visitors, and loopback
 * shows everything twice. Later fragments of TCP and UDP pass whatever their port, which only the first one
 * names: who floods with fragments reaches the ring, not more.
 *
 * Throws EINVAL for a wrong address or port, E2BIG for more of them than a filter can hold. Exclusions that do
 * not fit are left to whoever reads the packets.
 */
export function captureFilter(options: CaptureFilterOptions): BpfInstruction[] {
  const { ports, excludeSourceIps, localAddresses = [] } = options;
  for (const port of ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw systemError('EINVAL', `sentinel.ports: ${port} is not a port from 1 to 65535`);
    }
  }
  if (ports.length === 0) throw systemError('EINVAL', 'sentinel.ports: name at least one port, e.g. [443]');
  const excluded = excludeSourceIps.map((text) => parseNetwork(text, 'sentinel.exclude_source_ips'));
  const local = localAddresses.map((text) => parseNetwork(text, 'sentinel.local_addresses'));
  const whole = program(ports, local, excluded);
  if (whole.length <= maxInstructions) return whole;
  const shorter = program(ports, local, []);
  if (shorter.length <= maxInstructions) return shorter;
  throw systemError(
    'E2BIG',
    `sentinel.ports and .local_addresses make a filter of ${shorter.length} instructions, the kernel takes ` +
      `${maxInstructions}: name networks instead of addresses`,
  );
}

function program(
  ports: readonly number[],
  local: readonly AddressNetwork[],
  excluded: readonly AddressNetwork[],
): BpfInstruction[] {
  return assemble([
    load(bpf.W, ancillary.packetType),
    ifEqual(packetOutgoing, { no: 'incoming' }),
    keep(0),
    at('incoming'),
    load(bpf.W, ancillary.protocol),
    ...linkLayer(),
    ...ipv4(local),
    ...ipv6(local),
    ...transport(ports),
    ...unlessExcluded(excluded),
  ]);
}
