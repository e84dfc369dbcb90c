import { initialTtl, readSynOptions, tcpSignature } from '@ja4/fingerprints';

/** What a SYN's option bytes say, and the signature they are part of. */
export interface SynReading {
  readonly names: string;
  readonly mss: number | undefined;
  readonly windowScale: number | undefined;
  readonly signature: string;
}

const headBytes = 9;
const keyBytes = headBytes + 40;
const slots = 256;

/**
 * Readings of SYNs that came before: few systems send nearly all of them, and a look is cheaper than the
 * same texts again. Each reading has one place, and gives way to the next one that falls there, so hostile
 * variety costs time but no memory.
 *
 *     key: version, initial TTL, window (2), quirks (4), length, options with timestamps as 0 or 1
 */
export class SynReadings {
  readonly #keys = new Uint8Array(slots * keyBytes);
  readonly #readings: (SynReading | undefined)[] = new Array<undefined>(slots).fill(undefined);
  readonly #key = new Uint8Array(keyBytes);

  /** The reading of the options `bytes[start, end)`, at most 40, of a SYN with these facts. */
  of(
    ipVersion: 4 | 6,
    ttl: number,
    window: number,
    quirks: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): SynReading {
    const key = this.#key;
    key[0] = ipVersion;
    key[1] = initialTtl(ttl);
    key[2] = window >> 8;
    key[3] = window;
    key[4] = quirks >> 24;
    key[5] = quirks >> 16;
    key[6] = quirks >> 8;
    key[7] = quirks;
    key[8] = end - start;
    for (let i = start; i < end; i++) key[headBytes + i - start] = bytes[i]!;
    const length = headBytes + end - start;
    maskTimestamps(key, headBytes, length);
    let hash = 0;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ key[i]!, 0x0100_0193);
    const slot = (hash ^ (hash >>> 16)) & (slots - 1);
    const known = this.#readings[slot];
    if (known !== undefined && this.#isAt(slot, length)) return known;
    const options = readSynOptions(bytes, start, end);
    const reading = {
      names: options.names,
      mss: options.mss,
      windowScale: options.windowScale,
      signature: tcpSignature({ ipVersion, ttl, window, options, quirks }),
    };
    this.#keys.set(key.subarray(0, length), slot * keyBytes);
    this.#readings[slot] = reading;
    return reading;
  }

  /** Whether the key stands at a slot. Its length is in it, so what lies behind does not matter. */
  #isAt(slot: number, length: number): boolean {
    const base = slot * keyBytes;
    for (let i = 0; i < length; i++) if (this.#keys[base + i] !== this.#key[i]) return false;
    return true;
  }
}

/**
 * Of a timestamp only matters whether it is 0. Walks the options as `readSynOptions` does, up to where that
 * stops.
 */
function maskTimestamps(options: Uint8Array, start: number, end: number): void {
  let at = start;
  while (at < end && options[at] !== 0) {
    const kind = options[at]!;
    const length = kind === 1 ? 1 : at + 1 < end ? options[at + 1]! : 0;
    if (length === 0 || (length === 1 && kind !== 1) || at + length > end) return;
    if (kind === 8 && length === 10) {
      maskWord(options, at + 2);
      maskWord(options, at + 6);
    }
    at += length;
  }
}

function maskWord(bytes: Uint8Array, at: number): void {
  const isZero = (bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) === 0;
  bytes[at] = 0;
  bytes[at + 1] = 0;
  bytes[at + 2] = 0;
  bytes[at + 3] = isZero ? 0 : 1;
}
