/** One event is at most 64 KiB, so each fits into an empty chunk. */
const chunkBytes = 131_072;

/** Events that go out in one write. */
export interface Chunk {
  readonly bytes: Buffer;
  used: number;
  /** Events in it. */
  count: number;
}

/** Lines that wait for being sent, as bytes, up to a bound. */
export class EventBuffer {
  readonly #maxBytes: number;
  readonly #chunks: Chunk[] = [];
  #spare: Chunk | undefined;
  /** Of all chunks, those taken included. */
  bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Events that wait. */
  get count(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.count, 0);
  }

  /** False when there is no room for the line. */
  push(line: string): boolean {
    // A UTF-16 unit takes at most three bytes.
    const most = line.length * 3;
    const size = this.bytes + most > this.#maxBytes || most > chunkBytes ? Buffer.byteLength(line) : most;
    if (this.bytes + size > this.#maxBytes || size > chunkBytes) return false;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunkBytes - chunk.used < size) {
      chunk = this.#spare ?? { bytes: Buffer.allocUnsafeSlow(chunkBytes), used: 0, count: 0 };
      this.#spare = undefined;
      this.#chunks.push(chunk);
    }
    const written = chunk.bytes.write(line, chunk.used);
    chunk.used += written;
    chunk.count++;
    this.bytes += written;
    return true;
  }

  /** The oldest events. Its bytes count until it is given back. */
  take(): Chunk | undefined {
    return this.#chunks.shift();
  }

  giveBack(chunk: Chunk): void {
    this.bytes -= chunk.used;
    chunk.used = 0;
    chunk.count = 0;
    this.#spare = chunk;
  }

  /** @returns how many events are gone */
  clear(): number {
    let gone = 0;
    for (let chunk = this.take(); chunk !== undefined; chunk = this.take()) {
      gone += chunk.count;
      this.giveBack(chunk);
    }
    return gone;
  }
}
