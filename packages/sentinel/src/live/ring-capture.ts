import type { Capture, CaptureTarget } from './capture.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';
import { bindToInterface, interfaceIndex, noSuchInterface } from './network-interface.ts';
import { PacketRing } from './packet-ring.ts';
import { getOption, SOL_PACKET, SOL_SOCKET } from './socket-option.ts';

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
    counters.capture_packets += packets;
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
    stop: async () => {
      if (!running) return;
      running = false;
      counters.capture_packets += ring.drain(onPacket, ring.blocks);
      readStatistics();
      ring.close();
      libc().close(fd);
    },
  };
}
