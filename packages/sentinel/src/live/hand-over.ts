import { readFileSync } from 'node:fs';
import { execve } from 'node:process';
import { isCaptureSocket } from './capture-socket.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';

/**
 * The opener and the sniffer are one process id: the opener opens the capture socket, gives up every
 * privilege and then becomes the sniffer with execve(2), which inherits the descriptor.
 *
 * Why not drop privileges and go on: Linux keeps capabilities per thread, and Node has a dozen threads
 * before our first line runs; only a new program image starts with all of them at zero. Why not a child
 * process: the supervisor's (or systemd's) process id, signals and exit status would belong to an idle
 * parent that still holds the privilege, and that costs the memory of a second Node.
 */
export const captureFdVariable = 'SENTINEL_CAPTURE_FD';

const PR_SET_KEEPCAPS = 8;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const capabilityVersion3 = 0x20080522;

function mustSucceed(result: number, what: string): void {
  if (result !== 0)
    throw systemError(lastErrorCode(), `privileges cannot be dropped: ${what}: ${lastErrorText()}`);
}

/**
 * Takes every capability from this thread, and from whatever it executes, for good. With `no_new_privs`
 * execve(2) never adds a capability, not for uid 0 and not for a Node with file capabilities. The bounding
 * set is left alone: emptying it would add nothing, and the kernel then refuses to execute such a Node.
 */
function dropPrivileges(): void {
  mustSucceed(libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no_new_privs');
  mustSucceed(libc().prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), 'keep capabilities');
  mustSucceed(libc().prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), 'ambient set');
  // struct { u32 version; int pid; } and two of { u32 effective, permitted, inheritable; }.
  const header = Uint32Array.of(capabilityVersion3, 0);
  mustSucceed(libc().capset(header, new Uint32Array(6)), 'capability sets');
}

/**
 * Replaces this process by a Node that runs `argv` with the capture socket and without any capability.
 * Called from the main thread only, before anything else was started: nothing of this process survives.
 * @param argv what follows `node`: the script and its arguments, e.g. `process.argv.slice(1)`
 */
export function becomeSniffer(fd: number, argv: readonly string[] = process.argv.slice(1)): never {
  if (execve === undefined) throw systemError('ENOSYS', 'live capture needs Node 24 on Linux');
  dropPrivileges();
  mustSucceed(libc().fcntl(fd, F_SETFD, 0), `inheriting descriptor ${fd}`);
  const environment = { ...process.env, [captureFdVariable]: String(fd) };
  return execve(process.execPath, [process.execPath, ...process.execArgv, ...argv], environment);
}

/**
 * In the sniffer: the inherited capture socket. Undefined in a process that was started directly.
 * Throws EBADF when the variable names anything but a packet socket.
 */
export function inheritedCaptureSocket(): number | undefined {
  const text = process.env[captureFdVariable];
  if (text === undefined) return undefined;
  delete process.env[captureFdVariable];
  const fd = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (!isCaptureSocket(fd)) {
    throw systemError('EBADF', `${captureFdVariable}=${text} is not a capture socket: do not set it by hand`);
  }
  mustSucceed(libc().fcntl(fd, F_SETFD, FD_CLOEXEC), `keeping descriptor ${fd}`);
  return fd;
}

/** What this process may do, from /proc/self/status: hexadecimal capability sets and the no_new_privs flag. */
export function privileges(): { effective: string; permitted: string; noNewPrivileges: boolean } {
  const status = readFileSync('/proc/self/status', 'latin1');
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  return {
    effective: field('CapEff'),
    permitted: field('CapPrm'),
    noNewPrivileges: field('NoNewPrivs') === '1',
  };
}
