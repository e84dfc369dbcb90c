import { randomFrom } from './random.ts';

/**
 * How a host looks from the server, whoever uses it: what routers and the stack's settings decide. All within
 * what Linux and Android do, because all clients run on Linux and say so.
 */
export interface Look {
  /** Routers on the way; the initial TTL is 64. */
  readonly hops: number;
  /** Path MTU, from which the SYN's MSS follows. */
  readonly mtu: number;
  readonly rttMs: number;
  /** Mean of what a packet is late beyond half the round trip. */
  readonly jitterMs: number;
  /** net.ipv4.tcp_rmem: its middle decides the SYN's window, its last the window scale. */
  readonly tcpRmem: string;
  readonly timestamps: boolean;
  readonly sack: boolean;
}

const mtus = [1500, 1500, 1500, 1492, 1492, 1480, 1472, 1460, 1452, 1430, 1420, 1400];
const middles = [131_072, 131_072, 131_072, 87_380, 65_536, 212_992, 524_288];
const lasts = [6_291_456, 6_291_456, 6_291_456, 4_194_304, 2_097_152, 8_388_608, 16_777_216, 33_554_432];

/** FNV-1a, 32 bit: a number for a text. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

/** The look of an address under a seed: always the same, and independent of who comes from there. */
export function lookOf(address: string, seed: number): Look {
  const random = randomFrom(hashOf(`${seed} ${address}`));
  // Box and Muller's normal deviate: round trips are log-normal, 60 ms in the middle, without a lower edge, near
  // which the few milliseconds that a browser is slower than a tool would show.
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const rttMs = Math.min(random.between(300, 400), 60 * Math.exp(0.85 * normal));
  return {
    hops: random.integer(4, 22),
    mtu: random.pick(mtus),
    rttMs: Math.round(rttMs * 100) / 100,
    jitterMs: Math.round(rttMs * random.between(0.03, 0.25) * 100) / 100,
    tcpRmem: `4096 ${random.pick(middles)} ${random.pick(lasts)}`,
    timestamps: !random.chance(0.06),
    sack: !random.chance(0.03),
  };
}

/** The settings of a look below /proc/sys/net. */
export function settingsOf(look: Look): string[] {
  const ttl = 64 - look.hops;
  return [
    `ipv4/ip_default_ttl ${ttl}`,
    `ipv6/conf/eth0/hop_limit ${ttl}`,
    `ipv4/tcp_rmem ${look.tcpRmem}`,
    `ipv4/tcp_timestamps ${look.timestamps ? 1 : 0}`,
    `ipv4/tcp_sack ${look.sack ? 1 : 0}`,
  ];
}
