import type { CaptureCounter } from '../capture-statistics.ts';

/** Takes one captured frame in `buffer[offset, offset + length)`; the signature of `HelloTracker.packet`. */
export type PacketSink = (
  buffer: Uint8Array,
  offset: number,
  length: number,
  linkType: number,
  timestampNs: number,
) => void;

/** Why a file cannot be read further, or something in it that was passed over. */
export interface FileProblem {
  readonly counter: CaptureCounter;
  readonly text: string;
}

/**
 * Reads one capture file format out of a sliding window. It does no I/O: the reader fills the window, the
 * format takes as many whole records from it as there are.
 */
export interface CaptureFormat {
  /**
   * Takes the whole records in `buffer[start, end)`.
   * @returns where it stopped: everything before that is done with
   */
  take(buffer: Uint8Array, start: number, end: number, sink: PacketSink): number;
  /** Set once the file cannot be read any further. */
  readonly fatal: FileProblem | undefined;
  /** Records passed over, to be added to the statistics by name. */
  readonly passedOver: ReadonlyMap<CaptureCounter, number>;
}

export function uint32(buffer: Uint8Array, at: number, littleEndian: boolean): number {
  const [a, b, c, d] = [buffer[at]!, buffer[at + 1]!, buffer[at + 2]!, buffer[at + 3]!];
  return (littleEndian ? (d << 24) | (c << 16) | (b << 8) | a : (a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

export function uint16(buffer: Uint8Array, at: number, littleEndian: boolean): number {
  const [a, b] = [buffer[at]!, buffer[at + 1]!];
  return littleEndian ? (b << 8) | a : (a << 8) | b;
}
