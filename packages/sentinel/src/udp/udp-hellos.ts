import type { HelloTransport } from '@ja4/fingerprints';
import type { CaptureCounter, CaptureStatistics } from '../capture-statistics.ts';
import type { FrameLayout } from '../decode/frame.ts';
import { readFlowKey } from '../flow/flow-key.ts';
import type { FlowLimits } from '../flow/flow-limits.ts';
import { FlowTable, keyWords } from '../flow/flow-table.ts';
import { PlacedBytes, usualHelloSize } from '../flow/placed-bytes.ts';
import type { HelloFlow } from '../flow/tcp-flows.ts';
import type { SourceExclusions } from '../source-exclusions.ts';

/** Where a flow stands; 0 is a free slot. */
const collecting = 1;
const finished = 2;
const givenUp = 3;
const excluded = 4;

const handshakeHeader = 4;
const clientHelloType = 1;
/** Within a message: its version follows the header, then the random, whose first four bytes may be a clock. */
const randomAt = handshakeHeader + 2 + 4;
/** Fewer bytes of a ClientHello do not hold a random to compare. */
export const comparableBytes = randomAt + 8;

const transports = ['quic', 'dtls', 'tcp'] as const satisfies readonly HelloTransport[];

/** What carries a hello; `tcp` stands for TLS records as on a stream. */
/** Chromium cuts its hello into a dozen pieces; more holes than this at one time are no client's. */
const maxPieces = 128;

export type UdpTransport = (typeof transports)[number];

/** Called with each first ClientHello, in the form that TLS has: type, length of 3 bytes, body. */
export type UdpHandshakeListener = (
  message: Uint8Array,
  transport: UdpTransport,
  flow: HelloFlow,
  timestampNs: number,
) => void;

/**
 * What QUIC and DTLS share: a bounded table of flows, client to server, with the hello that each is
 * collecting. A flow is a slot number, as in {@link FlowTable}.
 */
export class UdpHellos {
  readonly table: FlowTable;
  readonly #limits: FlowLimits;
  readonly #statistics: CaptureStatistics;
  readonly #onHandshake: UdpHandshakeListener;
  readonly #state: Uint8Array;
  /** Index into `transports`. */
  readonly #transport: Uint8Array;
  /** Length of the finished hello, header included. */
  readonly #length: Int32Array;
  /** Two words of the finished hello's random, by which one connection is told from the next. */
  readonly #random: Int32Array;
  readonly #startedNs: Float64Array;
  readonly #firstByteNs: Float64Array;
  /** Datagrams that had a part in the hello being collected. */
  readonly #datagrams: Uint16Array;
  readonly #held = new Map<number, PlacedBytes>();
  readonly #spare: PlacedBytes[] = [];
  readonly #key = new Int32Array(keyWords);
  readonly #reverseKey = new Int32Array(keyWords);
  readonly #besideKey = new Int32Array(keyWords);
  readonly #hashSeed: number;
  readonly #exclusions: SourceExclusions | undefined;
  #layout: FrameLayout | undefined;
  #heldBytes = 0;

