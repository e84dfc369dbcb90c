import { execve } from 'node:process';
import { type CaptureSocketOptions, isCaptureSocket, openCaptureSocket } from './capture-socket.ts';
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
const captureFdVariable = 'SENTINEL_CAPTURE_FD';

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
 * Replaces this process by the same command line, with the descriptor and without any capability. The
 * supervisor's message channel is inherited too, so that it notices nothing.
 */
function becomeSniffer(fd: number): never {
  if (execve === undefined) throw systemError('ENOSYS', 'live capture needs Node 24 on Linux');
  dropPrivileges();
  const environment: NodeJS.ProcessEnv = { ...process.env, [captureFdVariable]: String(fd) };
  const inherited = [fd];
  // Node took these from the environment when it opened the channel, and closes it on execve otherwise.
  if (process.channel !== undefined && 'fd' in process.channel && typeof process.channel.fd === 'number') {
    inherited.push(process.channel.fd);
    environment.NODE_CHANNEL_FD = String(process.channel.fd);
  }
  for (const descriptor of inherited) {
    mustSucceed(libc().fcntl(descriptor, F_SETFD, 0), `inheriting descriptor ${descriptor}`);
  }
  return execve(
    process.execPath,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    environment,
  );
}

/** In the sniffer: the descriptor it was given. Throws EBADF when it is anything but a packet socket. */
function inheritedCaptureSocket(text: string): number {
  delete process.env[captureFdVariable];
  const fd = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (!isCaptureSocket(fd)) {
    throw systemError('EBADF', `${captureFdVariable}=${text} is not a capture socket: do not set it by hand`);
  }
  mustSucceed(libc().fcntl(fd, F_SETFD, FD_CLOEXEC), `keeping descriptor ${fd}`);
  return fd;
}

/**
 * A capture socket in a process that holds no capability. The first call opens the socket and starts the
 * process over as its own successor, with the same command line; there, the call returns the descriptor.
 * To be called on the main thread, before anything else is started: nothing else survives.
 * Undefined where this process may not open one; `openCapture` then tries tcpdump.
 * Throws EINVAL, E2BIG and ENOENT as `openCaptureSocket` does.
 */
export function captureSocketWithoutPrivileges(options: CaptureSocketOptions): number | undefined {
  const inherited = process.env[captureFdVariable];
  if (inherited !== undefined) return inheritedCaptureSocket(inherited);
  let fd: number;
  try {
    fd = openCaptureSocket(options);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return undefined;
    throw error;
  }
  return becomeSniffer(fd);
}
