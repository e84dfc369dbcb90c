import koffi from 'koffi';

interface Calls {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly sendmmsg: (fd: number, headers: Uint8Array, count: number, flags: number) => number;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const EINTR = 4;
const mmsghdrBytes = 64;
const iovecBytes = 16;
/** Datagrams for one system call. */
const batchSize = 64;

/** Sends datagrams to a UNIX socket, many with one call, and waits while the receiver's queue is full. */
export class DatagramBatch {
  /** Datagram i is written at `i * slotBytes`. */
  readonly data: Buffer;
  readonly slotBytes: number;
  readonly #calls: Calls;
  readonly #fd: number;
  readonly #headers = new Uint8Array(new ArrayBuffer(batchSize * mmsghdrBytes));
  /** Held because the headers point into it; two words each, address and length, of which the low halves are set. */
  readonly #vectors = new Uint32Array(new ArrayBuffer(batchSize * iovecBytes));
  count = 0;

  /** @throws Error when nobody receives on the path */
  constructor(path: string, largest: number) {
    const library = koffi.load(null);
    this.#calls = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      connect: library.func('int connect(int fd, const void *address, uint32_t length)'),
      sendmmsg: library.func('int sendmmsg(int fd, void *headers, unsigned int count, int flags)'),
    };
    this.slotBytes = Math.ceil(largest / 64) * 64 + 64;
    this.data = Buffer.from(new ArrayBuffer(batchSize * this.slotBytes));
    const headers = new DataView(this.#headers.buffer);
    const vectors = new DataView(this.#vectors.buffer);
    const base = koffi.address(this.data);
    const first = koffi.address(this.#vectors);
    for (let i = 0; i < batchSize; i++) {
      vectors.setBigUint64(i * iovecBytes, base + BigInt(i * this.slotBytes), true);
      headers.setBigUint64(i * mmsghdrBytes + 16, first + BigInt(i * iovecBytes), true);
      headers.setBigUint64(i * mmsghdrBytes + 24, 1n, true);
    }
    this.#fd = this.#calls.socket(AF_UNIX, SOCK_DGRAM, 0);
    const address = Buffer.alloc(3 + Buffer.byteLength(path));
    address.writeUInt16LE(AF_UNIX, 0);
    address.write(path, 2);
    if (this.#calls.connect(this.#fd, address, address.length) !== 0)
      throw new Error(`nobody receives on ${path} (errno ${koffi.errno()})`);
  }

  /** Where the next datagram is to be written. */
  get at(): number {
    return this.count * this.slotBytes;
  }

  /** Takes over what was written at `at`; sends when the batch is full. */
  add(length: number): void {
    this.#vectors[this.count * 4 + 2] = length;
    this.count += 1;
    if (this.count === batchSize) this.flush();
  }

  /** Sends what is there. @throws Error when the receiver is gone */
  flush(): void {
    let sent = 0;
    while (sent < this.count) {
      const headers = this.#headers.subarray(sent * mmsghdrBytes);
      const taken = this.#calls.sendmmsg(this.#fd, headers, this.count - sent, 0);
      if (taken > 0) sent += taken;
      else if (koffi.errno() !== EINTR) throw new Error(`sendmmsg failed (errno ${koffi.errno()})`);
    }
    this.count = 0;
  }
}
