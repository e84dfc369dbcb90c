import type { CaptureStatistics } from '../capture-statistics.ts';
import { comparableBytes, type UdpHellos } from './udp-hellos.ts';

const recordHeader = 13;
const contentHandshake = 22;
const handshakeHeader = 12;
const clientHelloType = 1;
/** The handshake header of TLS, which has no message number and no fragment. */
const tlsHandshakeHeader = 4;

/**
 * Whether a datagram starts with a record of DTLS 1.0 to 1.3 in the clear (RFC 9147, 4), or a handshake record
 * of the version before 1.0 that Cisco's VPN speaks (0x0100; other types of it look like Zoom's datagrams).
 */
export function startsWithDtlsRecord(buffer: Uint8Array, start: number, end: number): boolean {
  if (start + recordHeader > end) return false;
  const type = buffer[start]!;
  const [major, minor] = [buffer[start + 1]!, buffer[start + 2]!];
  if (major === 1) return minor === 0 && type === contentHandshake;
  return major === 0xfe && minor >= 0xfc && type >= 20 && type <= 26;
}

/**
 * DTLS datagrams to the hellos of clients (RFC 6347, 4; RFC 9147, 5). Fragments may come in any order, twice,
 * overlapping, several in a record and several records in a datagram.
 */
export class DtlsHellos {
  readonly #statistics: CaptureStatistics;
  readonly #hellos: UdpHellos;
  /** `message_seq` of the hello: 0, or 1 for the one that answers a HelloVerifyRequest or HelloRetryRequest. */
  readonly #sequence: Uint16Array;
  /** Length of the hello's body. */
  readonly #length: Int32Array;
  readonly #header = new Uint8Array(tlsHandshakeHeader);
  /** The fragment being read; its bytes are `buffer[start, end)`. */
  readonly #fragment = { sequence: 0, length: 0, offset: 0, start: 0, end: 0 };

  constructor(flows: number, statistics: CaptureStatistics, hellos: UdpHellos) {
    this.#statistics = statistics;
    this.#hellos = hellos;
    this.#sequence = new Uint16Array(flows);
    this.#length = new Int32Array(flows);
  }

  /**
   * The records of one datagram of the selected flow.
   *
   *     type 1 | version 2 | epoch 2 | sequence number 6 | length 2 | handshake fragments of epoch 0
   */
  datagram(buffer: Uint8Array, start: number, end: number, nowNs: number): void {
    let at = start;
    while (startsWithDtlsRecord(buffer, at, end)) {
      const content = at + recordHeader;
      const next = content + ((buffer[at + 11]! << 8) | buffer[at + 12]!);
      if (next > end) {
        this.#statistics.dtls_truncated++;
        return;
      }
      const isClear = buffer[at + 3] === 0 && buffer[at + 4] === 0;
      if (isClear && buffer[at] === contentHandshake) this.#fragments(buffer, content, next, nowNs);
      at = next;
    }
  }

  /**
   * The handshake fragments of one record.
   *
   *     type 1 | length 3 | message_seq 2 | fragment_offset 3 | fragment_length 3 | fragment
   */
  #fragments(buffer: Uint8Array, start: number, end: number, nowNs: number): void {
    const fragment = this.#fragment;
    let at = start;
    while (at < end) {
      const content = at + handshakeHeader;
      if (content > end) {
        this.#statistics.dtls_malformed++;
        return;
      }
      fragment.length = uint24(buffer, at + 1);
      fragment.sequence = (buffer[at + 4]! << 8) | buffer[at + 5]!;
      fragment.offset = uint24(buffer, at + 6);
      fragment.start = content;
      fragment.end = content + uint24(buffer, at + 9);
      if (fragment.end > end || fragment.offset + (fragment.end - content) > fragment.length) {
        this.#statistics.dtls_malformed++;
        return;
      }
      if (buffer[at] === clientHelloType) this.#helloFragment(buffer, nowNs);
      at = fragment.end;
    }
  }

  #helloFragment(buffer: Uint8Array, nowNs: number): void {
    const hellos = this.#hellos;
    const fragment = this.#fragment;
    let slot = hellos.find();
    if (slot === -1) {
      if (hellos.exclude(nowNs)) return;
      slot = hellos.open('dtls', nowNs);
      this.#expect(slot);
    } else {
      hellos.table.touch(slot, nowNs);
      if (hellos.isExcluded(slot)) return;
      if (hellos.transportOf(slot) !== 'dtls' || this.#startsAnother(slot, buffer)) {
        slot = hellos.restart(slot, 'dtls', nowNs);
        this.#expect(slot);
      } else if (!hellos.isCollecting(slot)) {
        if (fragment.offset === 0) this.#countLater(slot);
        return;
      } else if (fragment.sequence !== this.#sequence[slot]) return;
    }
    hellos.begin(slot, nowNs);
    if (fragment.offset === 0) {
      const header = this.#header;
      header[0] = clientHelloType;
      header[1] = fragment.length >> 16;
      header[2] = fragment.length >> 8;
      header[3] = fragment.length;
      hellos.add(slot, 0, header, 0, tlsHandshakeHeader);
    }
    hellos.add(slot, tlsHandshakeHeader + fragment.offset, buffer, fragment.start, fragment.end);
    hellos.conclude(slot, nowNs);
  }

  /**
   * Whether a fragment is of another hello than the one its flow stands for, which is to be collected instead:
   * of a new connection (known by another random), or of the second hello while the first is incomplete. The
   * second hello of a connection repeats the random (RFC 6347, 4.2.1; RFC 8446, 4.1.2).
   */
  #startsAnother(slot: number, buffer: Uint8Array): boolean {
    const hellos = this.#hellos;
    const { sequence, length, offset, start, end } = this.#fragment;
    const holdsRandom = offset === 0 && end - start >= comparableBytes - tlsHandshakeHeader;
    if (!hellos.isCollecting(slot)) {
      if (sequence > this.#sequence[slot]! || !holdsRandom) return false;
      return !hellos.isSameHello(slot, buffer, start - tlsHandshakeHeader);
    }
    if (sequence !== this.#sequence[slot]) return sequence > this.#sequence[slot]!;
    if (length !== this.#length[slot]) return true;
    const held = hellos.heldStart(slot);
    if (!holdsRandom || held.length < comparableBytes) return false;
    for (let i = tlsHandshakeHeader; i < comparableBytes; i++) {
      if (held[i] !== buffer[start - tlsHandshakeHeader + i]) return true;
    }
    return false;
  }

  #countLater(slot: number): void {
    const isSecond = this.#fragment.sequence > this.#sequence[slot]!;
    this.#statistics[isSecond ? 'hellos_second' : 'hellos_retransmitted']++;
  }

  #expect(slot: number): void {
    this.#sequence[slot] = this.#fragment.sequence;
    this.#length[slot] = this.#fragment.length;
  }
}

function uint24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}
