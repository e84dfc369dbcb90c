import koffi from 'koffi';
import type { PacketSink } from '../capture-file/format.ts';
import { linkType } from '../decode/frame.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';
import { SOL_PACKET, setOption } from './socket-option.ts';

const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const TPACKET_V3 = 2;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const mapFailed = 0xffff_ffff_ffff_ffffn;

const statusKernel = 0;
const statusUser = 1;

const blockBytes = 128 * 1024;
const frameBytes = 2048;
/**
 * A block is handed over when it is full or this old. Events wait for it, far less than a request takes to
 * be logged; and a ring of 256 blocks then bridges pauses of two seconds even when each holds one packet.
 */
const blockTimeoutMs = 8;
const wantedBlocks = 256;
const fewestBlocks = 16;

const statusVlanValid = 1 << 4;
const etherTypeIpv4 = 0x0800;
const etherTypeIpv6 = 0x86dd;
const vlanTagBytes = 4;

/**
 * TPACKET_V3 receive ring (packet_mmap.rst): blocks of packets in memory that the kernel and we share.
 *
 *     block   u32 version, u32 private, u32 status, u32 packets, u32 first packet, …
 *       word       0            1           2           3              4
 *     packet  u32 next, u32 s, u32 ns, u32 captured, u32 on wire, u32 status, u16 mac, u16 net, …
 *       word      0       1       2        3             4            5         6 (low half: mac)
 */
export class PacketRing {
  readonly blocks: number;
  /** Packets that were longer than what was kept of them. */
  cutPackets = 0;
  readonly #address: bigint;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #status: Int32Array;
  #next = 0;
  #closed = false;

  /** Lays a ring over an unbound packet socket. Takes less memory when the system has none: 32 to 2 MiB. */
  constructor(fd: number) {
    setOption(fd, SOL_PACKET, PACKET_VERSION, Int32Array.of(TPACKET_V3), 'a packet ring of version 3');
    this.blocks = requestRing(fd);
    const length = this.blocks * blockBytes;
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
   * Hands over up to `maxBlocks` blocks of packets, as LINKTYPE_RAW: how many packets there were. Their bytes
   * are valid during the call only.
   */
  drain(onPacket: PacketSink, maxBlocks: number): number {
    if (this.#closed) return 0;
    let packets = 0;
    for (let taken = 0; taken < maxBlocks; taken++) {
      const blockAt = this.#next * blockBytes;
      const statusAt = (blockAt >> 2) + 2;
      // The kernel writes the status last; an atomic load keeps the reads below behind it.
      if ((Atomics.load(this.#status, statusAt) & statusUser) === 0) break;
      packets += this.#readBlock(blockAt, onPacket);
      Atomics.store(this.#status, statusAt, statusKernel);
      this.#next = this.#next + 1 === this.blocks ? 0 : this.#next + 1;
    }
    return packets;
  }

  #readBlock(blockAt: number, onPacket: PacketSink): number {
    const words = this.#words;
    const bytes = this.#bytes;
    const count = words[(blockAt >> 2) + 3]!;
    let at = blockAt + words[(blockAt >> 2) + 4]!;
    for (let i = 0; i < count; i++) {
      const word = at >> 2;
      const captured = words[word + 3]!;
      if (captured < words[word + 4]!) this.cutPackets += 1;
      const start = at + (words[word + 6]! & 0xffff);
      const tagged = (words[word + 5]! & statusVlanValid) !== 0 && startsWithTag(bytes, start, captured);
      const skip = tagged ? vlanTagBytes : 0;
      const timestampNs = words[word + 1]! * 1e9 + words[word + 2]!;
      onPacket(bytes, start + skip, captured - skip, linkType.raw, timestampNs);
      at += words[word]!;
    }
    return count;
  }

  /** Unmaps the ring; the descriptor stays open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc().munmap(this.#address, this.blocks * blockBytes);
  }
}

/**
 * Whether an inner VLAN tag stands before the IP header: its number, then an EtherType and a header of that IP
 * version. The kernel takes off the outer tag only, and what it says of the inner one differs by version.
 */
function startsWithTag(bytes: Uint8Array, start: number, captured: number): boolean {
  if (captured <= vlanTagBytes) return false;
  const etherType = (bytes[start + 2]! << 8) | bytes[start + 3]!;
  const version = bytes[start + vlanTagBytes]! >> 4;
  return (etherType === etherTypeIpv4 && version === 4) || (etherType === etherTypeIpv6 && version === 6);
}

/** Asks for the ring (`struct tpacket_req3`), halving it while memory is short: its number of blocks. */
function requestRing(fd: number): number {
  for (let blocks = wantedBlocks; ; blocks /= 2) {
    const frames = (blockBytes / frameBytes) * blocks;
    const request = Uint32Array.of(blockBytes, blocks, frameBytes, frames, blockTimeoutMs, 0, 0);
    try {
      setOption(
        fd,
        SOL_PACKET,
        PACKET_RX_RING,
        request,
        `a packet ring of ${(blocks * blockBytes) >> 20} MiB`,
      );
      return blocks;
    } catch (error) {
      const isShort = error instanceof Error && 'code' in error && error.code === 'ENOMEM';
      if (!isShort || blocks <= fewestBlocks) throw error;
    }
  }
}
