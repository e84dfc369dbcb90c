import ipaddr from 'ipaddr.js';
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
  loadHeaderLength,
  loadIndexed,
  maxInstructions,
  moveToX,
  multiply,
  setX,
  shiftRight,
} from './bpf.ts';
import { systemError } from './libc.ts';

/** What the kernel should let through. */
export interface CaptureFilterOptions {
  /** TCP ports of the web server, 1–65535. */
  readonly ports: readonly number[];
  /** Addresses and networks (`192.0.2.0/24`, `2001:db8::1`) whose packets are not looked at. */
  readonly excludeSourceIps: readonly string[];
}

const etherType = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8 } as const;
const packetOutgoing = 4;
const tcp = 6;
const flag = { syn: 0x02, ack: 0x10 } as const;
/** IPv6 headers that may stand before TCP's: hop-by-hop options, routing, destination options. */
const extensionHeaders = [0, 43, 60] as const;
/** More than any packet has, so that nothing is cut. */
const wholePacket = 0x40000;

interface Network {
  readonly version: 4 | 6;
  /** 32-bit words of address and mask. */
  readonly words: readonly { readonly value: number; readonly mask: number }[];
}

function parseNetwork(text: string): Network {
  const [address, bits] = ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : [parseAddress(text), undefined];
  const bytes = address.toByteArray();
  const prefix = bits ?? bytes.length * 8;
  const words = [];
  for (let i = 0; i < bytes.length; i += 4) {
    const value = new DataView(Uint8Array.from(bytes.slice(i, i + 4)).buffer).getUint32(0);
    const maskBits = Math.min(32, Math.max(0, prefix - i * 8));
    const mask = maskBits === 0 ? 0 : (0xffffffff << (32 - maskBits)) >>> 0;
    words.push({ value: (value & mask) >>> 0, mask });
  }
  return { version: bytes.length === 4 ? 4 : 6, words };
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) return ipaddr.parse(text);
  throw systemError(
    'EINVAL',
    `sentinel.exclude_source_ips: ${text} is neither an address nor a network such as 192.0.2.0/24`,
  );
}

function dropSource(network: Network, sourceAt: number, next: string): BpfStatement[] {
  const compared = network.words.filter((word) => word.mask !== 0);
  return [
    ...compared.flatMap(({ value, mask }, i) => [
      load(bpf.W, sourceAt + i * 4),
      ...(mask === 0xffffffff ? [] : [and(mask)]),
      ifEqual(value, { no: next }),
    ]),
    keep(0),
    at(next),
  ];
}

/** Drops packets to other ports. X holds the offset of the TCP header from `tcpAt`. */
function onlyPorts(ports: readonly number[], tcpAt: number, name: string): BpfStatement[] {
  return [
    loadIndexed(bpf.H, tcpAt + 2),
    ...ports.flatMap((port, i) => [
      ifEqual(port, { no: `${name} port ${i}` }),
      jump(`${name} wanted port`),
      at(`${name} port ${i}`),
    ]),
    keep(0),
    at(`${name} wanted port`),
  ];
}

/**
 * Keeps SYNs, and segments with payload. X holds the offset of the TCP header from `tcpAt`; the length
 * field of the IP header counts from there too. A length of 0 is a jumbogram or a packet that the card
 * has yet to split: kept.
 */
function onlySynOrPayload(tcpAt: number, lengthAt: number, name: string): BpfStatement[] {
  return [
    loadIndexed(bpf.B, tcpAt + 13),
    and(flag.syn | flag.ack),
    ifEqual(flag.syn, { yes: `${name} keep` }),
    ifAnyBit(flag.syn, { yes: `${name} drop` }),
    loadIndexed(bpf.B, tcpAt + 12),
    and(0xf0),
    shiftRight(2),
    addX(),
    moveToX(),
    load(bpf.H, lengthAt),
    ifEqual(0, { yes: `${name} keep` }),
    ifGreaterThanX({ yes: `${name} keep` }),
    at(`${name} drop`),
    keep(0),
    at(`${name} keep`),
    keep(wholePacket),
  ];
}

function ipv4(start: number, networks: readonly Network[], ports: readonly number[]): BpfStatement[] {
  const name = `ipv4 at ${start}`;
  return [
    at(name),
    load(bpf.B, start + 9),
    ifEqual(tcp, { yes: `${name} tcp` }),
    keep(0),
    at(`${name} tcp`),
    load(bpf.H, start + 6),
    ifAnyBit(0x1fff, { no: `${name} first fragment` }),
    keep(0),
    at(`${name} first fragment`),
    ...networks.flatMap((network, i) =>
      network.version === 4 ? dropSource(network, start + 12, `${name} network ${i}`) : [],
    ),
    loadHeaderLength(start),
    ...onlyPorts(ports, start, name),
    ...onlySynOrPayload(start, start + 2, name),
  ];
}

