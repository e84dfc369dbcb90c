import type { FrameLayout } from '../decode/frame.ts';
import type { NetworkEvent } from '../network-event.ts';

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
  readonly #df: Uint8Array;
  readonly #window: Uint16Array;
  readonly #options: Uint8Array;
  readonly #optionBytes: Uint8Array;

  constructor(capacity: number) {
    this.#ipVersion = new Uint8Array(capacity);
    this.#ttl = new Uint8Array(capacity);
    this.#totalLength = new Uint16Array(capacity);
    this.#id = new Uint16Array(capacity);
    this.#df = new Uint8Array(capacity);
    this.#window = new Uint16Array(capacity);
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
    this.#df[slot] = isIpv4 ? (buffer[ip + 6]! >> 6) & 1 : 0;
    this.#window[slot] = (buffer[transport + 14]! << 8) | buffer[transport + 15]!;
    const options = transport + 20;
    const base = slot * maxOptionBytes;
    this.#optionBytes[slot] = optionsEnd - options;
    for (let i = options; i < optionsEnd; i++) this.#options[base + i - options] = buffer[i]!;
  }

  /** The event fields of a SYN that was recorded. */
  describe(slot: number): SynFields {
    const fields: SynFields = {
      ip_meta_ttl: this.#ttl[slot]!,
      tcp_meta_window_size: this.#window[slot]!,
    };
    if (this.#totalLength[slot] !== 0) fields.ip_meta_total_length = this.#totalLength[slot]!;
    if (this.#ipVersion[slot] === 4) {
      fields.ip_meta_id = this.#id[slot]!;
      fields.ip_meta_df = this.#df[slot] === 1;
    }
    const base = slot * maxOptionBytes;
    describeOptions(this.#options.subarray(base, base + this.#optionBytes[slot]!), fields);
    return fields;
  }
}

/** TCP options by kind; others are written `OPT<kind>`. Source: IANA "TCP Option Kind Numbers". */
const optionNames: Readonly<Record<number, string>> = {
  0: 'EOL',
  1: 'NOP',
  2: 'MSS',
  3: 'WS',
  4: 'SACK',
  8: 'TS',
  19: 'MD5',
  28: 'UTO',
  29: 'AO',
  30: 'MPTCP',
  34: 'TFO',
};

/**
 * RFC 9293 section 3.1: EOL and NOP are one byte, every other option has a length that includes its first
 * two bytes. Reading ends at EOL, or at an option whose length cannot be.
 */
function describeOptions(options: Uint8Array, fields: SynFields): void {
  const names: string[] = [];
  let at = 0;
  while (at < options.length) {
    const kind = options[at]!;
    const length = kind <= 1 ? 1 : (options[at + 1] ?? 0);
    if (kind > 1 && (length < 2 || at + length > options.length)) break;
    names.push(optionNames[kind] ?? `OPT${kind}`);
    if (kind === 0) break;
    if (kind === 2 && length === 4) fields.tcp_meta_mss = (options[at + 2]! << 8) | options[at + 3]!;
    if (kind === 3 && length === 3) fields.tcp_meta_window_scale = options[at + 2]!;
    at += length;
  }
  fields.tcp_meta_options = names.join(',');
}
