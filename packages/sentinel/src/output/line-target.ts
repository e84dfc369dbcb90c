/** Where lines are written to: a file or standard output. Nothing of it waits in the calling thread. */
export interface LineTarget {
  /** For the log and for `ready`. */
  readonly name: string;
  /**
   * Writes some of `bytes` from `at` on: how many.
   * Rejects with the system's error: EAGAIN when the reader is slow, EPIPE when it is gone, ENOSPC, …
   */
  write(bytes: Uint8Array, at: number): Promise<number>;
  /** Removes the last `length` bytes, the beginning of a line that could not be finished; false: they stay. */
  takeBack(length: number): Promise<boolean>;
  /** Goes on in a new file of the same name, when it was renamed. Rejects and goes on in the old one. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}
