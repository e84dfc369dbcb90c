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

/**
 * The classic libpcap format, both byte orders, micro- and nanoseconds.
 * Source: draft-ietf-opsawg-pcap.
 *
 *     file:   magic 4 | version 2+2 | reserved 8 | snap length 4 | link type 4
 *     record: seconds 4 | fraction 4 | captured length 4 | original length 4 | bytes
 */
export class PcapFormat implements CaptureFormat {
  fatal: FileProblem | undefined;
  readonly passedOver = new Map<CaptureCounter, number>();
  readonly #littleEndian: boolean;
  readonly #recordHeader: number;
  readonly #fractionNs: number;
  readonly #linkType: number;
  #fileOffset = pcapHeaderLength;

  /** @param header the first 24 bytes of a file for which {@link isPcap} is true */
  constructor(header: Uint8Array) {
    const { littleEndian, nanoseconds, recordHeader } = magics.get(uint32(header, 0, false))!;
    this.#littleEndian = littleEndian;
    this.#recordHeader = recordHeader;
    this.#fractionNs = nanoseconds ? 1 : 1000;
    // The upper half holds the frame check sequence's length and reserved bits.
    this.#linkType = uint32(header, 20, littleEndian) & 0xffff;
  }

  take(buffer: Uint8Array, start: number, end: number, sink: PacketSink): number {
    const littleEndian = this.#littleEndian;
    const header = this.#recordHeader;
    let at = start;
    while (at + header <= end) {
      const length = uint32(buffer, at + 8, littleEndian);
      if (length > maxPacket) {
        this.fatal = {
          counter: 'files_corrupt',
          text: `the record at byte ${this.#fileOffset + at - start} claims a packet of ${length} bytes`,
        };
        break;
      }
      if (at + header + length > end) break;
      const seconds = uint32(buffer, at, littleEndian);
      const fraction = uint32(buffer, at + 4, littleEndian);
      sink(buffer, at + header, length, this.#linkType, seconds * 1e9 + fraction * this.#fractionNs);
      at += header + length;
    }
    this.#fileOffset += at - start;
    return at;
  }
}
