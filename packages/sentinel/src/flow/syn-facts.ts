import { readSynQuirks, synHeaderQuirks } from '@ja4/fingerprints';
import type { FrameLayout } from '../decode/frame.ts';
import type { NetworkEvent } from '../network-event.ts';
import { SynReadings } from './syn-facts-memo.ts';

/** The fields of a network event that describe the SYN. */
export type SynFields = Pick<
  NetworkEvent,
  | 'ip_meta_ttl'
  | 'ip_meta_total_length'
  | 'ip_meta_id'
  | 'ip_meta_df'
  | 'tcp_meta_window_size'
  | 'tcp_meta_mss'
  | 'tcp_meta_window_scale'
  | 'tcp_meta_options'
  | 'tcp_signature'
>;

const maxOptionBytes = 40;

/**
 * What was seen of each flow's SYN, in flat arrays indexed by slot. The options are kept as bytes and only
 * read when a ClientHello follows, so that a flood of SYNs costs a copy of at most 40 bytes each.
 */
export class SynFacts {
  readonly #ipVersion: Uint8Array;
  readonly #ttl: Uint8Array;
  readonly #totalLength: Uint16Array;
  readonly #id: Uint16Array;
  readonly #window: Uint16Array;
  /** From `readSynQuirks`. */
  readonly #quirks: Uint32Array;
  readonly #options: Uint8Array;
  readonly #optionBytes: Uint8Array;
  readonly #readings = new SynReadings();

  constructor(capacity: number) {
    this.#ipVersion = new Uint8Array(capacity);
    this.#ttl = new Uint8Array(capacity);
    this.#totalLength = new Uint16Array(capacity);
    this.#id = new Uint16Array(capacity);
    this.#window = new Uint16Array(capacity);
    this.#quirks = new Uint32Array(capacity);
    this.#options = new Uint8Array(capacity * maxOptionBytes);
    this.#optionBytes = new Uint8Array(capacity);
  }

  forget(slot: number): void {
    this.#ipVersion[slot] = 0;
  }

  has(slot: number): boolean {
    return this.#ipVersion[slot] !== 0;
  }

  /** Keeps the facts of a SYN whose TCP header lies complete in `buffer[layout.transport, optionsEnd)`. */
  record(slot: number, layout: FrameLayout, buffer: Uint8Array, optionsEnd: number): void {
    const { ip, transport } = layout;
    const isIpv4 = layout.ipVersion === 4;
    this.#ipVersion[slot] = layout.ipVersion;
    this.#ttl[slot] = buffer[ip + (isIpv4 ? 8 : 7)]!;
    this.#totalLength[slot] = layout.ipTotalLength;
    this.#id[slot] = isIpv4 ? (buffer[ip + 4]! << 8) | buffer[ip + 5]! : 0;
    this.#window[slot] = (buffer[transport + 14]! << 8) | buffer[transport + 15]!;
    this.#quirks[slot] = readSynQuirks(buffer, ip, transport, optionsEnd < layout.end);
    const options = transport + 20;
    const base = slot * maxOptionBytes;
    this.#optionBytes[slot] = optionsEnd - options;
    for (let i = options; i < optionsEnd; i++) this.#options[base + i - options] = buffer[i]!;
  }

  /** The event fields of a SYN that was recorded. */
  describe(slot: number): SynFields {
    const ipVersion = this.#ipVersion[slot] === 4 ? 4 : 6;
    const ttl = this.#ttl[slot]!;
    const window = this.#window[slot]!;
    const quirks = this.#quirks[slot]!;
    const totalLength = this.#totalLength[slot]!;
    const base = slot * maxOptionBytes;
    const end = base + this.#optionBytes[slot]!;
    const read = this.#readings.of(ipVersion, ttl, window, quirks, this.#options, base, end);
    return {
      ip_meta_ttl: ttl,
      ip_meta_total_length: totalLength === 0 ? undefined : totalLength,
      ip_meta_id: ipVersion === 4 ? this.#id[slot]! : undefined,
      ip_meta_df: ipVersion === 4 ? (quirks & synHeaderQuirks.df) !== 0 : undefined,
      tcp_meta_window_size: window,
      tcp_meta_mss: read.mss,
      tcp_meta_window_scale: read.windowScale,
      tcp_meta_options: read.names,
      tcp_signature: read.signature,
    };
  }
}
