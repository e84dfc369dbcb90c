import {
  type Frame,
  type FrameFault,
  frameAlignment,
  frameHeadBytes,
  looksLikeFrame,
  readFrame,
  readFrameHead,
} from './frame.ts';
import { ReadWindows, windowBytes } from './read-windows.ts';

/** Something that can be read at any place: a file, or bytes in memory. */
export interface ByteSource {
  /** Fills `target` from `position` on as far as there are bytes; resolves with their number. */
  read(target: Buffer, position: number): Promise<number>;
}

/** A stretch of a segment without a readable frame. */
export interface Damage {
  readonly kind: 'damage';
  readonly at: number;
  readonly bytes: number;
  readonly reason: FrameFault;
}

export type ScanStep = { readonly kind: 'frame'; readonly at: number; readonly frame: Frame } | Damage;

/**
 * Walks through the frames of a segment. Where there is none it looks for the next one and says what lies
 * between, so that one broken sector costs the rows in it and no others.
 */
export class FrameScanner {
  readonly #source: ByteSource;
  readonly #seed: number;
  readonly #windows: ReadWindows;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  /** Where the next step begins. */
  position: number;

  constructor(source: ByteSource, seed: number, position: number, windows = new ReadWindows()) {
    this.#source = source;
    this.#seed = seed;
    this.#windows = windows;
    this.position = position;
  }

  /** The memory that the next frames may come from. */
  get memory(): ArrayBufferLike {
    return this.#window.buffer;
  }

  /** The next frame or damage before `end`; undefined = `end` is reached. Frames share memory: do not write. */
  async next(end: number): Promise<ScanStep | undefined> {
    const at = this.position;
    if (at >= end) return undefined;
    const found = await this.#frameAt(at, end);
    if (typeof found !== 'string') {
      this.position = at + found.size;
      return { kind: 'frame', at, frame: found };
    }
    const next = await this.#findFrame(at + frameAlignment, end);
    this.position = next;
    return { kind: 'damage', at, bytes: next - at, reason: found };
  }

  async #frameAt(at: number, end: number): Promise<Frame | FrameFault> {
    if (at + frameHeadBytes > end || !(await this.#have(at, frameHeadBytes, end))) return 'torn';
    const head = readFrameHead(this.#window, at - this.#windowAt, this.#seed);
    if (typeof head === 'string') return head;
    if (at + head.size > end || !(await this.#have(at, head.size, end))) return 'torn';
    return readFrame(this.#window, at - this.#windowAt, head, this.#seed);
  }

  /** Where the next whole frame begins, from `from` on; `end` if there is none. */
  async #findFrame(from: number, end: number): Promise<number> {
    for (let at = from; at + frameHeadBytes <= end; at += frameAlignment) {
      if (!(await this.#have(at, frameHeadBytes, end))) return end;
      at = this.#skipToMagic(at, end);
      if (at + frameHeadBytes > end) return end;
      if (typeof (await this.#frameAt(at, end)) !== 'string') return at;
    }
    return end;
  }

  /** The first place from `from` on, as far as the window goes, that looks like a frame. */
  #skipToMagic(from: number, end: number): number {
    const last = Math.min(this.#windowAt + this.#window.length, end) - frameHeadBytes;
    let at = from;
    while (at < last && !looksLikeFrame(this.#window, at - this.#windowAt)) at += frameAlignment;
    return at;
  }

  /** Sees to it that the window holds these bytes; false where the source ends before them. */
  async #have(at: number, length: number, end: number): Promise<boolean> {
    const offset = at - this.#windowAt;
    if (offset >= 0 && offset + length <= this.#window.length) return true;
    // Other memory each time, because frames that were handed out are views of it.
    const wanted = Math.max(length, Math.min(windowBytes, end - at));
    const target = this.#windows.take(wanted).subarray(0, wanted);
    const read = await this.#source.read(target, at);
    this.#window = target.subarray(0, read);
    this.#windowAt = at;
    return read >= length;
  }
}
