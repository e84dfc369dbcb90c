import { setTimeout as sleep } from 'node:timers/promises';
import type { Capture, CaptureOptions } from './capture-contract.ts';
import type { OpenedRing } from './capture-source.ts';
import { InterfaceCapture } from './interface-capture.ts';
import { libc } from './libc.ts';
import { LocalDestinations } from './local-destinations.ts';
import { interfaceIndex, noSuchInterface } from './network-interface.ts';
import { takeShortTurns } from './short-turns.ts';

/**
 * How long the thread waits in poll(2) for packets before its event loop gets a turn, in milliseconds; and when
 * something else waits for that loop.
 */
const waitMs = 20;
const shortWaitMs = 1;
/** How long packets may keep coming before the event loop gets a turn. */
const turnMs = 5;
const tickMs = 100;
/** How long a stop waits for packets that the kernel has seen and not yet handed over. */
const stopMs = 100;
const lookAtInterfacesMs = 1_000;
/** Blocks that are read of one ring before the next one's turn. */
const blocksPerTurn = 32;

const POLLIN = 1;
const POLLERR = 8;

/**
 * Reads packets from rings that the kernel fills, on the thread that calls. It needs no privilege. An interface
 * that goes away and comes back is captured from again.
 *
 * It reports `capture_packets` (read), of these `capture_not_local` (passed over: not for this machine) and
 * `capture_cut` (longer than a block), `capture_kernel_packets` (what the filter let through), of these
 * `capture_kernel_drops` (lost because the ring was full), `capture_ring_freezes`, and
 * `capture_interfaces_missing`. The descriptors are its own once it has started.
 * Throws ENODEV when none of the interfaces exists.
 */
export function startRingCapture(opened: readonly OpenedRing[], options: CaptureOptions): Capture {
  const { log, onPacket, onTick, hasOtherWork, localAddresses, bpfFilter } = options;
  // A filter of the operator, and addresses that were named, are the kernel's to apply.
  const local = localAddresses === undefined && bpfFilter === undefined ? new LocalDestinations() : undefined;
  const promiscuous = localAddresses?.length === 0;
  const interfaces: InterfaceCapture[] = [];
  const closeAll = () => {
    for (const one of interfaces) one.close();
  };
  const names = opened.map((ring) => ring.interface);
  if (names.every((name) => interfaceIndex(name) === undefined)) {
    for (const { fd } of opened) libc().close(fd);
    throw noSuchInterface(names);
  }
  try {
    for (const ring of opened) interfaces.push(new InterfaceCapture(ring, { log, local, promiscuous }));
  } catch (error) {
    closeAll();
    throw error;
  }

  takeShortTurns();

  // struct pollfd { i32 descriptor; i16 wanted; i16 happened; }
  const polled = Int32Array.from(interfaces.flatMap(({ fd }) => [fd, POLLIN]));
  let running = true;
  let tickedAt = performance.now();
  let lookedAt = tickedAt;

  /** Takes what is there from each ring in turn: how many packets. */
  const take = (): number => {
    let packets = 0;
    for (const one of interfaces) packets += one.take(onPacket, blocksPerTurn);
    return packets;
  };

  /** Sleeps until a ring has a block, at most this long. False when none came. */
  const wait = (ms: number): boolean => {
    if (libc().poll(polled, interfaces.length, ms) <= 0) return false;
    for (let i = 0; i < interfaces.length; i++) {
      if (((polled[i * 2 + 1]! >>> 16) & POLLERR) !== 0) interfaces[i]!.clearError();
    }
    return true;
  };

  const housekeeping = (now: number) => {
    if (now - tickedAt >= tickMs) {
      tickedAt = now;
      onTick?.();
    }
    if (now - lookedAt >= lookAtInterfacesMs) {
      lookedAt = now;
      for (const one of interfaces) one.look();
    }
  };

  /** Packets until there are none for a while or the turn is over; then the event loop, then again. */
  const turn = () => {
    if (!running) return;
    const start = performance.now();
    let now = start;
    do {
      if (take() === 0 && !wait(hasOtherWork?.() === true ? shortWaitMs : waitMs)) break;
      now = performance.now();
    } while (now - start < turnMs);
    housekeeping(performance.now());
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);

  /** The kernel hands over its last, unfinished block within the block's timeout. */
  const takeLastPackets = async () => {
    const deadline = performance.now() + stopMs;
    do {
      for (const one of interfaces) {
        one.take(onPacket);
        one.readStatistics();
      }
      if (interfaces.every(({ isDrained }) => isDrained)) return;
      await sleep(1);
    } while (performance.now() < deadline);
  };

  return {
    counters: () => {
      if (running) for (const one of interfaces) one.readStatistics();
      return sumOfCounters(interfaces);
    },
    ready: () => {
      const why = interfaces.flatMap(({ trouble }) => trouble ?? []).join('; ');
      return why === '' ? { ok: true } : { ok: false, why };
    },
    stop: async () => {
      if (!running) return;
      running = false;
      clearImmediate(next);
      await takeLastPackets();
      closeAll();
    },
  };
}

/** Each counter as a total, and of several interfaces also for each. */
function sumOfCounters(interfaces: readonly InterfaceCapture[]): Record<string, number> {
  const sums: Record<string, number> = {
    capture_interfaces_missing: interfaces.filter(({ trouble }) => trouble !== undefined).length,
  };
  for (const { name, counters } of interfaces) {
    for (const [counter, value] of Object.entries(counters)) {
      sums[counter] = (sums[counter] ?? 0) + value;
      if (interfaces.length > 1) sums[`${counter}.${name}`] = value;
    }
  }
  return sums;
}
