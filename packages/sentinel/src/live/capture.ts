import type { Logger } from 'pino';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';
import { bindToInterface, interfaceIndex, noSuchInterface } from './network-interface.ts';
import { PacketRing, type PacketSink } from './packet-ring.ts';
import { getOption, SOL_PACKET, SOL_SOCKET } from './socket-option.ts';

export interface CaptureOptions {
  /** From `openCaptureSocket`; a capture that started owns it and closes it. */
  readonly fd: number;
  /** Interface name, or `any`. */
  readonly interface: string;
  readonly log: Logger;
  /** Called synchronously with each packet, in order. */
  readonly onPacket: PacketSink;
  /** Called about every 100 ms, with or without packets. */
  readonly onTick?: () => void;
}

/** A running live capture. */
export interface Capture {
  /**
   * Totals since the start: `captured`, `capture_cut` (longer than the ring holds), `kernel_packets` (what
   * the filter let through), `kernel_drops` (of these, lost because the ring was full), `ring_freezes`.
   */
  counters(): Record<string, number>;
  ready(): { ok: boolean; why?: string };
  /** Hands over what the ring holds, then closes it. */
  stop(): void;
}

const PACKET_STATISTICS = 6;
const SO_ERROR = 4;
const POLLIN = 1;
const POLLERR = 8;
/** How long one wait for packets may hold up the thread's other work. */
const waitMs = 20;
const tickMs = 100;
const lookAtInterfaceMs = 1_000;
/** Blocks that are read before the thread's other work gets a turn. */
const blocksPerTurn = 32;

/**
 * Reads packets of an interface from a ring that the kernel fills. It belongs in a thread of its own: each
 * turn waits up to 20 ms for packets, between turns the thread's timers and messages run.
 * It needs no privilege. An interface that goes away and comes back is captured from again.
 * Throws ENODEV for an unknown interface, ENOMEM when not even a small ring can be had.
 */
export function startCapture({ fd, interface: name, log, onPacket, onTick }: CaptureOptions): Capture {
  const counters = { captured: 0, capture_cut: 0, kernel_packets: 0, kernel_drops: 0, ring_freezes: 0 };
  let boundTo = interfaceIndex(name);
  if (boundTo === undefined) throw noSuchInterface(name);
  const ring = new PacketRing(fd);
  if (!bindToInterface(fd, boundTo)) throw noSuchInterface(name);

  const descriptor = new Uint8Array(8);
  new DataView(descriptor.buffer).setInt32(0, fd, true);
  new DataView(descriptor.buffer).setInt16(4, POLLIN, true);
  let trouble: string | undefined;
  let running = true;
  let tickedAt = performance.now();
  let lookedAt = tickedAt;

  const readStatistics = () => {
    // struct tpacket_stats_v3 { packets, drops, freezes }; reading sets them to 0.
    const [packets = 0, drops = 0, freezes = 0] = getOption(fd, SOL_PACKET, PACKET_STATISTICS, 3) ?? [];
    counters.kernel_packets += packets;
    counters.kernel_drops += drops;
    counters.ring_freezes += freezes;
    if (drops > 0) log.warn({ interface: name, drops }, 'the capture ring was full: packets were lost');
  };

  const setTrouble = (why: string | undefined) => {
    if (why === trouble) return;
    trouble = why;
    if (why === undefined) log.info({ interface: name }, 'capturing again');
    else log.warn({ interface: name }, why);
  };

  /** Follows an interface that was removed and made again, under a new number. */
  const lookAtInterface = () => {
    const index = interfaceIndex(name);
    if (index === undefined) {
      boundTo = undefined;
      setTrouble(`the interface ${name} is gone: waiting for it`);
    } else if (index !== boundTo && bindToInterface(fd, index)) {
      boundTo = index;
      setTrouble(undefined);
    }
  };

  const wait = () => {
    if (libc().poll(descriptor, 1, waitMs) < 0 && lastErrorCode() !== 'EINTR') {
      throw systemError(lastErrorCode(), `waiting for packets failed: ${lastErrorText()}`);
    }
    // An interface that went down leaves an error, which must be read: poll returns at once until then.
    if ((descriptor[6]! & POLLERR) !== 0 && getOption(fd, SOL_SOCKET, SO_ERROR, 1)?.[0]) {
      log.warn({ interface: name }, 'the interface went down');
    }
  };

  const turn = () => {
    if (!running) return;
    const packets = ring.drain(onPacket, blocksPerTurn);
    counters.captured += packets;
    counters.capture_cut = ring.cutPackets;
    const now = performance.now();
    if (now - tickedAt >= tickMs) {
      tickedAt = now;
      onTick?.();
    }
    if (now - lookedAt >= lookAtInterfaceMs) {
      lookedAt = now;
      readStatistics();
      lookAtInterface();
    }
    if (packets === 0) wait();
    setImmediate(turn);
  };
  setImmediate(turn);

  return {
    counters: () => {
      if (running) readStatistics();
      return { ...counters };
    },
    ready: () => (trouble === undefined ? { ok: true } : { ok: false, why: trouble }),
    stop: () => {
      if (!running) return;
      running = false;
      counters.captured += ring.drain(onPacket, ring.blocks);
      readStatistics();
      ring.close();
      libc().close(fd);
    },
  };
}
