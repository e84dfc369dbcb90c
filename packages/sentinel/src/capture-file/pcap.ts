import type { CaptureCounter } from '../capture-statistics.ts';
import { type CaptureFormat, type FileProblem, type PacketSink, uint32 } from './format.ts';

export const pcapHeaderLength = 24;

/** No capture tool writes longer packets; a larger length means that the file is not what it seems. */
const maxPacket = 4 * 1024 * 1024;

/** Magic numbers as read big-endian, to what they say about the file. */
const magics: ReadonlyMap<number, { littleEndian: boolean; nanoseconds: boolean; recordHeader: number }> =
  new Map([
    [0xa1b2c3d4, { littleEndian: false, nanoseconds: false, recordHeader: 16 }],
    [0xd4c3b2a1, { littleEndian: true, nanoseconds: false, recordHeader: 16 }],
    [0xa1b23c4d, { littleEndian: false, nanoseconds: true, recordHeader: 16 }],
    [0x4d3cb2a1, { littleEndian: true, nanoseconds: true, recordHeader: 16 }],
    // Kuznetzov's variant (old Red Hat libpcap): records have 8 bytes more.
    [0xa1b2cd34, { littleEndian: false, nanoseconds: false, recordHeader: 24 }],
    [0x34cdb2a1, { littleEndian: true, nanoseconds: false, recordHeader: 24 }],
  ]);

export function isPcap(buffer: Uint8Array): boolean {
  return magics.has(uint32(buffer, 0, false));
}

/** What the header says about all records. */
interface RecordForm {
  readonly littleEndian: boolean;
  readonly headerLength: number;
  /** Nanoseconds per unit of the time's fraction. */
  readonly fractionNs: number;
  readonly linkType: number;
}

/**
 * The classic libpcap format, both byte orders, micro- and nanoseconds.
 * Source: draft-ietf-opsawg-pcap.
 *
 *     file:   magic 4 | version 2+2 | reserved 8 | snap length 4 | link type 4
 *     record: seconds 4 | fraction 4 | captured length 4 | original length 4 | bytes
 */
export class PcapFormat implements CaptureFormat {
  readonly missingBytes = 0;
  fatal: FileProblem | undefined;
  readonly passedOver = new Map<CaptureCounter, number>();
  readonly #form: RecordForm;
  #fileOffset = pcapHeaderLength;

  /** @param header the first 24 bytes of a file for which {@link isPcap} is true */
  constructor(header: Uint8Array) {
    const { littleEndian, nanoseconds, recordHeader } = magics.get(uint32(header, 0, false))!;
    this.#form = {
      littleEndian,
      headerLength: recordHeader,
      fractionNs: nanoseconds ? 1 : 1000,
      // The upper half holds the frame check sequence's length and reserved bits.
      linkType: uint32(header, 20, littleEndian) & 0xffff,
    };
  }

  take(buffer: Uint8Array, start: number, end: number, sink: PacketSink): number {
    const { littleEndian, headerLength } = this.#form;
    const at = takeRecords(this.#form, buffer, start, end, sink);
    this.#fileOffset += at - start;
    const length = at + headerLength <= end ? uint32(buffer, at + 8, littleEndian) : 0;
    if (length > maxPacket) {
      this.fatal = {
        counter: 'files_corrupt',
        text: `the record at byte ${this.#fileOffset} claims a packet of ${length} bytes`,
      };
    }
    return at;
  }
}

/**
 * Hands over the whole records in `buffer[start, end)` and returns where it stopped. A function of its own with
 * nothing behind its loop: the loop runs for long, is optimised while it runs, and whatever stood behind it
 * would throw that code away at every end.
 */
function takeRecords(
  { littleEndian, headerLength, fractionNs, linkType }: RecordForm,
  buffer: Uint8Array,
  start: number,
  end: number,
  sink: PacketSink,
): number {
  let at = start;
  while (at + headerLength <= end) {
    const length = uint32(buffer, at + 8, littleEndian);
    const next = at + headerLength + length;
    if (length > maxPacket || next > end) break;
    const seconds = uint32(buffer, at, littleEndian);
    const fraction = uint32(buffer, at + 4, littleEndian);
    sink(buffer, at + headerLength, length, linkType, seconds * 1e9 + fraction * fractionNs);
    at = next;
  }
  return at;
}
