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
  /** Bytes that still lie ahead of a record which is being passed over. */
  readonly missingBytes: number;
  /** Set once the file cannot be read any further. */
  readonly fatal: FileProblem | undefined;
  /** Records passed over, to be added to the statistics by name. */
  readonly passedOver: ReadonlyMap<CaptureCounter, number>;
}

export function uint32(buffer: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian
    ? ((buffer[at + 3]! << 24) | (buffer[at + 2]! << 16) | (buffer[at + 1]! << 8) | buffer[at]!) >>> 0
    : ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;
}

export function uint16(buffer: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian ? (buffer[at + 1]! << 8) | buffer[at]! : (buffer[at]! << 8) | buffer[at + 1]!;
}
