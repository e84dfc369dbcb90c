import type { Logger } from 'pino';
import type { PacketSink } from '../capture-file/format.ts';
import type { CaptureSocketOptions } from './capture-socket.ts';
import type { CaptureSource } from './capture-source.ts';

/** What to capture from. */
export interface CaptureSourceOptions extends CaptureSocketOptions {
  /** Interface names, or `any`. One that is missing is waited for while there is another. */
  readonly interfaces: readonly string[];
  readonly log: Logger;
}

export interface CaptureOptions extends CaptureSourceOptions {
  /** Called synchronously with each packet, in order; its bytes are valid during the call only. */
  readonly onPacket: PacketSink;
  /** Called about every 100 ms, with or without packets. */
  readonly onTick?: (() => void) | undefined;
  /** Whether something waits for this thread's event loop: the capture then returns to it every millisecond. */
  readonly hasOtherWork?: (() => boolean) | undefined;
  /**
   * What was opened while the process had the right to, from `captureSourceWithoutPrivileges`; ports,
   * exclusions and filter text are then not looked at again. The capture closes it.
   */
  readonly source?: CaptureSource | undefined;
}

/** A running live capture. */
export interface Capture {
  /**
   * Totals since the start, named `capture_…`, and the same per interface as `capture_….eth0`; losses are in
   * `capture_kernel_drops`.
   */
  counters(): Record<string, number>;
  ready(): { ok: boolean; why?: string };
  /** Hands over what was captured before, then closes everything. */
  stop(): Promise<void>;
}
