/** Bytes that are read at once. */
export const windowBytes = 2 * 1024 * 1024;
/** Enough for a batch of 30,000 rows. */
const mostSpares = 16;

/**
 * Memory for what is read from disk, used again once nobody looks at it any more: megabytes that are allocated
 * and dropped for every batch cost page faults, and collections of the whole heap.
 */
export class ReadWindows {
  readonly #spares = new Set<ArrayBufferLike>();

  /** Memory with anything in it, of at least `bytes`. */
  take(bytes: number): Buffer {
    if (bytes > windowBytes) return Buffer.allocUnsafeSlow(bytes);
    const [spare] = this.#spares;
    if (spare === undefined) return Buffer.allocUnsafeSlow(windowBytes);
    this.#spares.delete(spare);
    return Buffer.from(spare);
  }

  /** Takes memory back that nobody will look at again. */
  giveBack(memory: ArrayBufferLike): void {
    if (memory.byteLength === windowBytes && this.#spares.size < mostSpares) this.#spares.add(memory);
  }
}
