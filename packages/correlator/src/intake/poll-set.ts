import { lastErrorCode, lastErrorText, libc, POLLIN } from './libc.ts';

/** `struct pollfd { int fd; short events; short revents; }` */
const pollfdBytes = 8;

/** The descriptors of one call of poll(2). Numbers come from a small set, so memory is never given back. */
export class PollSet {
  #entries = new Uint8Array(64 * pollfdBytes);
  #view = new DataView(this.#entries.buffer);
  #size = 0;

  clear(): void {
    this.#size = 0;
  }

  /** Adds a descriptor that may be read from; returns its index. */
  add(fd: number): number {
    const at = this.#size * pollfdBytes;
    if (at === this.#entries.length) {
      const entries = new Uint8Array(2 * this.#entries.length);
      entries.set(this.#entries);
      this.#entries = entries;
      this.#view = new DataView(entries.buffer);
    }
    this.#view.setInt32(at, fd, true);
    this.#view.setInt32(at + 4, POLLIN, true);
    return this.#size++;
  }

  /** Waits until one of them can be read, was shut down, or the time is over. */
  wait(timeoutMs: number): void {
    if (libc().poll(this.#entries, this.#size, timeoutMs) >= 0) return;
    if (lastErrorCode() !== 'EINTR')
      throw Object.assign(new Error(`poll failed on the intake sockets: ${lastErrorText()}`), {
        code: lastErrorCode(),
      });
    // Interrupted: what the entries say is old.
    for (let i = 0; i < this.#size; i++) this.#view.setInt16(i * pollfdBytes + 6, 0, true);
  }

  /** Whether something happened to the descriptor: it can be read, was shut down or broke. */
  happened(index: number): boolean {
    return this.#view.getInt16(index * pollfdBytes + 6, true) !== 0;
  }
}
