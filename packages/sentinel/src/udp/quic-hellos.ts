import {
  deriveInitialKeys,
  guessedVersions,
  InitialFrames,
  initialKeysLength,
  LongHeader,
  type LongHeaderOutcome,
  openInitial,
  parseLongHeader,
  type QuicVersion,
  quicVersion,
} from '@ja4/fingerprints';
import type { CaptureStatistics } from '../capture-statistics.ts';
import type { UdpHellos } from './udp-hellos.ts';

/** A connection id of at most 20 bytes, after its length. */
const connectionIdStride = 21;
/** No hello, and no start of one, fits a protected payload this short: an acknowledgement, sent alone. */
const maxAcknowledgement = 64;

const refusedVersions = {
  gquic: 'quic_version_gquic',
  q050: 'quic_version_q050',
  'gquic-tls': 'quic_version_gquic_tls',
  draft: 'quic_version_draft',
  grease: 'quic_version_grease',
  unknown: 'quic_version_unknown',
} as const;

const outcomeCounters = {
  ...refusedVersions,
  'version-negotiation': 'quic_version_negotiations',
  truncated: 'quic_truncated',
  malformed: 'quic_malformed',
} as const;

/** First byte, version and the lengths of two connection ids. */
const minLongHeader = 7;
/** RFC 9000, 14.1. */
const minFirstDatagram = 1200;

const readable: ReadonlySet<LongHeaderOutcome> = new Set(['initial', 'zero-rtt', 'handshake']);

/** Bits of what is known of a connection, or of its flow, besides the hello. */
const sawRetry = 1;
const sawSecondHello = 2;
const hasOthersBeside = 4;
const startsAgain = 8;

/**
 * QUIC datagrams (RFC 9000) to the hellos of clients. Keys follow from the first packet of a client, and are
 * kept when it goes on with the connection id that the server chose; packets of the server are never decrypted.
 */
export class QuicHellos {
  readonly #statistics: CaptureStatistics;
  readonly #hellos: UdpHellos;
  readonly #keys: Uint8Array;
  /** The connection id that the keys come from. */
  readonly #dcid: Uint8Array;
  readonly #version: Uint32Array;
  readonly #known: Uint8Array;
  readonly #newKeys = new Uint8Array(initialKeysLength);
  readonly #header = new LongHeader();
  readonly #frames = new InitialFrames();

  constructor(flows: number, statistics: CaptureStatistics, hellos: UdpHellos) {
    this.#statistics = statistics;
    this.#hellos = hellos;
    this.#keys = new Uint8Array(flows * initialKeysLength);
    this.#dcid = new Uint8Array(flows * connectionIdStride);
    this.#version = new Uint32Array(flows);
    this.#known = new Uint8Array(flows);
  }

