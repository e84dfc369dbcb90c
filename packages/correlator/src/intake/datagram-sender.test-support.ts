import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import pino from 'pino';
import { AF_UNIX, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM } from './libc.ts';

export const silent = pino({ level: 'silent' });

/** A folder that is gone at the end of the test's block. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  return mkdtempDisposableSync(join(tmpdir(), 'ja4-intake-'));
}

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;

/** A sender's end of a datagram socket. */
interface DatagramSender extends Disposable {
  /** Sends without waiting: whether the kernel took the datagram. */
  send(data: string | Uint8Array): boolean;
}

/** A real sender. Throws when nobody receives on the path. */
export function datagramSender(path: string): DatagramSender {
  const library = koffi.load(null);
  const send: (fd: number, data: Uint8Array, length: number, flags: number) => number = library.func(
    'int64_t send(int fd, const void *data, size_t length, int flags)',
  );
  const setsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: number) => number =
    library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sendBuffer = Buffer.alloc(4);
  sendBuffer.writeInt32LE(4 << 20);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, sendBuffer, 4);
  const address = Buffer.alloc(3 + Buffer.byteLength(path));
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  if (libc().connect(fd, address, address.length) !== 0) throw new Error(`nobody receives on ${path}`);
  return {
    send: (data) => {
      const bytes = Buffer.from(data);
      return send(fd, bytes, bytes.length, MSG_DONTWAIT) === bytes.length;
    },
    [Symbol.dispose]: () => {
      libc().close(fd);
    },
  };
}
