/** What the receiving thread is started with. */
export interface ReceiverData {
  readonly fd: number;
  /** Two 32-bit integers, see `flag`. */
  readonly shared: SharedArrayBuffer;
  readonly maxInFlight: number;
  /** How long the thread may leave a queue alone that it has just emptied, in milliseconds. */
  readonly napMs: number;
}

/** Meaning of the shared integers: batches posted and not yet handled, and the order to stop. */
export const flag = { inFlight: 0, stop: 1 } as const;

/** One batch, with the thread's counters so far. */
export interface ReceiverReport {
  readonly messages: string[];
  readonly counters: Readonly<Record<string, number>>;
}
