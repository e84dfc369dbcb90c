import type { CaptureSourceOptions } from './capture-contract.ts';
import { captureProgram, openCaptureSocket } from './capture-socket.ts';
import { libc } from './libc.ts';
import { distinctInterfaces } from './network-interface.ts';
import { requestRing } from './packet-ring.ts';

/** A packet socket with filter and ring, not yet bound to its interface. */
export interface OpenedRing {
  readonly interface: string;
  readonly fd: number;
  readonly blocks: number;
}

/** A tcpdump that captures one interface, by the ends of its pipes. */
export interface OpenedTcpdump {
  readonly interface: string;
  /** Its capture file, as it grows. */
  readonly packets: number;
  /** What it says. */
  readonly messages: number;
  /** A line written here asks for its counters; closing it ends the process. */
  readonly control: number;
}

/** Everything of a capture that takes a privilege to open. */
export type CaptureSource =
  | { readonly kind: 'rings'; readonly rings: readonly OpenedRing[] }
  | { readonly kind: 'tcpdump'; readonly processes: readonly OpenedTcpdump[] };

/**
 * Opens a socket with a ring for each interface. Nothing arrives before it is bound.
 * Throws EPERM without CAP_NET_RAW, ENOMEM when not even small rings can be had, EINVAL, E2BIG and ENOENT for a
 * wrong filter.
 */
export function openRings(options: CaptureSourceOptions): OpenedRing[] {
  const program = captureProgram(options);
  const interfaces = distinctInterfaces(options.interfaces);
  const rings: OpenedRing[] = [];
  let fd: number | undefined;
  try {
    for (const name of interfaces) {
      fd = openCaptureSocket(program, options.bpfFilter === undefined);
      rings.push({ interface: name, fd, blocks: requestRing(fd, interfaces.length) });
      fd = undefined;
    }
    return rings;
  } catch (error) {
    if (fd !== undefined) libc().close(fd);
    for (const ring of rings) libc().close(ring.fd);
    throw error;
  }
}
