import koffi from 'koffi';
import type { PacketSink } from '../capture-file/format.ts';
import { linkType } from '../decode/frame.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';
import type { LocalDestinations } from './local-destinations.ts';
import { SOL_PACKET, setOption } from './socket-option.ts';

const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const TPACKET_V3 = 2;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const mapFailed = 0xffff_ffff_ffff_ffffn;

const statusKernel = 0;
const statusUser = 1;

/**
 * Holds all but the last bytes of the largest packet that reassembly in the kernel makes (65,535 bytes); small
 * beyond that, because a block is used up by its age too.
 */
const blockBytes = 64 * 1024;
const frameBytes = 2048;
/**
 * A block is handed over when it is full or this old: the least that the kernel takes, because events wait for
 * it. 1,024 blocks then bridge a pause of a second at least. Kernels before 6.18 round it up to a timer tick.
 */
const blockTimeoutMs = 1;
/** For all rings of a capture together. */
const ringBytes = 64 << 20;
const fewestBlocks = 32;

const statusVlanValid = 1 << 4;
const packetOtherHost = 3;
const etherTypeIpv4 = 0x0800;
const etherTypeIpv6 = 0x86dd;
const vlanTagBytes = 4;

/**
 * Gives an unbound packet socket its ring: how many blocks it has, which is less when the system is short of
 * memory. @param rings how many rings share the memory
 */
export function requestRing(fd: number, rings: number): number {
  setOption(fd, SOL_PACKET, PACKET_VERSION, Int32Array.of(TPACKET_V3), 'a packet ring of version 3');
  const wanted = Math.max(fewestBlocks, Math.floor(ringBytes / blockBytes / rings));
  for (let blocks = wanted; ; blocks = Math.max(fewestBlocks, blocks >> 1)) {
    // struct tpacket_req3 { block size, blocks, frame size, frames, timeout, private bytes, features }
    const frames = (blockBytes / frameBytes) * blocks;
    const request = Uint32Array.of(blockBytes, blocks, frameBytes, frames, blockTimeoutMs, 0, 0);
    try {
      const what = `a packet ring of ${(blocks * blockBytes) >> 20} MiB`;
      setOption(fd, SOL_PACKET, PACKET_RX_RING, request, what);
      return blocks;
    } catch (error) {
      const isShort = error instanceof Error && 'code' in error && error.code === 'ENOMEM';
      if (!isShort || blocks === fewestBlocks) throw error;
    }
  }
}

/**
 * TPACKET_V3 receive ring (packet_mmap.rst): blocks of packets in memory that the kernel and we share.
 *
 *     block   u32 version, u32 private, u32 status, u32 packets, u32 first packet, …
 *       word       0            1           2           3              4
 *     packet  u32 next, u32 s, u32 ns, u32 captured, u32 on wire, u32 status, u16 mac, u16 net, …
 *       word      0       1       2        3             4            5         6 (low half: mac)
 *     and at byte 48 of it a struct sockaddr_ll:
 *             u16 family, be16 EtherType, i32 interface, u16 hardware, u8 packet type, …
 *       byte     48            50               52            56            58
 */
export class PacketRing {
  /** Packets that were longer than what was kept of them. */
  cutPackets = 0;
  /** Packets that were not handed over, because they were for other machines. */
  foreignPackets = 0;
  readonly #blocks: number;
  readonly #local: LocalDestinations | undefined;
  readonly #address: bigint;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #status: Int32Array;
  #next = 0;
  #closed = false;

  /** Maps the ring that `requestRing` gave to the socket. @param local hand over only what is for these */
  constructor(fd: number, blocks: number, local: LocalDestinations | undefined) {
    this.#blocks = blocks;
    this.#local = local;
    const length = blocks * blockBytes;
    this.#address = libc().mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    if (this.#address === mapFailed) {
      throw systemError(lastErrorCode(), `the packet ring cannot be mapped: ${lastErrorText()}`);
    }
    const memory = koffi.view(this.#address, length);
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#status = new Int32Array(memory);
  }

  /**
   * Hands over up to `maxBlocks` blocks of packets, each by the EtherType it begins with: how many packets there
   * were. Their bytes are valid during the call only.
   */
  drain(onPacket: PacketSink, maxBlocks = this.#blocks): number {
    if (this.#closed) return 0;
    let packets = 0;
    for (let taken = 0; taken < maxBlocks; taken++) {
      const blockAt = this.#next * blockBytes;
      const statusAt = (blockAt >> 2) + 2;
      // The kernel writes the status last; an atomic load keeps the reads below behind it.
      if ((Atomics.load(this.#status, statusAt) & statusUser) === 0) break;
      packets += this.#readBlock(blockAt, onPacket);
      Atomics.store(this.#status, statusAt, statusKernel);
      this.#next = this.#next + 1 === this.#blocks ? 0 : this.#next + 1;
    }
    return packets;
  }

  #readBlock(blockAt: number, onPacket: PacketSink): number {
    const words = this.#words;
    const bytes = this.#bytes;
    const local = this.#local;
    const count = words[(blockAt >> 2) + 3]!;
    let at = blockAt + words[(blockAt >> 2) + 4]!;
    for (let i = 0; i < count; i++, at += words[at >> 2]!) {
      const word = at >> 2;
      const captured = words[word + 3]!;
      const onWire = words[word + 4]!;
      if (captured < onWire) this.cutPackets += 1;
      const etherType = (bytes[at + 50]! << 8) | bytes[at + 51]!;
      const start = at + (words[word + 6]! & 0xffff);
      const tagged = (words[word + 5]! & statusVlanValid) !== 0;
      const skip = tagged && startsWithTag(bytes, start, captured, onWire, etherType) ? vlanTagBytes : 0;
      if (
        local !== undefined &&
        bytes[at + 58] !== packetOtherHost &&
        !local.include(bytes, start + skip, captured - skip, etherType, words[word + 13]!)
      ) {
        this.foreignPackets += 1;
        continue;
      }
      const timestampNs = words[word + 1]! * 1e9 + words[word + 2]!;
      onPacket(bytes, start + skip, captured - skip, linkType.etherType + etherType, timestampNs);
    }
    return count;
  }

  /** Unmaps the ring; the descriptor stays open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc().munmap(this.#address, this.#blocks * blockBytes);
  }
}

/**
 * Whether a second VLAN tag stands before the IP header that the EtherType announces. The kernel takes off the
 * outer tag only; older ones then name the inner tag's type, newer ones (6.11) that of what follows all tags,
 * and only the packet itself says which: an IP header's length fits the packet, a tag read as one does not.
 */
function startsWithTag(
  bytes: Uint8Array,
  start: number,
  captured: number,
  onWire: number,
  etherType: number,
): boolean {
  if (etherType !== etherTypeIpv4 && etherType !== etherTypeIpv6) return false;
  if (captured < vlanTagBytes + 8) return false;
  const version = etherType === etherTypeIpv4 ? 4 : 6;
  if (((bytes[start + 2]! << 8) | bytes[start + 3]!) !== etherType) return false;
  if (bytes[start + vlanTagBytes]! >> 4 !== version) return false;
  if (bytes[start]! >> 4 !== version) return true;
  return ipLength(bytes, start, version) !== onWire;
}

function ipLength(bytes: Uint8Array, ip: number, version: 4 | 6): number {
  return version === 4
    ? (bytes[ip + 2]! << 8) | bytes[ip + 3]!
    : 40 + ((bytes[ip + 4]! << 8) | bytes[ip + 5]!);
}
