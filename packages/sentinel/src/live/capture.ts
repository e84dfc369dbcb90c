import type { Logger } from 'pino';
import type { PacketSink } from '../capture-file/format.ts';
import { type CaptureSocketOptions, openCaptureSocket } from './capture-socket.ts';
import { libc } from './libc.ts';
import { startRingCapture } from './ring-capture.ts';
import { startTcpdumpCapture } from './tcpdump-capture.ts';

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

/**
 * Captures live: through a packet ring, or through tcpdump where this process may not have one.
 * Throws ENODEV for an unknown interface, EPERM when nobody here may capture, EINVAL for a wrong setting.
 */
export async function openCapture(options: CaptureOptions): Promise<Capture> {
  let fd = options.captureSocket;
  try {
    fd ??= openCaptureSocket(options);
    return startRingCapture(fd, options);
  } catch (error) {
    if (fd !== undefined) libc().close(fd);
    if (!(error instanceof Error) || !('code' in error) || !withoutRing.has(String(error.code))) throw error;
    options.log.warn(
      { reason: error.message },
      'no packet ring: trying tcpdump, which loses packets at high rates',
    );
    return await startTcpdumpCapture(options).catch((second: Error) => {
      throw Object.assign(new Error(`${error.message}. ${second.message}`), { code: error.code });
    });
  }
}

/** Errors that say that the ring cannot be had here, rather than that a setting is wrong. */
const withoutRing: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'ENOMEM',
  'ENOPROTOOPT',
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
]);
