import type { Logger } from 'pino';
import type { PacketSink } from '../capture-file/format.ts';
import type { CaptureSocketOptions } from './capture-socket.ts';

/** Where packets come from and go to. */
export interface CaptureTarget {
  /** Interface name, or `any`. */
  readonly interface: string;
  readonly log: Logger;
  /** Called synchronously with each packet, in order; its bytes are valid during the call only. */
  readonly onPacket: PacketSink;
  /** Called about every 100 ms, with or without packets. */
  readonly onTick?: (() => void) | undefined;
}

export interface CaptureOptions extends CaptureSocketOptions, CaptureTarget {
  /**
   * A packet socket that carries the filter already, from `captureSocketWithoutPrivileges`; ports,
   * exclusions and filter text are then not looked at again. The capture closes it.
   */
  readonly captureSocket?: number | undefined;
}

/** A running live capture. */
export interface Capture {
  /** Totals since the start, named `capture_…`; losses are in `capture_kernel_drops`. */
  counters(): Record<string, number>;
  ready(): { ok: boolean; why?: string };
  /** Hands over what was captured before, then closes everything. */
  stop(): Promise<void>;
}
