import type { CaptureCounter } from '../capture-statistics.ts';

/** Why a frame led to no transport header; each is a counter too. */
export type LayerFailure =
  | 'link_type_unsupported'
  | 'not_ip'
  | 'frame_encrypted'
  | 'packet_truncated'
  | 'ip_malformed'
  | 'ip_fragment_held'
  | 'ip_fragment_refused'
  | 'encapsulation_too_deep';

/** What the bytes at the cursor are, as a number of `linkType`; or why nothing comes of them. */
export type NextLayer = number | LayerFailure;

/**
 * Where decoding stands, for all that is not plain Ethernet and IP. Each layer is a function that reads its
 * header at `at`, moves `at` behind it and says what follows; none calls another, so that depth is bounded in
 * one place. Offsets are absolute in `buffer`.
 */
export class LayerCursor {
  buffer: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  /** The tunnel that was entered last and has not shown an IP packet yet. */
  tunnel: CaptureCounter | undefined;
  /** 802.11: the header is padded to a multiple of 4 (radiotap). */
  isHeaderPadded = false;
  /** 802.11 A-MSDU: the further packets of this frame lie in `buffer[restAt, restEnd)`. */
  restAt = 0;
  restEnd = 0;

  /** Stands at the start of a frame, or of a further packet of one. */
  start(buffer: Uint8Array, at: number, end: number): void {
    this.buffer = buffer;
    this.at = at;
    this.end = end;
    this.tunnel = undefined;
    this.isHeaderPadded = false;
    this.restAt = 0;
  }

  has(bytes: number): boolean {
    return this.at + bytes <= this.end;
  }

  /** Unsigned byte at `offset` from the cursor; ask {@link has} before. */
  uint8(offset: number): number {
    return this.buffer[this.at + offset]!;
  }

  /** Big-endian, as networks write. */
  uint16(offset: number): number {
    const at = this.at + offset;
    return (this.buffer[at]! << 8) | this.buffer[at + 1]!;
  }

  uint32(offset: number): number {
    return this.uint16(offset) * 0x10000 + this.uint16(offset + 2);
  }

  /** Little-endian, as the headers of capture programs are written. */
  uint16le(offset: number): number {
    const at = this.at + offset;
    return (this.buffer[at + 1]! << 8) | this.buffer[at]!;
  }

  uint32le(offset: number): number {
    return this.uint16le(offset + 2) * 0x10000 + this.uint16le(offset);
  }

  /** Passes over a header of `bytes`, behind which `next` begins. */
  pass(bytes: number, next: NextLayer): NextLayer {
    if (!this.has(bytes)) return 'packet_truncated';
    this.at += bytes;
    return next;
  }

  /** Lets the layers inside end after `bytes`, where what was captured does not end before. */
  limit(bytes: number): void {
    this.end = Math.min(this.end, this.at + bytes);
  }
}
