import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** Of `sun_path` (unix(7)). */
const maxPathBytes = 107;

/** What became of a message: `full` is worth another try. */
type Sent = 'sent' | 'full' | 'failed';

/** The end of a datagram socket that messages are sent to, by path or, behind an `@`, by abstract name. */
export interface NotifySocket {
  send(text: string): Sent;
  close(): void;
}

/** Undefined for an address of another kind or that is too long, and where there is no such system call. */
export function openNotifySocket(address: string): NotifySocket | undefined {
  const name = Buffer.from(address.startsWith('@') ? `\0${address.slice(1)}` : address);
  if (!/^[/@]./.test(address) || name.length > maxPathBytes) return undefined;
  const sockaddr = Buffer.concat([Buffer.alloc(2), name]);
  sockaddr.writeUInt16LE(AF_UNIX);

  const libc = koffi.load(null);
  const socket: (domain: number, type: number, protocol: number) => number = libc.func(
    'int socket(int domain, int type, int protocol)',
  );
  const sendto: (
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
    to: Uint8Array,
    toLength: number,
  ) => number = libc.func(
    'int64_t sendto(int fd, const void *data, size_t length, int flags, const void *to, uint32_t to_length)',
  );
  const close: (fd: number) => number = libc.func('int close(int fd)');

  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  return {
    send: (text) => {
      const data = Buffer.from(text);
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      if (sendto(fd, data, data.length, flags, sockaddr, sockaddr.length) >= 0) return 'sent';
      const { EAGAIN, ENOBUFS, EINTR } = koffi.os.errno;
      return [EAGAIN, ENOBUFS, EINTR].includes(koffi.errno()) ? 'full' : 'failed';
    },
    close: () => {
      close(fd);
    },
  };
}
