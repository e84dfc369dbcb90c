import { writeSync } from 'node:fs';

/** Characters that are collected before they are written in one call. */
const batchCharacters = 64 * 1024;
const waitMs = 5;

/** What the system says of a write that failed, such as that the disk is full. */
export class WriteError extends Error {}

/**
 * Lines to a descriptor, many in one write. A slow reader holds the caller up; there is no copy of the output
 * in memory. It stands beside `process.stdout` for commands that write much: it has no stream to load and to feed.
 */
export class LineWriter {
  readonly #fd: number;
  #text = '';
  #gone = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Whether the reader has closed its end (`… | head`): what is written from then on goes nowhere. */
  get gone(): boolean {
    return this.#gone;
  }

  write(line: string): void {
    this.#text += line;
    this.#text += '\n';
    if (this.#text.length >= batchCharacters) this.flush();
  }

  /** Throws a `WriteError`, unless the reason is that nobody reads any more. */
  flush(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    for (let at = 0; at < bytes.length && !this.#gone; ) at += this.#writeSome(bytes, at);
  }

  #writeSome(bytes: Uint8Array, at: number): number {
    try {
      return writeSync(this.#fd, bytes, at);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // A descriptor that somebody else has set not to wait: wait here.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
      else if (code === 'EPIPE' || code === 'ECONNRESET') this.#gone = true;
      else throw new WriteError(error instanceof Error ? error.message : String(error), { cause: error });
      return 0;
    }
  }
}
