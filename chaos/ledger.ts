import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';

/*
 * What a sender knows about its events, in a file that survives its SIGKILL:
 *
 *   <server_id>.ledger   one byte for each seq, from 0: an `EventState`
 *   <server_id>.times    for each burst: first seq (UInt32LE), time of day in ms (Float64LE)
 */

export const eventState = {
  /** Never tried. */
  none: 0,
  /** About to be sent: the kernel may have it or not. */
  open: 1,
  /** The kernel took it. */
  sent: 2,
  /** The kernel refused it: counted in dropped_total. */
  refused: 3,
} as const;

const timeBytes = 12;

/** Written by a sender. A write is in the kernel's hands when it returns, so a kill does not undo it. */
export class LedgerWriter {
  readonly #states: number;
  readonly #times: number;
  #bursts = 0;

  constructor(folder: string, serverId: string) {
    this.#states = openSync(`${folder}/${serverId}.ledger`, 'w');
    this.#times = openSync(`${folder}/${serverId}.times`, 'w');
  }

  begin(first: number, count: number): void {
    const entry = Buffer.alloc(timeBytes);
    entry.writeUInt32LE(first, 0);
    entry.writeDoubleLE(Date.now(), 4);
    writeSync(this.#times, entry, 0, timeBytes, this.#bursts++ * timeBytes);
    writeSync(this.#states, Buffer.alloc(count, eventState.open), 0, count, first);
  }

  end(first: number, states: Uint8Array): void {
    writeSync(this.#states, states, 0, states.length, first);
  }

  close(): void {
    closeSync(this.#states);
    closeSync(this.#times);
  }
}

/** What one sender, from start to end or kill, did. */
export interface Ledger {
  /** By seq. */
  readonly states: Uint8Array;
  /** Time of day at which an event was sent, in ms. */
  sentMs(seq: number): number;
}

/** Empty for a sender that was killed before it began. */
export function readLedger(folder: string, serverId: string): Ledger {
  const read = (file: string) => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0));
  const states = read(`${folder}/${serverId}.ledger`);
  const times = read(`${folder}/${serverId}.times`);
  const bursts = Math.floor(times.length / timeBytes);
  return {
    states,
    sentMs: (seq) => {
      let low = 0;
      let high = bursts - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (times.readUInt32LE(middle * timeBytes) <= seq) low = middle;
        else high = middle - 1;
      }
      return bursts === 0 ? Number.NaN : times.readDoubleLE(low * timeBytes + 4);
    },
  };
}
