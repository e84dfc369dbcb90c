import koffi from 'koffi';
import { type BpfInstruction, encodeProgram } from './bpf.ts';
import { type CaptureFilterOptions, captureFilter } from './capture-filter.ts';
import { compileFilterText } from './filter-text.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';
import { getOption, SOL_PACKET, SOL_SOCKET, setOption } from './socket-option.ts';

export interface CaptureSocketOptions extends CaptureFilterOptions {
  /** A pcap filter text that replaces the one built from ports, addresses and exclusions, and its direction. */
  readonly bpfFilter?: string | undefined;
}

export const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SO_ATTACH_FILTER = 26;
const SO_DOMAIN = 39;
const SO_LOCK_FILTER = 44;
const PACKET_IGNORE_OUTGOING = 23;

/** The filter that the options ask for. Throws EINVAL and E2BIG for a wrong one, ENOENT for a text without tcpdump. */
export function captureProgram(options: CaptureSocketOptions): BpfInstruction[] {
  return options.bpfFilter === undefined ? captureFilter(options) : compileFilterText(options.bpfFilter);
}

/**
 * Opens a packet socket that hears only what the filter lets through. This is all that needs CAP_NET_RAW.
 *
 * The socket is "cooked" (packets start with the IP header), so that Ethernet, loopback, tunnels and all
 * interfaces at once look the same. It is opened with protocol 0, so that nothing arrives before the filter
 * is attached, and the filter is locked: whoever inherits the descriptor cannot hear more.
 * @param incomingOnly what this machine sends need not even be shown to the filter
 * Throws EPERM without the right.
 */
export function openCaptureSocket(program: readonly BpfInstruction[], incomingOnly: boolean): number {
  const fd = libc().socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw refusal(lastErrorCode(), lastErrorText());
  try {
    attachFilter(fd, program);
    setOption(fd, SOL_SOCKET, SO_LOCK_FILTER, Int32Array.of(1), 'locking the capture filter');
    // Kernels before 4.20 do not know it; the filter says the same, at the cost of a look at each packet.
    const yes = Int32Array.of(1);
    if (incomingOnly) libc().setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, yes, yes.byteLength);
  } catch (error) {
    libc().close(fd);
    throw error;
  }
  return fd;
}

function refusal(code: string, text: string): Error {
  if (code !== 'EPERM' && code !== 'EACCES') {
    return systemError(code, `packets cannot be captured (${text}): live capture needs Linux packet sockets`);
  }
  return systemError(
    code,
    'packets cannot be captured without CAP_NET_RAW: run ja4 sentinel as root, from systemd with ' +
      'AmbientCapabilities=CAP_NET_RAW, or, on a machine of your own (every user of this Node may capture then), ' +
      `after: sudo setcap cap_net_raw=ep ${process.execPath}`,
  );
}

/** `struct sock_fprog { unsigned short len; struct sock_filter *filter; }`; the pointer is at byte 8. */
function attachFilter(fd: number, program: readonly BpfInstruction[]): void {
  const instructions = encodeProgram(program);
  const header = BigUint64Array.of(BigInt(program.length), koffi.address(instructions));
  setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, header, `the capture filter of ${instructions.length} bytes`);
}

/** Whether a descriptor, e.g. one named by the environment, is a packet socket. */
export function isCaptureSocket(fd: number): boolean {
  return getOption(fd, SOL_SOCKET, SO_DOMAIN, 1)?.[0] === AF_PACKET;
}
