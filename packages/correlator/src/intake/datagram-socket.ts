import { lastErrorCode, libc } from './libc.ts';
import { RingWriter } from './message-ring.ts';
import type { PollSet } from './poll-set.ts';
import { batchSize, maxMessageBytes, type ReceiveBatch } from './receive-batch.ts';
import { counterNames, type ReceiverSocket } from './receiver-protocol.ts';
import { callFailed, type ReceivingSocket, SharedCounters, type Taken } from './receiving-socket.ts';

/**
 * Receives datagrams with recvmmsg(2), up to 64 at once. While the ring is full nothing is received: the kernel's
 * queue fills up, and the senders see (and count) that their datagrams are refused.
 */
export class DatagramSocket implements ReceivingSocket {
  readonly #ring: RingWriter;
  /** Shared by all sockets of the thread. */
  readonly #batch: ReceiveBatch;
  readonly #counters: SharedCounters<(typeof counterNames.datagram)[number]>;
  readonly #counts = { datagrams: 0, bytes: 0, batches: 0, empty: 0, truncated: 0, paused: 0 };
  #fd = -1;
  /** Replaced descriptors that may still hold something. They were shut down, so they come to an end. */
  #leaving: number[] = [];
  #full = false;
  #polled = -1;
  /** Datagrams for which there must be room, and more of it once there was not: few at a time cost much each. */
  readonly #least: number;
  readonly #enough: number;

  constructor({ ring, counters }: ReceiverSocket, batch: ReceiveBatch) {
    this.#ring = new RingWriter(ring);
    this.#batch = batch;
    const capacity = this.#ring.room(maxMessageBytes);
    this.#least = Math.ceil(capacity / 8);
    this.#enough = Math.ceil(capacity / 2);
    this.#counters = new SharedCounters(counterNames.datagram, counters);
  }

  adopt(fd: number): void {
    if (this.#fd !== -1) this.#leaving.push(this.#fd);
    this.#fd = fd;
  }

  addTo(poll: PollSet): boolean {
    const full = this.#ring.room(maxMessageBytes) < (this.#full ? this.#enough : this.#least);
    if (full && !this.#full) {
      this.#counts.paused++;
      this.#counters.publish(this.#counts);
    }
    this.#full = full;
    const fd = this.#leaving[0] ?? this.#fd;
    this.#polled = full || fd === -1 ? -1 : poll.add(fd);
    return !full;
  }

  receive(poll: PollSet): Taken {
    if (this.#polled === -1 || !poll.happened(this.#polled)) return 'nothing';
    const leaving = this.#leaving[0];
    if (leaving === undefined) return this.#take(this.#fd);
    if (this.#take(leaving) === 'nothing') {
      libc().close(leaving);
      this.#leaving.shift();
    }
    return 'more';
  }

  close(): void {
    for (const fd of [...this.#leaving, this.#fd]) if (fd !== -1) libc().close(fd);
    this.#leaving = [];
    this.#fd = -1;
  }

  #take(fd: number): Taken {
    const most = Math.min(batchSize, this.#ring.room(maxMessageBytes));
    const count = this.#batch.receive(fd, most);
    if (count <= 0) {
      if (count < 0 && lastErrorCode() !== 'EAGAIN' && lastErrorCode() !== 'EINTR')
        throw callFailed('recvmmsg');
      return 'nothing';
    }
    const counts = this.#counts;
    for (let i = 0; i < count; i++) {
      const length = this.#batch.length(i);
      counts.bytes += length;
      if (this.#batch.truncated(i)) counts.truncated++;
      else if (length === 0) counts.empty++;
      else this.#ring.write(this.#batch.data, this.#batch.start(i), this.#batch.start(i) + length);
    }
    this.#ring.publish();
    counts.datagrams += count;
    counts.batches++;
    this.#counters.publish(counts);
    return count === most ? 'more' : 'all';
  }
}
