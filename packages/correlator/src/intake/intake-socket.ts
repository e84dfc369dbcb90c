import { isUtf8 } from 'node:buffer';
import type { Logger } from 'pino';
import { libc, SHUT_RD } from './libc.ts';
import { RingReader, ringMemory } from './message-ring.ts';
import { counterNames, type ReceiverSocket } from './receiver-protocol.ts';
import { type BoundSocket, bindUnixSocket, type SocketAddress } from './unix-socket.ts';

/** One socket that events come in on. */
export interface SocketOptions {
  /** Prefix of its counters: `http` → `http_socket_datagrams`. */
  readonly name: string;
  /** At most 107 bytes (`sun_path`, unix(7)). */
  readonly path: string;
  readonly kind: 'datagram' | 'stream';
  /**
   * Called with texts, one per datagram or line, in their order. While the promise it may return is pending,
   * nothing more is taken from this socket: its ring fills up, then the kernel's queue, then senders wait or count.
   */
  readonly onMessages: (batch: string[]) => void | Promise<void>;
}

/** Messages handed over at once, so that the other sockets get their turn. */
const batchMessages = 64;

/** The replacement of bytes that are no text; only where there is one the bytes have to be looked at. */
const replacement = '\ufffd';

/**
 * The main thread's side of one socket: binds it, binds it again when its file was removed, and hands over what
 * the receiving thread put into the ring.
 */
export class IntakeSocket {
  readonly #options: SocketOptions;
  readonly #address: SocketAddress;
  readonly #reader: RingReader;
  readonly #names: readonly string[];
  readonly #counters: Float64Array;
  /** What the receiving thread gets. */
  readonly shared: ReceiverSocket;
  #bound: BoundSocket | undefined;
  #why = '';
  #reopened = 0;
  #invalidUtf8 = 0;
  /** Settled when what was handed over last is dealt with; undefined when it is. */
  handling: Promise<void> | undefined;

  /** Binds the socket. Throws what `bindUnixSocket` throws. */
  constructor(options: SocketOptions, address: SocketAddress, ringBytes: number) {
    this.#options = options;
    this.#address = address;
    this.#names = counterNames[options.kind];
    const counters = new SharedArrayBuffer(8 * this.#names.length);
    this.#counters = new Float64Array(counters);
    this.shared = { kind: options.kind, ring: ringMemory(ringBytes), counters };
    this.#reader = new RingReader(this.shared.ring);
    this.#bound = bindUnixSocket(options.kind, address);
  }

  get fd(): number {
    return this.#bound?.fd ?? -1;
  }

  /** Whether something can be handed over now. */
  get waiting(): boolean {
    return this.handling === undefined && this.#reader.waiting > 0;
  }

  /** Whether everything that came in is dealt with. */
  get idle(): boolean {
    return this.handling === undefined && this.#reader.waiting === 0;
  }

  /** Hands over the next messages; returns how many. */
  handOver(): number {
    if (!this.waiting) return 0;
    const batch: string[] = [];
    const reader = this.#reader;
    while (batch.length < batchMessages && reader.next()) {
      const text = reader.data.toString('utf8', reader.start, reader.end);
      // Taken all the same, with U+FFFD in the place of bytes that are no text: one must not hide a request.
      if (text.includes(replacement) && !isUtf8(reader.data.subarray(reader.start, reader.end)))
        this.#invalidUtf8 += 1;
      batch.push(text);
    }
    reader.release();
    this.handling = this.#options.onMessages(batch) ?? undefined;
    return batch.length;
  }

  /** Opens the socket again if its file is gone; returns whether the descriptor to receive on has changed. */
  reopen(log: Logger): boolean {
    const { path, kind } = this.#options;
    if (this.#bound?.holdsPath() === true) return false;
    const before = this.fd;
    if (this.#bound !== undefined) {
      this.#why = unreachable(path);
      log.warn({ path, why: this.#why }, 'a socket cannot be reached any more; it is opened again');
      // Its senders are refused from here on, and the receiving thread comes to its end.
      libc().shutdown(before, SHUT_RD);
      this.#bound = undefined;
    }
    try {
      this.#bound = bindUnixSocket(kind, this.#address);
      this.#reopened += 1;
      log.warn({ path }, `${path} is open again`);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== this.#why) log.warn({ path, why: text }, `${path} cannot be opened again yet`);
      this.#why = text;
    }
    return this.fd !== before;
  }

  ready(): { ok: boolean; why?: string } {
    if (this.#bound === undefined) return { ok: false, why: this.#why };
    return this.#bound.holdsPath() ? { ok: true } : { ok: false, why: unreachable(this.#options.path) };
  }

  counters(): Record<string, number> {
    const counters: Record<string, number> = {};
    const prefix = `${this.#options.name}_socket_`;
    for (const [i, name] of this.#names.entries()) counters[prefix + name] = this.#counters[i] ?? 0;
    counters[`${prefix}invalid_utf8`] = this.#invalidUtf8;
    counters[`${prefix}waiting_bytes`] = this.#reader.waiting;
    counters[`${prefix}reopened`] = this.#reopened;
    return counters;
  }

  /** Removes the socket and refuses senders; what they sent before is still received. */
  refuse(): void {
    this.#bound?.unlink();
    if (this.#bound !== undefined) libc().shutdown(this.#bound.fd, SHUT_RD);
  }

  /** Undoes the constructor while no thread receives yet. */
  discard(): void {
    this.#bound?.unlink();
    if (this.#bound !== undefined) libc().close(this.#bound.fd);
    this.#bound = undefined;
  }
}

const unreachable = (path: string): string => `${path} was removed or replaced by another process`;
