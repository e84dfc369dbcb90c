import koffi from 'koffi';

/** The C library calls behind live capture and the event output, as Linux on 64-bit machines has them. */
interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly send: (fd: number, data: Uint8Array, length: number, flags: number) => number;
  readonly close: (fd: number) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    name: number,
    value: ArrayBufferView,
    length: number,
  ) => number;
  readonly getsockopt: (
    fd: number,
    level: number,
    name: number,
    value: ArrayBufferView,
    length: Uint32Array,
  ) => number;
  readonly mmap: (
    address: null,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => bigint;
  readonly munmap: (address: bigint, length: number) => number;
  readonly poll: (descriptors: Int32Array, count: number, timeoutMs: number) => number;
  readonly pipe2: (ends: Int32Array, flags: number) => number;
  readonly syscall: (number: number, a: number, b: ArrayBufferView, c: number) => number;
  readonly ioctl: (fd: number, request: number, argument: Uint8Array) => number;
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  readonly prctl: (option: number, a: number, b: number, c: number, d: number) => number;
  readonly capset: (header: ArrayBufferView, data: ArrayBufferView) => number;
  readonly if_nametoindex: (name: string) => number;
  readonly strerror: (errno: number) => string;
}

let loaded: Libc | undefined;

/**
 * Binds the calls on first use, so that files can be read on systems that lack them.
 * The library is the one Node itself is linked with: glibc and musl alike.
 */
export function libc(): Libc {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
      connect: library.func('int connect(int fd, const void *address, uint32_t length)'),
      send: library.func('int64_t send(int fd, const void *data, size_t length, int flags)'),
      close: library.func('int close(int fd)'),
      setsockopt: library.func(
        'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
      ),
      getsockopt: library.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
      mmap: library.func(
        'uintptr_t mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
      ),
      munmap: library.func('int munmap(uintptr_t address, size_t length)'),
      poll: library.func('int poll(void *descriptors, unsigned long count, int timeout)'),
      pipe2: library.func('int pipe2(void *ends, int flags)'),
      // These are variadic in C; on Linux' calling conventions the extra arguments travel like fixed ones.
      syscall: library.func('long syscall(long number, long a, void *b, long c)'),
      ioctl: library.func('int ioctl(int fd, unsigned long request, void *argument)'),
      fcntl: library.func('int fcntl(int fd, int command, long argument)'),
      prctl: library.func(
        'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
      ),
      capset: library.func('int capset(void *header, const void *data)'),
      if_nametoindex: library.func('unsigned int if_nametoindex(const char *name)'),
      strerror: library.func('const char *strerror(int errno)'),
    };
  }
  return loaded;
}

const nameOf = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
// Two names for one number: keep the usual one.
nameOf.set(koffi.os.errno.EAGAIN ?? 11, 'EAGAIN');

/** The name of the last call's error on this thread, e.g. `EPERM`. */
export function lastErrorCode(): string {
  return nameOf.get(koffi.errno()) ?? `errno ${koffi.errno()}`;
}

/** What the C library says about the last call's error on this thread. */
export function lastErrorText(): string {
  return libc().strerror(koffi.errno());
}

/** An operator's problem with the system: what is wrong, a code, and what to do. */
export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
