import type { Capture, CaptureOptions } from './capture-contract.ts';
import { openCaptureSocket } from './capture-socket.ts';
import { libc } from './libc.ts';
import { startRingCapture } from './ring-capture.ts';
import { startTcpdumpCapture } from './tcpdump-capture.ts';

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
