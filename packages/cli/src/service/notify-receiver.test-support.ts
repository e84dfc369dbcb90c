import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** A real datagram socket in systemd's place. */
export interface NotifyReceiver extends Disposable {
  /** Every message so far, oldest first. */
  readonly messages: readonly string[];
  /** Waits until a message says this, of those after `from`; its position. Throws after ten seconds. */
  heard(text: string, from?: number): Promise<number>;
}

/** Binds a path or, behind an `@`, an abstract name. */
export function notifyReceiver(address: string): NotifyReceiver {
  const libc = koffi.load(null);
  const socket: (domain: number, type: number, protocol: number) => number = libc.func(
    'int socket(int domain, int type, int protocol)',
  );
  const bind: (fd: number, address: Uint8Array, length: number) => number = libc.func(
    'int bind(int fd, const void *address, uint32_t length)',
  );
  const receive: (fd: number, data: Uint8Array, length: number, flags: number) => number = libc.func(
    'int64_t recv(int fd, void *data, size_t length, int flags)',
  );
  const close: (fd: number) => number = libc.func('int close(int fd)');
  const fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  const name = Buffer.from(address.startsWith('@') ? `\0${address.slice(1)}` : address);
  const sockaddr = Buffer.concat([Uint8Array.of(AF_UNIX, 0), name]);
  if (bind(fd, sockaddr, sockaddr.length) !== 0) throw new Error(`cannot bind ${address}`);

  const messages: string[] = [];
  const data = Buffer.alloc(4096);
  const take = () => {
    for (;;) {
      const length = receive(fd, data, data.length, MSG_DONTWAIT);
      if (length < 0) return;
      messages.push(data.toString('utf8', 0, length));
    }
  };
  const timer = setInterval(take, 5);
  return {
    messages,
    heard: async (text, from = 0) => {
      for (const deadline = performance.now() + 10_000; performance.now() < deadline; await sleep(5)) {
        take();
        const at = messages.findIndex((message, index) => index >= from && message.includes(text));
        if (at >= 0) return at;
      }
      throw new Error(`nobody said ${text}, but: ${JSON.stringify(messages)}`);
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      close(fd);
      if (!address.startsWith('@')) rmSync(address, { force: true });
    },
  };
}
