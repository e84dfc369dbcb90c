import type { Capture, CaptureOptions, CaptureSourceOptions } from './capture-contract.ts';
import { type CaptureSource, openRings } from './capture-source.ts';
import { startRingCapture } from './ring-capture.ts';
import { startTcpdumpCapture } from './tcpdump-capture.ts';
import { openTcpdumps } from './tcpdump-process.ts';

/**
 * Opens what takes a privilege: a packet ring for each interface, or tcpdump where this process may not have
 * one. Throws EPERM when nobody here may capture, EINVAL for a wrong setting.
 */
export async function openCaptureSource(options: CaptureSourceOptions): Promise<CaptureSource> {
  try {
    return { kind: 'rings', rings: openRings(options) };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !withoutRing.has(String(error.code))) throw error;
    options.log.warn(
      { reason: error.message },
      'no packet ring: trying tcpdump, which loses packets at high rates',
    );
    const processes = await openTcpdumps(options).catch((second: Error) => {
      throw Object.assign(new Error(`${error.message}. ${second.message}`), { code: error.code });
    });
    return { kind: 'tcpdump', processes };
  }
}

/**
 * Captures live, from what was opened before or is opened now.
 * Throws ENODEV for unknown interfaces, and as `openCaptureSource` does.
 */
export async function openCapture(options: CaptureOptions): Promise<Capture> {
  const source = options.source ?? (await openCaptureSource(options));
  return source.kind === 'rings'
    ? startRingCapture(source.rings, options)
    : startTcpdumpCapture(source.processes, options);
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
