import koffi from 'koffi';
import { libc, MSG_DONTWAIT, MSG_TRUNC } from './libc.ts';

/** Datagrams taken with one system call. */
export const batchSize = 64;
/** The largest datagram or line that is accepted, in bytes. */
export const maxMessageBytes = 65_536;

/** Not a multiple of 4 KiB: all beginnings would share the same few lines of the processor's caches. */
const slotBytes = maxMessageBytes + 1088;

const mmsghdrBytes = 64;
const iovecBytes = 16;

/**
 * Memory for one recvmmsg(2) call: 64 datagrams of up to 64 KiB.
 *
 *     struct mmsghdr { void *name; u32 namelen; iovec *iov; size_t iovlen; void *control;
 *       offset         0           8            16          24            32
 *                      size_t controllen; int flags;  unsigned msg_len; }
 *                      40                 48          56                     (64 bytes each)
 */
export class ReceiveBatch {
  readonly data: Buffer;
  readonly #headers: Uint8Array;
  readonly #view: DataView;
  /** Held because the headers point into it. */
  readonly #vectors: BigUint64Array;

  constructor() {
    // Whole ArrayBuffers of their own: their memory never moves.
    this.data = Buffer.from(new ArrayBuffer(batchSize * slotBytes));
    this.#vectors = new BigUint64Array(batchSize * 2);
    this.#headers = new Uint8Array(new ArrayBuffer(batchSize * mmsghdrBytes));
    this.#view = new DataView(this.#headers.buffer);
    const base = koffi.address(this.data);
    const vectors = koffi.address(this.#vectors);
    for (let i = 0; i < batchSize; i++) {
      this.#vectors[2 * i] = base + BigInt(i * slotBytes);
      this.#vectors[2 * i + 1] = BigInt(maxMessageBytes);
      this.#view.setBigUint64(i * mmsghdrBytes + 16, vectors + BigInt(i * iovecBytes), true);
      this.#view.setBigUint64(i * mmsghdrBytes + 24, 1n, true);
    }
  }

  /** Takes up to `most` datagrams of the socket's queue without waiting: how many, or −1 (see errno). */
  receive(fd: number, most: number): number {
    return libc().recvmmsg(fd, this.#headers, most, MSG_DONTWAIT, null);
  }

  /** Where datagram i of the last receive starts in `data`. */
  start(i: number): number {
    return i * slotBytes;
  }

  /** Bytes of datagram i of the last receive. */
  length(i: number): number {
    return this.#view.getUint32(i * mmsghdrBytes + 56, true);
  }

  /** Whether datagram i of the last receive was longer than what is kept. */
  truncated(i: number): boolean {
    return (this.#view.getUint32(i * mmsghdrBytes + 48, true) & MSG_TRUNC) !== 0;
  }
}
