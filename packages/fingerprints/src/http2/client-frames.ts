import { HpackDecoder } from './hpack-decoder.ts';
import type { Http2Client, Http2Failure, Http2Priority, Http2Setting } from './http2-client.ts';

/** The nine octets before each frame's payload (RFC 9113 section 4.1). */
export interface Http2FrameHeader {
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

export const frameHeaderLength = 9;

export function readFrameHeader(bytes: Uint8Array, at: number): Http2FrameHeader {
  return {
    length: (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!,
    type: bytes[at + 3]!,
    flags: bytes[at + 4]!,
    stream: uint32(bytes, at + 5) & 0x7fff_ffff,
  };
}

/** Source: RFC 9113 section 6. */
export const frameType = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

export const frameFlag = { ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** SETTINGS_MAX_FRAME_SIZE as long as the server has announced no other (RFC 9113 section 6.5.2). */
const maxFrameLength = 16_384;

/** A client that has asked for nothing after so many frames is not worth waiting for. */
const maxFrames = 64;

/** So much of the first request's header block is read; servers accept less. */
const maxBlockLength = 16_384;

/**
 * Understands the frames from a client up to its first request. A failure is decided as soon as the octets
 * that show it are there: from the header before the payload has come, if it can be.
 */
export class ClientFrames {
  readonly #settings: Http2Setting[] = [];
  readonly #priorities: Http2Priority[] = [];
  readonly #pseudoHeaders: string[] = [];
  readonly #headerNames: string[] = [];
  #windowUpdate: number | undefined;
  #requestPriority: Http2Priority | undefined;
  #headersFailure: Http2Client['headersFailure'];
  #frames = 0;
  #hasSettings = false;
  /** Stream of a HEADERS frame that CONTINUATION frames must follow. */
  #openStream = 0;
  /** Fragments of its header block. */
  #block = new Uint8Array(0);

  /** What has been said so far. */
  get client(): Http2Client {
    return {
      settings: this.#settings,
      windowUpdate: this.#windowUpdate,
      priorities: this.#priorities,
      requestPriority: this.#requestPriority,
      pseudoHeaders: this.#pseudoHeaders,
      headerNames: this.#headerNames,
      headersFailure: this.#headersFailure,
    };
  }

  /** Judges the header of the next frame. */
  header({ length, type, flags, stream }: Http2FrameHeader): Http2Failure | undefined {
    if (++this.#frames > maxFrames) return 'too-many-frames';
    if (this.#frames === 1 && (type !== frameType.settings || (flags & frameFlag.ack) !== 0)) {
      return 'settings-missing';
    }
    if (length > maxFrameLength) return 'frame-too-large';
    if ((type === frameType.continuation) !== (this.#openStream !== 0)) return 'frame-out-of-place';
    switch (type) {
      case frameType.settings: {
        const wanted = (flags & frameFlag.ack) !== 0 ? length === 0 : length % 6 === 0;
        return stream === 0 && wanted ? undefined : 'bad-settings';
      }
      case frameType.priority:
        return stream !== 0 && length === 5 ? undefined : 'bad-priority';
      case frameType.windowUpdate:
        return length === 4 ? undefined : 'bad-window-update';
      case frameType.headers:
        // Section 5.1.1: streams that a client opens have odd numbers.
        return (stream & 1) === 1 ? undefined : 'bad-headers';
      case frameType.continuation:
        return stream === this.#openStream ? undefined : 'frame-out-of-place';
      case frameType.data:
      case frameType.rstStream:
      case frameType.pushPromise:
        // Section 5.1: nothing is open that they could be about, and clients never push.
        return 'frame-out-of-place';
      default:
        return undefined;
    }
  }

  /** Reads the payload `bytes[start, end)` of the frame whose header was judged; `done` with the first request. */
  payload(
    frame: Http2FrameHeader,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Http2Failure | 'done' | undefined {
    switch (frame.type) {
      case frameType.settings:
        this.#readSettings(frame, bytes, start, end);
        return undefined;
      case frameType.priority:
        this.#priorities.push(priorityAt(bytes, start, frame.stream));
        return undefined;
      case frameType.windowUpdate:
        return this.#readWindowUpdate(frame, uint32(bytes, start) & 0x7fff_ffff);
      case frameType.headers:
        return this.#readHeaders(frame, bytes, start, end);
      case frameType.continuation:
        return this.#readFragment(frame, bytes, start, end);
      default:
        return undefined;
    }
  }

  #readSettings({ flags }: Http2FrameHeader, bytes: Uint8Array, start: number, end: number): void {
    if (this.#hasSettings || (flags & frameFlag.ack) !== 0) return;
    this.#hasSettings = true;
    for (let at = start; at < end; at += 6) {
      this.#settings.push({ id: (bytes[at]! << 8) | bytes[at + 1]!, value: uint32(bytes, at + 2) });
    }
  }

  /** Section 6.9: an increment of 0 is an error. */
  #readWindowUpdate({ stream }: Http2FrameHeader, increment: number): Http2Failure | undefined {
    if (increment === 0) return 'bad-window-update';
    if (stream === 0) this.#windowUpdate ??= increment;
    return undefined;
  }

  /** Section 6.2: padding and priority fields stand around the fragment. */
  #readHeaders(
    frame: Http2FrameHeader,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Http2Failure | 'done' | undefined {
    let from = start;
    let to = end;
    if ((frame.flags & frameFlag.padded) !== 0) {
      if (from >= end) return 'bad-headers';
      to -= bytes[from++]!;
    }
    const hasPriority = (frame.flags & frameFlag.priority) !== 0;
    if (to - from < (hasPriority ? 5 : 0)) return 'bad-headers';
    if (hasPriority) {
      this.#requestPriority = priorityAt(bytes, from, frame.stream);
      from += 5;
    }
    return this.#readFragment(frame, bytes, from, to);
  }

  #readFragment(frame: Http2FrameHeader, bytes: Uint8Array, start: number, end: number): 'done' | undefined {
    const isLast = (frame.flags & frameFlag.endHeaders) !== 0;
    if (isLast && this.#openStream === 0) return this.#readBlock(bytes, start, end);
    this.#openStream = frame.stream;
    const room = maxBlockLength - this.#block.length;
    const fragment = bytes.subarray(start, Math.min(end, start + room));
    const block = new Uint8Array(this.#block.length + fragment.length);
    block.set(this.#block);
    block.set(fragment, this.#block.length);
    this.#block = block;
    const isCut = end - start > room;
    if (!isLast && !isCut) return undefined;
    this.#readBlock(block, 0, block.length);
    if (isCut) this.#headersFailure = 'too-long';
    return 'done';
  }

  /** The connection's first header block: the dynamic table is empty. */
  #readBlock(bytes: Uint8Array, start: number, end: number): 'done' {
    const decoded = new HpackDecoder().decode(bytes, start, end, (name) => {
      (name.startsWith(':') ? this.#pseudoHeaders : this.#headerNames).push(name);
    });
    if (!decoded.ok) this.#headersFailure = decoded.reason;
    return 'done';
  }
}

function priorityAt(bytes: Uint8Array, at: number, stream: number): Http2Priority {
  const dependency = uint32(bytes, at);
  return {
    stream,
    exclusive: dependency >= 0x8000_0000,
    dependsOn: dependency & 0x7fff_ffff,
    weight: bytes[at + 4]! + 1,
  };
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
