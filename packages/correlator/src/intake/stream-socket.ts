import { lastErrorCode, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK } from './libc.ts';
import { LineSplitter, newLineCounters } from './line-splitter.ts';
import { RingWriter } from './message-ring.ts';
import type { PollSet } from './poll-set.ts';
import { maxMessageBytes } from './receive-batch.ts';
import { counterNames, type ReceiverSocket } from './receiver-protocol.ts';
import { callFailed, type ReceivingSocket, SharedCounters, type Taken } from './receiving-socket.ts';

/** Senders that may be connected at once; more are refused and counted. */
const maxConnections = 256;

/** How long nobody is accepted after the system had no descriptor or memory for another, in milliseconds. */
const shortageMs = 100;

/** Errors of accept4(2) that mean nobody is there (EINVAL: it was shut down), and that the system is short of something. */
const nobody = new Set(['EAGAIN', 'EINTR', 'EINVAL', 'ECONNABORTED']);
const shortage = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** Bytes taken from one connection before the others get their turn. */
const helpingBytes = 65_536;

/**
 * What one helping may need in the ring: a line held from before, and lines of one byte, each of which (with its
 * end) takes 8 bytes there.
 */
const roomMessages = (4 * helpingBytes) / maxMessageBytes + 2;

interface Connection {
  readonly fd: number;
  readonly splitter: LineSplitter;
  polled: number;
}

/**
 * Accepts senders of newline-delimited texts. While the ring is full nothing is read, so that the senders are
 * slowed down. Connections outlive the listening descriptor that they came through.
 */
export class StreamSocket implements ReceivingSocket {
  readonly #ring: RingWriter;
  readonly #helping = Buffer.from(new ArrayBuffer(helpingBytes));
  readonly #counters: SharedCounters<(typeof counterNames.stream)[number]>;
  readonly #counts = { connections: 0, connections_refused: 0, connections_broken: 0, paused: 0 };
  readonly #lines = newLineCounters();
  readonly #open = new Set<Connection>();
  #listening = -1;
  #polled = -1;
  #full = false;
  #acceptAfterMs = 0;

  constructor({ ring, counters }: ReceiverSocket) {
    this.#ring = new RingWriter(ring);
    this.#counters = new SharedCounters(counterNames.stream, counters);
  }

  adopt(fd: number): void {
    if (this.#listening !== -1) {
      this.#accept();
      libc().close(this.#listening);
    }
    this.#listening = fd;
  }

  addTo(poll: PollSet): boolean {
    const full = this.#ring.room(maxMessageBytes) < roomMessages;
    if (full && !this.#full) {
      this.#counts.paused++;
      this.#publish();
    }
    this.#full = full;
    const short = this.#acceptAfterMs > 0 && performance.now() < this.#acceptAfterMs;
    this.#polled = short || this.#listening === -1 ? -1 : poll.add(this.#listening);
    for (const connection of this.#open) connection.polled = full ? -1 : poll.add(connection.fd);
    return !full && !short;
  }

  receive(poll: PollSet): Taken {
    let taken: Taken = 'nothing';
    const served: Connection[] = [];
    for (const connection of this.#open) {
      if (connection.polled === -1 || !poll.happened(connection.polled)) continue;
      if (this.#ring.room(maxMessageBytes) < roomMessages) {
        taken = 'more';
        break;
      }
      served.push(connection);
      const bytes = this.#read(connection);
      if (bytes === helpingBytes) taken = 'more';
      else if (bytes > 0 && taken === 'nothing') taken = 'all';
    }
    // Where the ring became full, the next round begins with those that were not served.
    for (const connection of served) if (this.#open.delete(connection)) this.#open.add(connection);
    const accepted = this.#polled !== -1 && poll.happened(this.#polled) && this.#accept();
    if (taken === 'nothing' && !accepted) return 'nothing';
    this.#ring.publish();
    this.#publish();
    // A new connection has most often brought something.
    return accepted ? 'more' : taken;
  }

  close(): void {
    for (const { fd } of this.#open) libc().close(fd);
    this.#open.clear();
    if (this.#listening !== -1) libc().close(this.#listening);
    this.#listening = -1;
    this.#publish();
  }

  #publish(): void {
    this.#counters.publish({ ...this.#counts, ...this.#lines, open: this.#open.size });
  }

  /** Returns whether anybody was there. */
  #accept(): boolean {
    let some = false;
    for (;;) {
      const fd = libc().accept4(this.#listening, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) break;
      some = true;
      if (this.#open.size >= maxConnections) {
        this.#counts.connections_refused++;
        libc().close(fd);
        continue;
      }
      this.#counts.connections++;
      const splitter = new LineSplitter(this.#lines, maxMessageBytes, (bytes, start, end) =>
        this.#ring.write(bytes, start, end),
      );
      this.#open.add({ fd, splitter, polled: -1 });
    }
    const why = lastErrorCode();
    if (shortage.has(why)) this.#acceptAfterMs = performance.now() + shortageMs;
    else if (!nobody.has(why)) throw callFailed('accept4');
    return some;
  }

  /** Takes one helping; returns its bytes, 0 when the connection ended, −1 when there was nothing. */
  #read(connection: Connection): number {
    const length = libc().recv(connection.fd, this.#helping, helpingBytes, MSG_DONTWAIT);
    if (length > 0) {
      connection.splitter.push(this.#helping.subarray(0, length));
      return length;
    }
    if (length < 0 && nobody.has(lastErrorCode())) return -1;
    if (length < 0) this.#counts.connections_broken++;
    else connection.splitter.end();
    libc().close(connection.fd);
    this.#open.delete(connection);
    // What was held may have become a line.
    return 1;
  }
}
