import { chmodSync, chownSync, fchmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  AF_UNIX,
  groupId,
  lastErrorCode,
  lastErrorText,
  libc,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from './libc.ts';

/** Where a socket is bound and who may write to it. */
export interface SocketAddress {
  /** At most 107 bytes (`sun_path`, unix(7)). */
  readonly path: string;
  /** Permissions as a number, e.g. 0o660. */
  readonly mode: number;
  /** Name or number of the group that may write; absent = the process's own. */
  readonly group?: string | number | undefined;
}

/** A UNIX socket of ours that is bound to a path. */
export interface BoundSocket {
  readonly fd: number;
  /** False once something removed or replaced the socket file, so that no sender can reach us. */
  holdsPath(): boolean;
  /** Removes the socket file if it is still ours. */
  unlink(): void;
}

const maxPathBytes = 107;

/** Senders that may wait to be accepted. */
const backlog = 128;

/** An operator's mistake: what is wrong, a code, and what to do. */
function intakeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** `struct sockaddr_un`. Throws ENAMETOOLONG for a path that does not fit, EINVAL for one with a NUL. */
function socketAddress(path: string): Uint8Array {
  const bytes = Buffer.from(path);
  if (bytes.length > maxPathBytes) {
    throw intakeError(
      'ENAMETOOLONG',
      `socket path ${path} has ${bytes.length} bytes, the system allows ${maxPathBytes}: set sockets.dir to a shorter folder`,
    );
  }
  if (bytes.length === 0 || bytes.includes(0)) {
    throw intakeError('EINVAL', `socket path ${JSON.stringify(path)} is not a file name: set sockets.dir`);
  }
  const address = new Uint8Array(2 + bytes.length + 1);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(bytes, 2);
  return address;
}

/** Removes what an ended process left at the path. Throws when the path holds anything else. */
function removeStaleSocket(path: string, address: Uint8Array): void {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return;
  if (!entry.isSocket()) {
    throw intakeError('ENOTSOCK', `${path} exists and is not a socket: move it away or set sockets.dir`);
  }
  const probe = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const outcome = libc().connect(probe, address, address.length) === 0 ? 'connected' : lastErrorCode();
  libc().close(probe);
  if (outcome === 'ECONNREFUSED') {
    unlinkSync(path);
  } else if (outcome === 'EACCES') {
    throw intakeError('EACCES', `${path} belongs to another user: remove it as that user or set sockets.dir`);
  } else if (outcome !== 'ENOENT') {
    // Connected, or EPROTOTYPE because a stream socket listens: somebody is there.
    throw intakeError(
      'EADDRINUSE',
      `another process receives on ${path}: stop it, or set sockets.dir to another folder`,
    );
  }
}

function resolveGroup(group: string | number): number {
  if (typeof group === 'number') return group;
  if (/^\d+$/.test(group)) return Number(group);
  const id = groupId(group);
  if (id === undefined) {
    throw intakeError('EINVAL', `there is no group ${group}: create it or set another for the sockets`);
  }
  return id;
}

function grant({ path, mode, group }: SocketAddress): void {
  try {
    if (group !== undefined) chownSync(path, -1, resolveGroup(group));
    chmodSync(path, mode);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') {
      throw intakeError(
        'EPERM',
        `${path} cannot be given to group ${group}: make the service's user a member of it`,
      );
    }
    throw error;
  }
}

/**
 * Binds a UNIX socket, and listens on a stream socket. A file that a dead process left is replaced, a living receiver never.
 * The file is closed to everybody else until it has its final group and mode.
 * Throws an Error with a code (ENAMETOOLONG, ENOTSOCK, EADDRINUSE, EINVAL, EPERM, EACCES, …) and what to do.
 */
export function bindUnixSocket(kind: 'datagram' | 'stream', where: SocketAddress): BoundSocket {
  const address = socketAddress(where.path);
  mkdirSync(dirname(where.path), { recursive: true });
  removeStaleSocket(where.path, address);
  const type = kind === 'datagram' ? SOCK_DGRAM : SOCK_STREAM;
  const fd = libc().socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw intakeError(lastErrorCode(), `no UNIX socket can be opened: ${lastErrorText()}`);
  // Linux gives the file the mode of the unbound socket (unix_bind): no moment with the umask's rights.
  fchmodSync(fd, 0o600);
  if (libc().bind(fd, address, address.length) !== 0) {
    const [code, text] = [lastErrorCode(), lastErrorText()];
    libc().close(fd);
    throw intakeError(code, `socket ${where.path} cannot be created: ${text}. Check the folder's owner`);
  }
  const ours = statSync(where.path);
  const holdsPath = () => {
    const now = statSync(where.path, { throwIfNoEntry: false });
    return now !== undefined && now.ino === ours.ino && now.dev === ours.dev;
  };
  const unlink = () => {
    if (holdsPath()) unlinkSync(where.path);
  };
  try {
    grant(where);
    if (kind === 'stream' && libc().listen(fd, backlog) !== 0)
      throw intakeError(lastErrorCode(), `${where.path} cannot be listened on: ${lastErrorText()}`);
  } catch (error) {
    unlink();
    libc().close(fd);
    throw error;
  }
  return { fd, holdsPath, unlink };
}
