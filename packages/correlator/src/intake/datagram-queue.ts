import { readFileSync } from 'node:fs';

/** How many datagrams the kernel keeps for a UNIX socket whose receiver is busy. */
export interface DatagramQueue {
  readonly length: number;
  /** Measured: below this, senders that do not wait lose some percent of bursts. */
  readonly wanted: 512;
  readonly ok: boolean;
  /** What an operator should do; empty when nothing. */
  readonly advice: string;
}

const setting = '/proc/sys/net/unix/max_dgram_qlen';

/** Reads `net.unix.max_dgram_qlen`; undefined where the system has no such setting. */
export function datagramQueue(file: string = setting): DatagramQueue | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return undefined; // Not Linux, or /proc is hidden: nothing can be said.
  }
  const length = Number.parseInt(text, 10);
  if (!Number.isSafeInteger(length)) return undefined;
  const ok = length >= 512;
  return {
    length,
    wanted: 512,
    ok,
    advice: ok
      ? ''
      : `net.unix.max_dgram_qlen is ${length}: bursts of events will be dropped by their senders. ` +
        'Run sysctl -w net.unix.max_dgram_qlen=512 and restart the receiver (the value is read when a socket is created)',
  };
}
