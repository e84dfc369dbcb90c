import type { Logger } from 'pino';
import type { PacketSink } from '../capture-file/format.ts';
import type { OpenedRing } from './capture-source.ts';
import { libc } from './libc.ts';
import type { LocalDestinations } from './local-destinations.ts';
import { bindToInterface, hearEverything, interfaceIndex, isDown } from './network-interface.ts';
import { PacketRing } from './packet-ring.ts';
import { getOption, SOL_PACKET, SOL_SOCKET } from './socket-option.ts';

const PACKET_STATISTICS = 6;
const SO_ERROR = 4;

export interface InterfaceCaptureOptions {
  readonly log: Logger;
  /** Only packets for these destinations are handed over. */
  readonly local: LocalDestinations | undefined;
  /** Also hear frames for other machines. */
  readonly promiscuous: boolean;
}

/** One interface, through its ring; it may come and go. */
export class InterfaceCapture {
  readonly name: string;
  readonly fd: number;
  /** Why nothing can be captured from it now. */
  trouble: string | undefined;
  readonly counters = {
    capture_packets: 0,
    capture_not_local: 0,
    capture_cut: 0,
    capture_kernel_packets: 0,
    capture_kernel_drops: 0,
    capture_ring_freezes: 0,
  };
  readonly #ring: PacketRing;
  readonly #log: Logger;
  readonly #promiscuous: boolean;
  #boundTo: number | undefined;
  #wasBound = false;
  #saidNotLocal = false;

  constructor({ interface: name, fd, blocks }: OpenedRing, options: InterfaceCaptureOptions) {
    this.name = name;
    this.fd = fd;
    this.#log = options.log;
    this.#promiscuous = options.promiscuous;
    this.#ring = new PacketRing(fd, blocks, options.local);
    this.#follow();
  }

  /** Hands over up to `maxBlocks` blocks of packets, all by default: how many packets there were. */
  take(onPacket: PacketSink, maxBlocks?: number): number {
    const packets = this.#ring.drain(onPacket, maxBlocks);
    this.counters.capture_packets += packets;
    return packets;
  }

  /** Whether everything that the kernel has let through was handed over or lost. */
  get isDrained(): boolean {
    const { capture_packets, capture_kernel_drops, capture_kernel_packets } = this.counters;
    return capture_packets + capture_kernel_drops >= capture_kernel_packets;
  }

  /** Adds what the kernel has counted since the last time. */
  readStatistics(): void {
    // struct tpacket_stats_v3 { packets, drops, freezes }; reading sets them to 0.
    const [packets = 0, drops = 0, freezes = 0] = getOption(this.fd, SOL_PACKET, PACKET_STATISTICS, 3) ?? [];
    const { counters } = this;
    counters.capture_kernel_packets += packets;
    counters.capture_kernel_drops += drops;
    counters.capture_ring_freezes += freezes;
    counters.capture_cut = this.#ring.cutPackets;
    counters.capture_not_local = this.#ring.foreignPackets;
    if (drops > 0) {
      this.#log.warn({ interface: this.name, drops }, 'the capture ring was full: packets were lost');
    }
  }

  /** Notices that the interface went, came back or is down, and that everything heard is for others. */
  look(): void {
    this.readStatistics();
    this.#follow();
    const { capture_packets: packets, capture_not_local: notLocal } = this.counters;
    if (!this.#saidNotLocal && packets > 0 && notLocal === packets) {
      this.#saidNotLocal = true;
      this.#log.warn(
        { interface: this.name, packets },
        'all packets to the ports are for addresses that are not of this machine: if they are to be looked at ' +
          '(a router, a mirror port), set sentinel.local_addresses to [] or to those addresses',
      );
    }
  }

  /** An error waiting on the socket makes every poll return at once: the interface went down. */
  clearError(): void {
    getOption(this.fd, SOL_SOCKET, SO_ERROR, 1);
  }

  close(): void {
    this.#ring.close();
    libc().close(this.fd);
  }

  /** Binds to the interface of this name, which may have been removed and made again under a new number. */
  #follow(): void {
    const index = interfaceIndex(this.name);
    if (index === undefined || (index !== this.#boundTo && !this.#bind(index))) {
      const state = this.#wasBound ? 'is gone' : 'does not exist';
      this.#boundTo = undefined;
      this.#setTrouble(`the interface ${this.name} ${state}: waiting for it`);
    } else if (index !== 0 && isDown(this.fd, this.name)) {
      this.#setTrouble(`the interface ${this.name} is down: ip link set ${this.name} up`);
    } else this.#setTrouble(undefined);
  }

  /** False when the interface has just been removed. */
  #bind(index: number): boolean {
    if (!bindToInterface(this.fd, index)) return false;
    this.#boundTo = index;
    this.#wasBound = true;
    if (this.#promiscuous && index !== 0 && !hearEverything(this.fd, index)) {
      this.#log.warn({ interface: this.name }, 'the interface cannot be made promiscuous');
    }
    return true;
  }

  #setTrouble(why: string | undefined): void {
    if (why === this.trouble) return;
    this.trouble = why;
    if (why === undefined) this.#log.info({ interface: this.name }, 'capturing again');
    else this.#log.warn({ interface: this.name }, why);
  }
}