  /** The packets of one datagram of the selected flow, of which the first has a long header (RFC 9000, 12.2). */
  datagram(buffer: Uint8Array, start: number, end: number, nowNs: number): void {
    let at = start;
    while (at < end && buffer[at]! >= 0x80) {
      const outcome = parseLongHeader(this.#header, buffer, at, end);
      switch (outcome) {
        case 'initial':
          if (!this.#initial(buffer, at, nowNs)) this.#statistics.quic_initial_unreadable++;
          break;
        case 'grease':
        case 'unknown':
          if (this.#guess(outcome, buffer, at, end, nowNs)) break;
          // Behind the first packet there may be anything.
          if (at === start) this.#count(outcome, buffer, at, end);
          return;
        case 'zero-rtt':
        case 'handshake':
          break;
        case 'retry':
          this.#retry();
          return;
        default:
          if (at === start || !(outcome in refusedVersions)) this.#count(outcome, buffer, at, end);
          return;
      }
      at = this.#header.end;
      // Firefox fills a datagram with zeros behind its packets. Where the network card cuts datagrams apart or
      // joins them (segmentation offload), the next one's packets follow the zeros.
      while (at < end && buffer[at] === 0) at++;
    }
  }

  #count(outcome: keyof typeof outcomeCounters, buffer: Uint8Array, at: number, end: number): void {
    this.#statistics[
      this.#isOther(outcome, buffer, at, end) ? 'datagrams_other' : outcomeCounters[outcome]
    ]++;
  }

  /**
   * Whether what looked like a version that is not read is rather no QUIC at all: without the bit that such
   * packets have set, or, where the version proves nothing, shorter than a client's first datagram must be (RFC
   * 9000, 14.1) or with other lengths than in known versions. RTP, DNS and encrypted datagrams look like this.
   */
  #isOther(outcome: LongHeaderOutcome, buffer: Uint8Array, at: number, end: number): boolean {
    if (end - at < minLongHeader) return true;
    if (!(outcome in refusedVersions)) return false;
    if ((buffer[at]! & 0x40) === 0) return true;
    if (outcome !== 'unknown' && outcome !== 'grease') return false;
    return end - at < minFirstDatagram || !readable.has(this.#parseGuess(buffer, at, end));
  }

  #parseGuess(buffer: Uint8Array, at: number, end: number): LongHeaderOutcome {
    return parseLongHeader(this.#header, buffer, at, end, guessedVersions[0]);
  }

  /** Reads a packet of a reserved or unknown version as if it were of one that it may be protected like. */
  #guess(outcome: 'grease' | 'unknown', buffer: Uint8Array, at: number, end: number, nowNs: number): boolean {
    if (this.#isOther(outcome, buffer, at, end)) return false;
    if (this.#parseGuess(buffer, at, end) !== 'initial') return false;
    return this.#initial(buffer, at, nowNs, guessedVersions);
  }

  /**
   * @param versions to derive keys for; that of the packet by default
   * @returns false when the packet is not authentic under the keys it should have
   */
  #initial(buffer: Uint8Array, at: number, nowNs: number, versions?: readonly QuicVersion[]): boolean {
    const hellos = this.#hellos;
    let slot = hellos.find();
    let frames: Uint8Array | undefined;
    if (slot === -1) {
      // What the server sends needs no keys: the client's Initial came before.
      if (hellos.findReverse() !== -1) return true;
      if (hellos.exclude(nowNs)) return true;
      frames = this.#openWithNewKeys(buffer, at, versions);
      if (frames === undefined) return false;
      slot = hellos.open('quic', nowNs);
      this.#keep(slot, buffer, 0);
    } else {
      if (hellos.isExcluded(slot)) return true;
      slot = this.#connection(slot, buffer);
      hellos.table.touch(slot, nowNs);
      const isKnown = hellos.transportOf(slot) === 'quic' && this.#header.versionCode === this.#version[slot];
      if (isKnown) {
        if (!hellos.isCollecting(slot) && this.#isAcknowledgement()) return true;
        frames = this.#open(this.#keys, slot * initialKeysLength, buffer, at);
        if (frames === undefined && this.#hasConnectionId(slot, buffer)) return false;
      }
      if (frames === undefined) {
        frames = this.#openWithNewKeys(buffer, at, versions);
        if (frames === undefined) return false;
        slot = this.#another(slot, isKnown, buffer, nowNs);
      }
    }
    this.#read(slot, frames, nowNs);
    return true;
  }

  /** Of several connections at the same time on the same addresses and ports, the one of this packet. */
  #connection(slot: number, buffer: Uint8Array): number {
    const { dcid, dcidLength } = this.#header;
    if ((this.#known[slot]! & hasOthersBeside) === 0 || this.#hasConnectionId(slot, buffer)) return slot;
    const beside = this.#hellos.findBeside(buffer, dcid, dcid + dcidLength);
    return beside !== -1 && this.#hasConnectionId(beside, buffer) ? beside : slot;
  }

  /** The slot for a packet of a flow that only the keys from its own connection id opened. */
  #another(slot: number, isKnown: boolean, buffer: Uint8Array, nowNs: number): number {
    const hellos = this.#hellos;
    const { dcid, dcidLength, tokenLength } = this.#header;
    const known = this.#known[slot]!;
    if (isKnown && (known & sawRetry) !== 0 && tokenLength > 0) {
      // After a Retry the same hello is sent again (RFC 9000, 17.2.5.3).
      this.#keep(slot, buffer, known & hasOthersBeside);
      return slot;
    }
    const isQuic = hellos.transportOf(slot) === 'quic';
    if (isQuic && hellos.isFinished(slot) && quicVersion(this.#version[slot]!) === undefined) {
      // The version that the hello came in was refused, and the client starts again in another.
      this.#keep(slot, buffer, (known & hasOthersBeside) | startsAgain);
      return slot;
    }
    if (!isQuic || !hellos.isCollecting(slot)) {
      const next = hellos.restart(slot, 'quic', nowNs);
      this.#keep(next, buffer, known & hasOthersBeside);
      return next;
    }
    // Libraries can run several connections over one socket; their first packets may mix.
    this.#known[slot] = known | hasOthersBeside;
    hellos.findBeside(buffer, dcid, dcid + dcidLength);
    const beside = hellos.openBeside(slot, 'quic', nowNs);
    this.#keep(beside, buffer, 0);
    return beside;
  }

  #isAcknowledgement(): boolean {
    return this.#header.end - this.#header.packetNumber <= maxAcknowledgement;
  }

  /** Opens the packet as the first one of a connection, with keys from its own connection id. */
  #openWithNewKeys(
    buffer: Uint8Array,
    at: number,
    versions: readonly QuicVersion[] | undefined,
  ): Uint8Array | undefined {
    const { version } = this.#header;
    if (versions === undefined) return version && this.#openAs(version, buffer, at);
    for (const guess of versions) {
      const frames = this.#openAs(guess, buffer, at);
      if (frames !== undefined) return frames;
    }
    return undefined;
  }

  #openAs(version: QuicVersion, buffer: Uint8Array, at: number): Uint8Array | undefined {
    const { dcid, dcidLength } = this.#header;
    deriveInitialKeys(version, 'client', buffer, dcid, dcidLength, this.#newKeys, 0);
    return this.#open(this.#newKeys, 0, buffer, at);
  }

  #open(keys: Uint8Array, keysAt: number, buffer: Uint8Array, at: number): Uint8Array | undefined {
    return openInitial(keys, keysAt, buffer, at, this.#header.packetNumber, this.#header.end);
  }

  #keep(slot: number, buffer: Uint8Array, known: number): void {
    const { versionCode, dcid, dcidLength } = this.#header;
    this.#keys.set(this.#newKeys, slot * initialKeysLength);
    this.#version[slot] = versionCode;
    this.#known[slot] = known;
    const base = slot * connectionIdStride;
    this.#dcid[base] = dcidLength;
    for (let i = 0; i < dcidLength; i++) this.#dcid[base + 1 + i] = buffer[dcid + i]!;
  }

  #hasConnectionId(slot: number, buffer: Uint8Array): boolean {
    const { dcid, dcidLength } = this.#header;
    const base = slot * connectionIdStride;
    if (this.#dcid[base] !== dcidLength) return false;
    for (let i = 0; i < dcidLength; i++) if (this.#dcid[base + 1 + i] !== buffer[dcid + i]) return false;
    return true;
  }

  /** From the server: the client starts again, with the connection id and the token given here. */
  #retry(): void {
    this.#statistics.quic_retries++;
    const slot = this.#hellos.findReverse();
    if (slot !== -1) this.#known[slot]! |= sawRetry;
  }

  #read(slot: number, payload: Uint8Array, nowNs: number): void {
    const frames = this.#frames;
    const hellos = this.#hellos;
    frames.reset(payload, quicVersion(this.#version[slot]!)?.cryptoFrame);
    let isFirst = true;
    let frame = frames.next();
    for (; frame === 'crypto'; frame = frames.next()) {
      if (hellos.isCollecting(slot)) {
        if (isFirst) hellos.begin(slot, nowNs);
        isFirst = false;
        hellos.add(slot, frames.offset, payload, frames.start, frames.end);
      } else if (hellos.isFinished(slot)) this.#afterHello(slot, frames.offset);
    }
    if (frame === 'truncated') this.#statistics.quic_frame_truncated++;
    else if (frame === 'unexpected') this.#statistics.quic_frame_unexpected++;
    hellos.conclude(slot, nowNs);
  }

  /**
   * A second hello continues the stream of the first (RFC 9001, 4.1.3), or stands at its start in the version
   * that a negotiation led to. The first sent again stands at the start, too.
   */
  #afterHello(slot: number, offset: number): void {
    const known = this.#known[slot]!;
    const isSecond = offset === 0 ? (known & startsAgain) !== 0 : offset >= this.#hellos.lengthOf(slot);
    if (!isSecond) {
      if (offset === 0) this.#statistics.hellos_retransmitted++;
    } else if ((known & sawSecondHello) === 0) {
      this.#known[slot] = (known & ~startsAgain) | sawSecondHello;
      this.#statistics.hellos_second++;
    }
  }
}

/**
 * Whether a datagram is a client's of Google's QUIC before Q046, which had no long header: flags (with a
 * version, with a connection id), connection id of 8 bytes, version "Q0..".
 */
export function isEarlyGoogleQuic(buffer: Uint8Array, start: number, end: number): boolean {
  const flags = buffer[start]!;
  if ((flags & 0xc9) !== 0x09 || start + 13 > end) return false;
  return buffer[start + 9] === 0x51 && buffer[start + 10] === 0x30;
}
