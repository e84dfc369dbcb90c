import { setTimeout as sleep } from 'node:timers/promises';
import type { Capture, CaptureTarget } from './capture-contract.ts';
import { libc } from './libc.ts';
import { bindToInterface, interfaceIndex, noSuchInterface } from './network-interface.ts';
import { PacketRing } from './packet-ring.ts';
import { getOption, SOL_PACKET } from './socket-option.ts';

const PACKET_STATISTICS = 6;
/**
 * How long the reader sleeps when it finds nothing. It looks into the ring instead of waiting on the
 * descriptor: no call ever blocks the thread, whose timers and messages stay exact, and a look costs less
 * than a microsecond. What arrives in between is a small part of the ring.
 */
const sleepMs = 4;
const tickMs = 100;
/** How long a stop waits for packets that the kernel has seen and not yet handed over. */
const stopMs = 100;
const lookAtInterfaceMs = 1_000;
/** Blocks that are read before the thread's other work gets a turn. */
const blocksPerTurn = 32;

/**
 * Reads packets of an interface from a ring that the kernel fills, in turns of the thread's event loop.
 * It needs no privilege. An interface that goes away and comes back is captured from again.
 * It reports `capture_packets` (handed over), `capture_cut` (longer than the ring holds),
 * `capture_kernel_packets` (what the filter let through), `capture_kernel_drops` (of these, lost because the
 * ring was full) and `capture_ring_freezes`. The descriptor is its own once it has started.
 * Throws ENODEV for an unknown interface, ENOMEM when not even a small ring can be had.
 */
export function startRingCapture(
  fd: number,
  { interface: name, log, onPacket, onTick }: CaptureTarget,
): Capture {
  const counters = {
    capture_packets: 0,
    capture_cut: 0,
    capture_kernel_packets: 0,
    capture_kernel_drops: 0,
    capture_ring_freezes: 0,
  };
  let boundTo = interfaceIndex(name);
  if (boundTo === undefined) throw noSuchInterface(name);
  const ring = new PacketRing(fd);
  if (!bindToInterface(fd, boundTo)) {
    ring.close();
    throw noSuchInterface(name);
  }

  let trouble: string | undefined;
  let running = true;
  let tickedAt = performance.now();
  let lookedAt = tickedAt;

  const readStatistics = () => {
    // struct tpacket_stats_v3 { packets, drops, freezes }; reading sets them to 0.
    const [packets = 0, drops = 0, freezes = 0] = getOption(fd, SOL_PACKET, PACKET_STATISTICS, 3) ?? [];
    counters.capture_kernel_packets += packets;
    counters.capture_kernel_drops += drops;
    counters.capture_ring_freezes += freezes;
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

  const take = (blocks: number) => {
    const packets = ring.drain(onPacket, blocks);
    counters.capture_packets += packets;
    counters.capture_cut = ring.cutPackets;
    return packets;
  };

  /** The kernel hands over its last, unfinished block within the block's timeout. */
  const takeLastPackets = async () => {
    const deadline = performance.now() + stopMs;
    do {
      take(ring.blocks);
      readStatistics();
      if (counters.capture_packets + counters.capture_kernel_drops >= counters.capture_kernel_packets) return;
      await sleep(sleepMs);
    } while (performance.now() < deadline);
  };

  const turn = () => {
    if (!running) return;
    const packets = take(blocksPerTurn);
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
    if (packets === 0) sleeping = setTimeout(turn, sleepMs);
    else setImmediate(turn);
  };
  let sleeping = setTimeout(turn, 0);

  return {
    counters: () => {
      if (running) readStatistics();
      return { ...counters };
    },
    ready: () => (trouble === undefined ? { ok: true } : { ok: false, why: trouble }),
    stop: async () => {
      if (!running) return;
      running = false;
      clearTimeout(sleeping);
      await takeLastPackets();
      ring.close();
      libc().close(fd);
    },
  };
}