function ipv6(start: number, networks: readonly Network[], ports: readonly number[]): BpfStatement[] {
  const name = `ipv6 at ${start}`;
  const tcpAt = start + 40;
  return [
    at(name),
    ...networks.flatMap((network, i) =>
      network.version === 6 ? dropSource(network, start + 8, `${name} network ${i}`) : [],
    ),
    setX(0),
    load(bpf.B, start + 6),
    ifEqual(tcp, { yes: `${name} tcp` }),
    ...extensionHeaders.map((type) => ifEqual(type, { yes: `${name} extension` })),
    keep(0),
    at(`${name} extension`),
    load(bpf.B, start + 41),
    add(1),
    multiply(8),
    moveToX(),
    load(bpf.B, start + 40),
    ifEqual(tcp, { yes: `${name} tcp` }),
    keep(0),
    at(`${name} tcp`),
    ...onlyPorts(ports, tcpAt, name),
    ...onlySynOrPayload(tcpAt, start + 4, name),
  ];
}

/** Goes to the IP version that the EtherType in A names. */
function byEtherType(start: number): BpfStatement[] {
  const name = `type at ${start}`;
  return [
    ifEqual(etherType.ipv4, { no: `${name} not ipv4` }),
    jump(`ipv4 at ${start}`),
    at(`${name} not ipv4`),
    ifEqual(etherType.ipv6, { no: `${name} not ipv6` }),
    jump(`ipv6 at ${start}`),
    at(`${name} not ipv6`),
  ];
}

/** The port filter's view: the packet starts behind the link layer, and was not sent by this machine. */
const notOutgoing: readonly BpfStatement[] = [
  load(bpf.W, ancillary.packetType),
  ifEqual(packetOutgoing, { no: 'not outgoing' }),
  keep(0),
  at('not outgoing'),
  load(bpf.W, ancillary.protocol),
];

/**
 * The filter for client → server TCP: SYNs, and segments with payload, to one of the ports, over IPv4 and
 * IPv6, from sources that are not excluded. It runs on a cooked packet socket, so packets start with the
 * IP header whatever the interface; the kernel has taken off one VLAN tag, a second one is looked through.
 * What this machine sends is dropped: otherwise its own connections to others look like visitors, and
 * loopback shows everything twice.
 * Throws EINVAL for a wrong address, E2BIG for more exclusions than a filter can hold.
 */
export function captureFilter({ ports, excludeSourceIps }: CaptureFilterOptions): BpfInstruction[] {
  for (const port of ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw systemError('EINVAL', `sentinel.ports: ${port} is not a port from 1 to 65535`);
    }
  }
  if (ports.length === 0) throw systemError('EINVAL', 'sentinel.ports: name at least one port, e.g. [443]');
  const networks = excludeSourceIps.map(parseNetwork);
  const program = assemble([
    ...notOutgoing,
    ...byEtherType(0),
    ifEqual(etherType.vlan, { yes: 'tagged' }),
    ifEqual(etherType.serviceVlan, { yes: 'tagged' }),
    keep(0),
    at('tagged'),
    load(bpf.H, 2),
    ...byEtherType(4),
    keep(0),
    ...ipv4(0, networks, ports),
    ...ipv6(0, networks, ports),
    ...ipv4(4, networks, ports),
    ...ipv6(4, networks, ports),
  ]);
  if (program.length > maxInstructions) {
    throw systemError(
      'E2BIG',
      `sentinel.exclude_source_ips and .ports make a filter of ${program.length} instructions, the kernel takes ${maxInstructions}: ` +
        'name networks instead of addresses',
    );
  }
  return program;
}

/**
 * Puts before a program for raw IP packets what every capture needs: IP only, nothing that this machine
 * sends. Jumps are relative, so the program itself stays as it is.
 */
export function onlyIncomingIp(program: readonly BpfInstruction[]): BpfInstruction[] {
  const prefix = assemble([
    ...notOutgoing,
    ifEqual(etherType.ipv4, { yes: 'ip' }),
    ifEqual(etherType.ipv6, { yes: 'ip' }),
    keep(0),
    at('ip'),
    keep(0),
  ]);
  return [...prefix.slice(0, -1), ...program];
}
