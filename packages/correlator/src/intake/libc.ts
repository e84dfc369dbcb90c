import koffi from 'koffi';

/** The C library calls behind the intake, as Linux on 64-bit machines has them. */
interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly listen: (fd: number, backlog: number) => number;
  readonly accept4: (fd: number, address: null, length: null, flags: number) => number;
  readonly recv: (fd: number, data: Uint8Array, length: number, flags: number) => number;
  readonly shutdown: (fd: number, how: number) => number;
  readonly close: (fd: number) => number;
  readonly poll: (descriptors: Uint8Array, count: number, timeoutMs: number) => number;
  readonly recvmmsg: (fd: number, headers: Uint8Array, count: number, flags: number, timeout: null) => number;
  readonly getgrnam: (name: string) => bigint | null;
  readonly strerror: (errno: number) => string;
}

let loaded: Libc | undefined;

/**
 * Binds the calls on first use, so that importing this package works on systems that lack them.
 * The library is the one Node itself is linked with: glibc and musl alike.
 */
export function libc(): Libc {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
      connect: library.func('int connect(int fd, const void *address, uint32_t length)'),
      listen: library.func('int listen(int fd, int backlog)'),
      accept4: library.func('int accept4(int fd, void *address, void *length, int flags)'),
      recv: library.func('int64_t recv(int fd, void *data, size_t length, int flags)'),
      shutdown: library.func('int shutdown(int fd, int how)'),
      close: library.func('int close(int fd)'),
      poll: library.func('int poll(void *descriptors, unsigned long count, int timeout)'),
      recvmmsg: library.func(
        'int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)',
      ),
      getgrnam: library.func('void *getgrnam(const char *name)'),
      strerror: library.func('const char *strerror(int errno)'),
    };
  }
  return loaded;
}

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SHUT_RD = 0;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const POLLIN = 1;

const nameOf = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
// Two names for one number: keep the usual one.
nameOf.set(koffi.os.errno.EAGAIN ?? 11, 'EAGAIN');

/** The name of the last call's error on this thread, e.g. `ECONNREFUSED`. */
export function lastErrorCode(): string {
  return nameOf.get(koffi.errno()) ?? `errno ${koffi.errno()}`;
}

/** What the C library says about the last call's error on this thread. */
export function lastErrorText(): string {
  return libc().strerror(koffi.errno());
}

/** Group id of a group name as the system's name service knows it, or undefined. */
export function groupId(name: string): number | undefined {
  const entry = libc().getgrnam(name);
  // struct group { char *gr_name; char *gr_passwd; gid_t gr_gid; … }
  return entry === null ? undefined : koffi.decode.uint32(entry + 16n);
}
