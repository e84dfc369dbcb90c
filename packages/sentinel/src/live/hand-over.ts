import { fstatSync } from 'node:fs';
import { execve } from 'node:process';
import { openCaptureSource } from './capture.ts';
import type { CaptureSourceOptions } from './capture-contract.ts';
import { isCaptureSocket } from './capture-socket.ts';
import type { CaptureSource, OpenedRing, OpenedTcpdump } from './capture-source.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';

/**
 * The opener and the sniffer are one process id: the opener opens the capture sockets (or, where there are none
 * to be had, starts tcpdump), gives up every privilege and then becomes the sniffer with execve(2), which
 * inherits the descriptors.
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

/** The descriptors of a source. */
function descriptorsOf(source: CaptureSource): number[] {
  return source.kind === 'rings'
    ? source.rings.map(({ fd }) => fd)
    : source.processes.flatMap(({ packets, messages, control }) => [packets, messages, control]);
}

/** One word per interface; an interface's name holds no space (dev_valid_name in the kernel). */
export function encodeSource(source: CaptureSource): string {
  const words =
    source.kind === 'rings'
      ? source.rings.map((ring) => `ring,${ring.fd},${ring.blocks},${ring.interface}`)
      : source.processes.map((one) => `pipes,${one.packets},${one.messages},${one.control},${one.interface}`);
  return words.join(' ');
}

/** The inverse of `encodeSource`; undefined for any other text. */
export function decodeSource(text: string): CaptureSource | undefined {
  const rings: OpenedRing[] = [];
  const processes: OpenedTcpdump[] = [];
  for (const word of text.split(' ')) {
    const ring = /^ring,(\d{1,6}),(\d{1,6}),(\S{1,15})$/.exec(word);
    const pipes = /^pipes,(\d{1,6}),(\d{1,6}),(\d{1,6}),(\S{1,15})$/.exec(word);
    if (ring !== null) {
      rings.push({ interface: ring[3] ?? '', fd: Number(ring[1]), blocks: Number(ring[2]) });
    } else if (pipes !== null) {
      const [packets = -1, messages = -1, control = -1] = pipes.slice(1, 4).map(Number);
      processes.push({ interface: pipes[4] ?? '', packets, messages, control });
    } else return undefined;
  }
  if (rings.length > 0 && processes.length > 0) return undefined;
  return rings.length > 0 ? { kind: 'rings', rings } : { kind: 'tcpdump', processes };
}

/**
 * Replaces this process by the same command line, with the descriptors and without any capability. The
 * supervisor's message channel is inherited too, so that it notices nothing.
 */
function becomeSniffer(source: CaptureSource): never {
  if (execve === undefined) throw systemError('ENOSYS', 'live capture needs Node 24 on Linux');
  dropPrivileges();
  const environment: NodeJS.ProcessEnv = { ...process.env, [captureFdVariable]: encodeSource(source) };
  const inherited = descriptorsOf(source);
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

/** In the sniffer: what it was given. Throws EBADF when it is anything but packet sockets, or pipes. */
function inheritedSource(text: string): CaptureSource {
  delete process.env[captureFdVariable];
  const source = decodeSource(text);
  const isOurs = (fd: number) => (source?.kind === 'rings' ? isCaptureSocket(fd) : isPipe(fd));
  if (source === undefined || !descriptorsOf(source).every(isOurs)) {
    throw systemError('EBADF', `${captureFdVariable}=${text} is not a capture socket: do not set it by hand`);
  }
  for (const fd of descriptorsOf(source)) {
    mustSucceed(libc().fcntl(fd, F_SETFD, FD_CLOEXEC), `keeping descriptor ${fd}`);
  }
  return source;
}

function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false; // No such descriptor.
  }
}

/**
 * A source of packets in a process that holds no capability. The first call opens it and starts the process
 * over as its own successor, with the same command line; there, the call returns what was opened.
 * To be called on the main thread, before anything else is started: nothing else survives.
 * Throws as `openCaptureSource` does.
 */
export async function captureSourceWithoutPrivileges(options: CaptureSourceOptions): Promise<CaptureSource> {
  const inherited = process.env[captureFdVariable];
  if (inherited !== undefined) return inheritedSource(inherited);
  return becomeSniffer(await openCaptureSource(options));
}
