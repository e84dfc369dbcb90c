import type { CaptureCounter } from '../capture-statistics.ts';
import { type CaptureFormat, type FileProblem, type PacketSink, uint16, uint32 } from './format.ts';

const sectionHeader = 0x0a0d0d0a;
const interfaceDescription = 1;
const packetBlock = 2;
const simplePacket = 3;
const enhancedPacket = 6;

const byteOrderMagic = 0x1a2b3c4d;
/** Blocks longer than the reader's window cannot be held; they are passed over instead. */
const maxBlock = 4 * 1024 * 1024;
/** A file may describe as many interfaces as it likes; memory may not. */
const maxInterfaces = 65_536;

interface CaptureInterface {
  readonly linkType: number;
  /** 0 for no limit. */
  readonly snapLength: number;
  /** Nanoseconds per unit of the interface's timestamps. */
  readonly unitNs: number;
  readonly offsetNs: number;
}

export function isPcapng(buffer: Uint8Array): boolean {
  return uint32(buffer, 0, false) === sectionHeader;
}

/**
 * The pcapng format: any number of sections in either byte order, each with interfaces of its own;
 * enhanced, simple and obsolete packet blocks; other blocks are passed over.
 * Source: draft-ietf-opsawg-pcapng.
 *
 *     block: type 4 | total length 4 | body, padded to 4 | total length 4
 */
export class PcapngFormat implements CaptureFormat {
  fatal: FileProblem | undefined;
  readonly passedOver = new Map<CaptureCounter, number>();
  #littleEndian = true;
  #interfaces: CaptureInterface[] = [];
  /** Simple packet blocks carry no time: they get that of the packet before. */
  #lastNs = 0;
  /** Bytes of an oversized block that still lie ahead. */
  #skip = 0;
  #fileOffset = 0;

  get missingBytes(): number {
    return this.#skip;
  }

  take(buffer: Uint8Array, start: number, end: number, sink: PacketSink): number {
    let at = start;
    while (this.fatal === undefined) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, end - at);
        this.#skip -= skipped;
        at += skipped;
      }
      if (at + 12 > end) break;
      // The section header's type reads the same in both byte orders, and its magic tells the order.
      if (uint32(buffer, at, false) === sectionHeader && !this.#startSection(buffer, at)) {
        this.#corrupt(at - start, 'a section header without the byte-order magic');
        break;
      }
      const type = uint32(buffer, at, this.#littleEndian);
      const length = uint32(buffer, at + 4, this.#littleEndian);
      if (length < 12) {
        this.#corrupt(at - start, `a block of ${length} bytes`);
        break;
      }
      // The length field may lack the padding, the blocks never do.
      const padded = length + ((4 - (length % 4)) % 4);
      if (padded > maxBlock) {
        this.#passOver(type === enhancedPacket ? 'packets_oversized' : 'blocks_skipped');
        this.#skip = padded;
        continue;
      }
      if (at + padded > end) break;
      this.#block(type, buffer, at + 8, at + length - 4, sink);
      at += padded;
    }
    this.#fileOffset += at - start;
    return at;
  }

  #corrupt(offset: number, what: string): void {
    this.fatal = { counter: 'files_corrupt', text: `at byte ${this.#fileOffset + offset}: ${what}` };
  }

  #passOver(counter: CaptureCounter): void {
    this.passedOver.set(counter, (this.passedOver.get(counter) ?? 0) + 1);
  }

  #startSection(buffer: Uint8Array, at: number): boolean {
    if (uint32(buffer, at + 8, true) === byteOrderMagic) this.#littleEndian = true;
    else if (uint32(buffer, at + 8, false) === byteOrderMagic) this.#littleEndian = false;
    else return false;
    this.#interfaces = [];
    return true;
  }

  /** One whole block; its body is `buffer[body, end)`. */
  #block(type: number, buffer: Uint8Array, body: number, end: number, sink: PacketSink): void {
    switch (type) {
      case sectionHeader:
        break;
      case interfaceDescription:
        if (body + 8 > end || this.#interfaces.length === maxInterfaces) this.#passOver('blocks_skipped');
        else this.#interfaces.push(this.#interface(buffer, body, end));
        break;
      case enhancedPacket:
        // interface 4 | time high 4 | time low 4 | captured 4 | original 4 | bytes
        this.#packet(buffer, body, end, uint32(buffer, body, this.#littleEndian), sink);
        break;
      case packetBlock:
        // interface 2 | drops 2 | then as above
        this.#packet(buffer, body, end, uint16(buffer, body, this.#littleEndian), sink);
        break;
      case simplePacket:
        this.#simple(buffer, body, end, sink);
        break;
      default:
        this.#passOver('blocks_skipped');
    }
  }

  #packet(buffer: Uint8Array, body: number, end: number, interfaceId: number, sink: PacketSink): void {
    const source = this.#interfaces[interfaceId];
    const data = body + 20;
    if (source === undefined || data > end) {
      this.#passOver('blocks_skipped');
      return;
    }
    const high = uint32(buffer, body + 4, this.#littleEndian);
    const low = uint32(buffer, body + 8, this.#littleEndian);
    const length = Math.min(uint32(buffer, body + 12, this.#littleEndian), end - data);
    this.#lastNs = (high * 2 ** 32 + low) * source.unitNs + source.offsetNs;
    sink(buffer, data, length, source.linkType, this.#lastNs);
  }

  /** Always of the first interface; the captured length follows from its snap length. */
  #simple(buffer: Uint8Array, body: number, end: number, sink: PacketSink): void {
    const source = this.#interfaces[0];
    const data = body + 4;
    if (source === undefined || data > end) {
      this.#passOver('blocks_skipped');
      return;
    }
    const original = uint32(buffer, body, this.#littleEndian);
    const captured = source.snapLength === 0 ? original : Math.min(original, source.snapLength);
    sink(buffer, data, Math.min(captured, end - data), source.linkType, this.#lastNs);
  }

  #interface(buffer: Uint8Array, body: number, end: number): CaptureInterface {
    const littleEndian = this.#littleEndian;
    let unitNs = 1000;
    let offsetNs = 0;
    // Options: code 2 | length 2 | value, padded to 4; code 0 ends them.
    for (let at = body + 8; at + 4 <= end; ) {
      const code = uint16(buffer, at, littleEndian);
      const length = uint16(buffer, at + 2, littleEndian);
      const value = at + 4;
      if (code === 0 || value + length > end) break;
      if (code === 9 && length === 1) unitNs = timestampUnitNs(buffer[value]!);
      if (code === 14 && length === 8) offsetNs = signedSeconds(buffer, value, littleEndian) * 1e9;
      at = value + length + ((4 - (length % 4)) % 4);
    }
    return {
      linkType: uint16(buffer, body, littleEndian),
      snapLength: uint32(buffer, body + 4, littleEndian),
      unitNs,
      offsetNs,
    };
  }
}

/** `if_tsresol`: a negative power of 2 when the highest bit is set, otherwise of 10. */
function timestampUnitNs(resolution: number): number {
  const exponent = resolution & 0x7f;
  return (resolution & 0x80) === 0 ? 10 ** (9 - exponent) : 1e9 / 2 ** exponent;
}

/** `if_tsoffset`: a signed 64-bit number of seconds. */
function signedSeconds(buffer: Uint8Array, at: number, littleEndian: boolean): number {
  const first = uint32(buffer, at, littleEndian);
  const second = uint32(buffer, at + 4, littleEndian);
  const [high, low] = littleEndian ? [second, first] : [first, second];
  return (high | 0) * 2 ** 32 + low;
}
