import { mkdtempDisposableSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { libc } from '../live/libc.ts';

/** A folder that is gone at the end of the test's block. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  return mkdtempDisposableSync(join(tmpdir(), 'ja4-output-'));
}

/** A receiver's end of a datagram socket. */
interface DatagramReceiver extends Disposable {
  /** Takes what is queued. */
  take(): string[];
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** Binds a real receiver to the path; `[Symbol.dispose]` closes it and removes the file. */
export function datagramReceiver(path: string): DatagramReceiver {
  const receive: (fd: number, data: Uint8Array, length: number, flags: number) => number = koffi
    .load(null)
    .func('int64_t recv(int fd, void *data, size_t length, int flags)');
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = Buffer.alloc(3 + Buffer.byteLength(path));
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  if (libc().bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
  const data = Buffer.alloc(65_536);
  return {
    take: () => {
      const texts: string[] = [];
      for (;;) {
        const length = receive(fd, data, data.length, MSG_DONTWAIT);
        if (length < 0) return texts;
        texts.push(data.toString('utf8', 0, length));
      }
    },
    [Symbol.dispose]: () => {
      libc().close(fd);
      rmSync(path, { force: true });
    },
  };
}
