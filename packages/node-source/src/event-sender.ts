import { connect, type Socket } from 'node:net';
import { EventBuffer } from './event-buffer.ts';
import { jsonText } from './wire-text.ts';

export interface EventSenderOptions {
  /** The receiver's stream socket. */
  readonly path: string;
  readonly serverId: string;
  /** So many bytes of events wait at most while the receiver is away or slow. */
  readonly maxBufferBytes: number;
  /** One line for the operator, at most one a minute. */
  readonly log: (message: string) => void;
}

export interface EventSenderCounters {
  /** Events made. */
  readonly events: number;
  /** Events handed to the socket. */
  readonly sent: number;
  /** Events that could not be sent, or whose sending was cut off. */
  readonly dropped: number;
  readonly buffered_bytes: number;
  readonly connected: boolean;
  /** Connections made to the receiver. */
  readonly connections: number;
}

const shortestRetryMs = 100;
const longestRetryMs = 10_000;
/** How long events are gathered for one write: a write costs more than an event. */
const gatherMs = 10;
const logEveryMs = 60_000;
const closeWithinMs = 1_000;

/**
 * Sends events, one JSON object per line, to a UNIX stream socket. Never blocks, never throws and never keeps the
 * process alive. Events of some milliseconds go out in one write; while the receiver is away they
 * wait in a bounded buffer, and what does not fit is dropped and counted.
 */
export class EventSender {
  readonly #options: EventSenderOptions;
  readonly #begin: string;
  #socket: Socket | undefined;
  #isConnected = false;
  #retryMs = shortestRetryMs;
  #retry: NodeJS.Timeout | undefined;
  readonly #waiting: EventBuffer;
  #isWriting = false;
  #flush: NodeJS.Timeout | undefined;
  #isClosed = false;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #onIdle: (() => void) | undefined;
  readonly #writeNow = () => this.#write();
  readonly #counts = { events: 0, sent: 0, dropped: 0, connections: 0 };

  constructor(options: EventSenderOptions) {
    this.#options = options;
    this.#waiting = new EventBuffer(options.maxBufferBytes);
    this.#begin = `{"source":"node","server_id":${jsonText(options.serverId)},"seq":`;
    this.#connect();
  }

  /** @param fields JSON without braces */
  send(fields: string): void {
    const seq = this.#counts.events++;
    const line = `${this.#begin}${seq},"dropped_total":${this.#counts.dropped},${fields}}\n`;
    if (this.#isClosed || !this.#waiting.push(line)) {
      this.#counts.dropped++;
      if (!this.#isClosed) this.#report('its buffer is full');
      return;
    }
    if (this.#isConnected && !this.#isWriting) this.#flush ??= setTimeout(this.#writeNow, gatherMs);
  }

  counters(): EventSenderCounters {
    return { ...this.#counts, buffered_bytes: this.#waiting.bytes, connected: this.#isConnected };
  }

  /** Sends what waits, for a second at most. Events from now on are dropped. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#waiting.bytes > 0 && this.#socket !== undefined) {
      const socket = this.#socket;
      socket.ref();
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        timer = setTimeout(resolve, closeWithinMs);
        if (this.#isConnected) this.#write();
      });
      clearTimeout(timer);
    }
    this.#counts.dropped += this.#waiting.clear();
    clearTimeout(this.#flush);
    clearTimeout(this.#retry);
    if (this.#isConnected && !this.#isWriting) this.#socket?.end();
    else this.#socket?.destroy();
  }

  #connect(): void {
    const socket = connect({ path: this.#options.path });
    this.#socket = socket;
    let why = 'it closed the connection';
    socket.unref();
    // The receiver says nothing, but its end is only seen by a reader.
    socket.resume();
    socket.on('connect', () => {
      this.#isConnected = true;
      this.#counts.connections++;
      this.#write();
    });
    socket.on('error', (error) => {
      why = error.message;
    });
    socket.on('close', () => {
      this.#isConnected = false;
      this.#socket = undefined;
      if (this.#isClosed) {
        this.#onIdle?.();
        return;
      }
      this.#report(why);
      this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
      this.#retry.unref();
      this.#retryMs = Math.min(2 * this.#retryMs, longestRetryMs);
    });
  }

  /** One write at a time, so that what a broken connection took along is known. */
  #write(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    if (this.#isWriting || !this.#isConnected) return;
    const chunk = this.#waiting.take();
    if (chunk === undefined) {
      this.#onIdle?.();
      return;
    }
    const { count } = chunk;
    this.#isWriting = true;
    this.#socket?.write(chunk.bytes.subarray(0, chunk.used), (error) => {
      this.#isWriting = false;
      this.#waiting.giveBack(chunk);
      if (error) this.#counts.dropped += count;
      else {
        this.#counts.sent += count;
        this.#retryMs = shortestRetryMs;
        this.#write();
      }
    });
  }

  #report(why: string): void {
    const now = performance.now();
    if (now - this.#loggedAt < logEveryMs) return;
    this.#loggedAt = now;
    const { path } = this.#options;
    const { dropped } = this.#counts;
    this.#options.log(
      `Events of HTTP requests do not reach ${path} (${why}). ${dropped} were lost so far; sending is tried again and again. ` +
        'Is ja4-platform running there, and may this process write to the socket?',
    );
  }
}