  constructor(
    limits: FlowLimits,
    statistics: CaptureStatistics,
    onHandshake: UdpHandshakeListener,
    hashSeed: number,
    exclusions: SourceExclusions | undefined,
  ) {
    const { flows } = limits;
    this.#limits = limits;
    this.#statistics = statistics;
    this.#onHandshake = onHandshake;
    this.#exclusions = exclusions;
    this.#hashSeed = hashSeed;
    this.table = new FlowTable(flows, (slot) => this.#release(slot), hashSeed);
    this.#state = new Uint8Array(flows);
    this.#transport = new Uint8Array(flows);
    this.#length = new Int32Array(flows);
    this.#random = new Int32Array(2 * flows);
    this.#datagrams = new Uint16Array(flows);
    this.#startedNs = new Float64Array(flows);
    this.#firstByteNs = new Float64Array(flows);
  }

  /** Makes the packet's flow the one that `find`, `findReverse` and `open` speak of. */
  select(layout: FrameLayout): void {
    this.#layout = layout;
    readFlowKey(this.#key, layout);
  }

  /** The selected flow's slot, or -1. */
  find(): number {
    return this.table.find(this.#key);
  }

  /** The slot of the flow in the other direction, or -1: when there is one, the packet is the server's. */
  findReverse(): number {
    const { length } = this.#reverseKey;
    const key = this.#key;
    const reverse = this.#reverseKey;
    for (let i = 0; i < 4; i++) {
      reverse[i] = key[i + 4]!;
      reverse[i + 4] = key[i]!;
    }
    const ports = key[length - 1]!;
    reverse[length - 1] = (ports << 16) | (ports >>> 16);
    return this.table.find(reverse);
  }

  /** Whether the selected flow, which has no slot, is to be left alone; it then gets one that says so. */
  exclude(nowNs: number): boolean {
    if (this.#exclusions === undefined || this.#layout === undefined) return false;
    if (!this.#exclusions.matches(this.#layout)) return false;
    this.#statistics.connections_excluded++;
    this.#end(this.#insert(this.#key, nowNs), excluded);
    return true;
  }

  /** A slot for the selected flow, which has none. */
  open(transport: UdpTransport, nowNs: number): number {
    return this.#begin(this.#insert(this.#key, nowNs), transport, nowNs);
  }

  /**
   * A slot for another connection of the selected flow, whose slot this was. What is known of the hello before
   * stays known, to tell whether it comes again.
   */
  restart(slot: number, transport: UdpTransport, nowNs: number): number {
    const length = this.#length[slot]!;
    const [first, second] = [this.#random[2 * slot]!, this.#random[2 * slot + 1]!];
    this.table.remove(slot);
    return this.#remember(this.open(transport, nowNs), length, first, second);
  }

  /**
   * A slot beside that of the selected flow, for another connection at the same time on the same addresses and
   * ports. It is named by what {@link findBeside} was given last.
   */
  openBeside(slot: number, transport: UdpTransport, nowNs: number): number {
    const length = this.#length[slot]!;
    const [first, second] = [this.#random[2 * slot]!, this.#random[2 * slot + 1]!];
    const beside = this.#begin(this.#insert(this.#besideKey, nowNs), transport, nowNs);
    return this.#remember(beside, length, first, second);
  }

  /** The slot opened beside the selected flow for the connection named `bytes[start, end)`, or -1. */
  findBeside(bytes: Uint8Array, start: number, end: number): number {
    // Mixed with the seed, so that no name can be chosen to hit the key of another flow.
    let hash = this.#hashSeed ^ (end - start);
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
      hash ^= hash >>> 15;
    }
    const key = this.#besideKey;
    for (let i = 0; i < keyWords; i++) {
      hash = Math.imul(hash ^ (hash >>> 13) ^ i, 0x9e3779b1);
      // The ports stay as they are.
      key[i] = i === keyWords - 1 ? this.#key[i]! : this.#key[i]! ^ hash;
    }
    return this.table.find(key);
  }

  transportOf(slot: number): UdpTransport {
    return transports[this.#transport[slot]!]!;
  }

  isCollecting(slot: number): boolean {
    return this.#state[slot] === collecting;
  }

  isExcluded(slot: number): boolean {
    return this.#state[slot] === excluded;
  }

  isFinished(slot: number): boolean {
    return this.#state[slot] === finished;
  }

  /** Length of the hello that was handed over. */
  lengthOf(slot: number): number {
    return this.#length[slot]!;
  }

  /** Counts one more datagram with a part of this flow's hello. */
  begin(slot: number, nowNs: number): void {
    if (this.#firstByteNs[slot] === 0) this.#firstByteNs[slot] = nowNs;
    this.#heldOf(slot);
    if (++this.#datagrams[slot]! > this.#limits.segmentsPerFlow) this.giveUp(slot, 'hello_too_many_segments');
  }

  /** Adds `source[start, end)` to the hello being collected, at `offset` of the message. */
  add(slot: number, offset: number, source: Uint8Array, start: number, end: number): void {
    if (this.#state[slot] !== collecting || start === end) return;
    if (offset + (end - start) > this.#limits.bytesPerFlow) {
      this.giveUp(slot, 'hello_too_large');
      return;
    }
    const hello = this.#heldOf(slot);
    const before = hello.size;
    const accepted = hello.add(offset, source, start, end, maxPieces);
    this.#heldBytes += hello.size - before;
    if (!accepted) this.giveUp(slot, 'hello_too_many_segments');
  }

  /** Hands the hello over if it is complete. */
  conclude(slot: number, nowNs: number): void {
    if (this.#state[slot] !== collecting) return;
    const hello = this.#held.get(slot);
    if (hello === undefined || hello.available < handshakeHeader) return;
    const { bytes, available } = hello;
    if (bytes[0] !== clientHelloType) {
      this.giveUp(slot, 'hello_not_client_hello');
      return;
    }
    const length = handshakeHeader + ((bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!);
    if (length > this.#limits.bytesPerFlow) this.giveUp(slot, 'hello_too_large');
    else if (available >= length) this.#handOver(slot, bytes.subarray(0, length), nowNs);
  }

  giveUp(slot: number, reason: CaptureCounter): void {
    this.#statistics[reason]++;
    this.#end(slot, givenUp);
  }

  /** Counts a hello that was handed over before. */
  countAgain(): void {
    this.#statistics.hellos_retransmitted++;
  }

  /** Whether a message is of the connection whose hello was handed over: it has the same random. */
  isSameHello(slot: number, message: Uint8Array, start: number): boolean {
    return (
      this.#random[2 * slot] === word(message, start + randomAt) &&
      this.#random[2 * slot + 1] === word(message, start + randomAt + 4)
    );
  }

  /** The bytes held for a flow from the message's start, without a hole. */
  heldStart(slot: number): Uint8Array {
    const hello = this.#held.get(slot);
    return hello === undefined ? nothing : hello.bytes.subarray(0, hello.available);
  }

  /** Forgets flows that were idle for too long. */
  expire(nowNs: number): void {
    const { table } = this;
    for (let slot = table.oldest(); slot !== -1; slot = table.oldest()) {
      if (nowNs - table.lastSeen(slot) <= this.#limits.idleNs) return;
      this.#statistics.flows_idle++;
      table.remove(slot);
    }
  }

  /** Gives up the least recently used flows while more bytes are held than allowed. */
  shrink(): void {
    while (this.#heldBytes > this.#limits.heldBytes) {
      this.#statistics.flows_evicted_for_memory++;
      this.table.remove(this.table.oldest());
    }
  }

  #handOver(slot: number, message: Uint8Array, nowNs: number): void {
    const again =
      this.#length[slot] !== 0 && message.length >= comparableBytes && this.isSameHello(slot, message, 0);
    this.#length[slot] = message.length;
    if (again) this.#statistics.hellos_retransmitted++;
    else {
      if (message.length >= comparableBytes) {
        this.#random[2 * slot] = word(message, randomAt);
        this.#random[2 * slot + 1] = word(message, randomAt + 4);
      }
      const flow: HelloFlow = {
        // Not the table's, which for a slot beside another holds more than the addresses.
        keys: this.#key,
        keyAt: 0,
        slot,
        startedNs: this.#startedNs[slot]!,
        hasSyn: false,
        firstByteNs: this.#firstByteNs[slot]!,
      };
      this.#onHandshake(message, this.transportOf(slot), flow, nowNs);
    }
    // Not before: the message lies in the bytes that another flow gets next.
    this.#end(slot, finished);
  }

  #insert(key: Int32Array, nowNs: number): number {
    if (this.table.size === this.table.capacity) this.#statistics.flows_evicted++;
    return this.table.insert(key, nowNs);
  }

  #begin(slot: number, transport: UdpTransport, nowNs: number): number {
    this.#state[slot] = collecting;
    this.#transport[slot] = transports.indexOf(transport);
    this.#startedNs[slot] = nowNs;
    this.#firstByteNs[slot] = 0;
    return slot;
  }

  #remember(slot: number, length: number, first: number, second: number): number {
    this.#length[slot] = length;
    this.#random[2 * slot] = first;
    this.#random[2 * slot + 1] = second;
    return slot;
  }

  #end(slot: number, state: typeof finished | typeof givenUp | typeof excluded): void {
    this.#state[slot] = state;
    this.#drop(slot);
    this.table.finish(slot);
  }

  #heldOf(slot: number): PlacedBytes {
    let hello = this.#held.get(slot);
    if (hello === undefined) {
      hello = this.#spare.pop() ?? new PlacedBytes();
      hello.reset();
      this.#datagrams[slot] = 0;
      this.#held.set(slot, hello);
      this.#heldBytes += hello.size;
    }
    return hello;
  }

  #drop(slot: number): void {
    const hello = this.#held.get(slot);
    if (hello === undefined) return;
    this.#heldBytes -= hello.size;
    if (hello.size <= usualHelloSize) this.#spare.push(hello);
    this.#held.delete(slot);
  }

  #release(slot: number): void {
    if (this.#held.has(slot)) this.#statistics.hello_incomplete++;
    this.#drop(slot);
    this.#state[slot] = 0;
    this.#length[slot] = 0;
  }
}

const nothing = new Uint8Array(0);

function word(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}
