import { helloVerdict } from '../flow/hello-search.ts';
import type { UdpHellos } from './udp-hellos.ts';

/** OpenVPN's P_CONTROL_V1, any of eight key ids. */
const controlOpcode = 4;
const sessionIdLength = 8;
const maxAcknowledgements = 8;
/**
 * What `tls-auth` puts behind the session id: an HMAC of MD5 to SHA-512, then the number of the packet and the
 * time, 4 bytes each. Without it, nothing.
 */
const authenticationLengths = [0, 16 + 8, 20 + 8, 32 + 8, 48 + 8, 64 + 8];

const recordHeader = 5;
const portRdp = 3389;
/** The headers of RDP-UDP before its data, with the longest list of acknowledgements seen. */
const maxRdpHeader = 40;

/** Whether a look into a datagram is worth it, by its first byte and its destination port. */
export function mayHoldTlsRecords(first: number, port: number): boolean {
  return first >> 3 === controlOpcode || port === portRdp;
}

/**
 * TLS records that other protocols carry in datagrams, in the clear as on a stream.
 * - OpenVPN's control channel, unless `tls-crypt` hides it (openvpn.net, "Network protocol");
 * - RDP-UDP (MS-RDPEUDP), at a server's usual port.
 */
export class TlsHellos {
  readonly #hellos: UdpHellos;
  /** Number of the control packet that goes on with the hello, and where its bytes go. */
  readonly #nextNumber: Uint32Array;
  readonly #nextOffset: Int32Array;
  readonly #authenticationLength: Uint8Array;

  constructor(flows: number, hellos: UdpHellos) {
    this.#hellos = hellos;
    this.#nextNumber = new Uint32Array(flows);
    this.#nextOffset = new Int32Array(flows);
    this.#authenticationLength = new Uint8Array(flows);
  }

  /**
   * One datagram of the selected flow.
   * @returns false when it holds no part of a hello
   */
  datagram(buffer: Uint8Array, start: number, end: number, port: number, nowNs: number): boolean {
    if (buffer[start]! >> 3 === controlOpcode && this.#openVpn(buffer, start, end, nowNs)) return true;
    if (port !== portRdp) return false;
    const last = Math.min(end, start + maxRdpHeader);
    for (let at = start + 8; at < last; at++) {
      if (buffer[at] === 22 && helloVerdict(buffer, at, end) === 'yes') {
        return this.#first(buffer, at, end, nowNs) !== -1;
      }
    }
    return false;
  }

  #openVpn(buffer: Uint8Array, start: number, end: number, nowNs: number): boolean {
    for (const authentication of authenticationLengths) {
      const content = controlContent(buffer, start, end, authentication);
      if (content === -1 || helloVerdict(buffer, content, end) !== 'yes') continue;
      const slot = this.#first(buffer, content, end, nowNs);
      if (slot === -1) return false;
      this.#authenticationLength[slot] = authentication;
      this.#nextNumber[slot] = packetNumber(buffer, content) + 1;
      this.#nextOffset[slot] = end - content - recordHeader;
      return true;
    }
    return this.#continue(buffer, start, end, nowNs);
  }

  /** The control packet that follows the one before; OpenVPN sends them in order, and lost ones again. */
  #continue(buffer: Uint8Array, start: number, end: number, nowNs: number): boolean {
    const hellos = this.#hellos;
    const slot = hellos.find();
    if (slot === -1 || hellos.transportOf(slot) !== 'tcp' || !hellos.isCollecting(slot)) return false;
    const content = controlContent(buffer, start, end, this.#authenticationLength[slot]!);
    if (content === -1 || packetNumber(buffer, content) !== this.#nextNumber[slot]) return false;
    hellos.table.touch(slot, nowNs);
    hellos.begin(slot, nowNs);
    hellos.add(slot, this.#nextOffset[slot]!, buffer, content, end);
    this.#nextNumber[slot]!++;
    this.#nextOffset[slot]! += end - content;
    hellos.conclude(slot, nowNs);
    return true;
  }

  /**
   * The record at `record` begins a hello.
   * @returns the flow's slot, or -1 when nothing is to be collected
   */
  #first(buffer: Uint8Array, record: number, end: number, nowNs: number): number {
    const hellos = this.#hellos;
    const message = record + recordHeader;
    let slot = hellos.find();
    if (slot === -1) {
      if (hellos.exclude(nowNs)) return -1;
      slot = hellos.open('tcp', nowNs);
    } else {
      hellos.table.touch(slot, nowNs);
      if (hellos.isExcluded(slot)) return -1;
      if (
        hellos.transportOf(slot) === 'tcp' &&
        !hellos.isCollecting(slot) &&
        hellos.isSameHello(slot, buffer, message)
      ) {
        hellos.countAgain();
        return -1;
      }
      slot = hellos.restart(slot, 'tcp', nowNs);
    }
    const recordLength = (buffer[record + 3]! << 8) | buffer[record + 4]!;
    const messageLength = 4 + ((buffer[message + 2]! << 8) | buffer[message + 3]!);
    hellos.begin(slot, nowNs);
    // No client that speaks through datagrams cuts its hello into several records.
    if (recordLength < messageLength) hellos.giveUp(slot, 'hello_broken_record');
    else hellos.add(slot, 0, buffer, message, end);
    hellos.conclude(slot, nowNs);
    return slot;
  }
}

/**
 * Where the TLS bytes of an OpenVPN control packet start, or -1.
 *
 *     opcode and key 1 | session id 8 | authentication | count n 1 | n acknowledged 4 | if n: session id 8 |
 *     packet number 4 | TLS
 */
function controlContent(buffer: Uint8Array, start: number, end: number, authentication: number): number {
  const countAt = start + 1 + sessionIdLength + authentication;
  if (countAt >= end) return -1;
  const count = buffer[countAt]!;
  if (count > maxAcknowledgements) return -1;
  const content = countAt + 1 + 4 * count + (count === 0 ? 0 : sessionIdLength) + 4;
  return content < end ? content : -1;
}

function packetNumber(buffer: Uint8Array, content: number): number {
  const at = content - 4;
  return ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;
}
