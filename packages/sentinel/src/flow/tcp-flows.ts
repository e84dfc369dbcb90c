import type { CaptureStatistics } from '../capture-statistics.ts';
import type { FrameLayout } from '../decode/frame.ts';
import type { SourceExclusions } from '../source-exclusions.ts';
import { EarlySegments } from './early-segments.ts';
import { readFlowKey } from './flow-key.ts';
import type { FlowLimits } from './flow-limits.ts';
import { FlowTable, keyWords } from './flow-table.ts';
import { startsWithPreamble } from './glued-preamble.ts';
import { findHello, helloVerdict } from './hello-search.ts';
import { HelloStreams, type StreamOutcome, sameConnectionBytes } from './hello-streams.ts';
import { SynFacts } from './syn-facts.ts';

/** Where a flow (one direction of a connection) stands; 0 is a free slot. */
const reading = 1;
/** Its hello was handed over. */
const done = 2;
const givenUp = 3;
/** Nothing in it is looked at: its source is excluded, or it is plain HTTP. */
const ignored = 4;

/** TCP's flag bits (RFC 9293 section 3.1). */
const finBit = 0x01;
const synBit = 0x02;
const rstBit = 0x04;
const ackBit = 0x10;
const contentHandshake = 22;

/** Idle flows are looked for this often (ns of capture time). */
const expiryNs = 100e6;
/** A SYN that comes so soon after bytes of an incomplete hello does not end its connection (ns). */
const undisturbedNs = 1e9;
/** How far a stream may have come when its SYN arrives. */
const lateSynBytes = 64 * 1024;

/** The facts of the flow whose hello is complete; valid during the call that hands them over. */
export interface HelloFlow {
  readonly keys: Int32Array;
  /** Where the flow's key starts in `keys`. */
  readonly keyAt: number;
  readonly slot: number;
  /** When its first packet came (ns). */
  readonly startedNs: number;
  readonly hasSyn: boolean;
  /** When the first packet with bytes of the hello came (ns). */
  readonly firstByteNs: number;
}

/**
 * TCP segments to first handshake messages. Each direction of a connection is a flow of its own; only the
 * one that opens with a SYN, or in which a segment starts with a ClientHello, is ever kept.
 *
 * What an attacker may send beside the real stream, and what is made of it:
 * - A reset ends nothing, and its payload is no data (RFC 9293 section 3.5.2): a forged one would otherwise hide
 *   the hello, and a real one has no hello behind it.
 * - Data without ACK is dropped, as every receiver does (RFC 9293 section 3.10.7.4), and so is a SYN with FIN.
 * - A SYN with another sequence number is a new connection, but not within a second after bytes of a hello
 *   that is incomplete: receivers answer it with a challenge (RFC 9293 section 3.10.7.4) and read on.
 * - Data far from the expected sequence number is counted and dropped, unless it starts with a hello: then it is
 *   a new connection on the same ports, whose SYN was missed.
 * - Of two different bytes for one place the first stays, and the conflict is counted. Checksums are not looked
 *   at: captures of cards that compute them have wrong ones.
 *
 * Not found is a hello with bytes that were never captured; and, of a connection whose SYN was not captured,
 * one that stands inside a segment behind an unknown first message, or whose first segment comes after more
 * than four others of it.
 *
 * For 100,000 flows the arrays of all parts take 14 MB, of which pages are only used as flows come.
 */
export class TcpFlows {
  readonly syns: SynFacts;
  readonly #limits: FlowLimits;
  readonly #statistics: CaptureStatistics;
  readonly #onHandshake: (message: Uint8Array, flow: HelloFlow, timestampNs: number) => void;
  readonly #exclusions: SourceExclusions | undefined;
  readonly #table: FlowTable;
  readonly #streams: HelloStreams;
  readonly #early = new EarlySegments();
  readonly #state: Uint8Array;
  /** Sequence number of the stream's first byte, by which one connection is told from the next. */
  readonly #origin: Int32Array;
  readonly #startedNs: Float64Array;
  readonly #key = new Int32Array(keyWords);
  #expiredNs = 0;

  /** @param exclusions sources whose connections are counted and left alone */
  constructor(
    limits: FlowLimits,
    statistics: CaptureStatistics,
    onHandshake: (message: Uint8Array, flow: HelloFlow, timestampNs: number) => void,
    hashSeed: number,
    exclusions?: SourceExclusions,
  ) {
    const { flows } = limits;
    this.#limits = limits;
    this.#statistics = statistics;
    this.#onHandshake = onHandshake;
    this.#exclusions = exclusions;
    this.#table = new FlowTable(flows, (slot) => this.#release(slot), hashSeed);
    this.#streams = new HelloStreams(limits, statistics);
    this.syns = new SynFacts(flows);
    this.#state = new Uint8Array(flows);
    this.#origin = new Int32Array(flows);
    this.#startedNs = new Float64Array(flows);
  }

  /**
   * One packet whose transport is TCP. Of most packets (acknowledgements, the server's answers, what follows
   * the hello) only the header is read and at most one look-up made.
   */
  packet(layout: FrameLayout, nowNs: number): void {
    const { buffer, end } = layout;
    const tcp = layout.transport;
    if (tcp + 20 > end) {
      this.#statistics.packet_truncated++;
      return;
    }
    const payload = tcp + (buffer[tcp + 12]! >> 4) * 4;
    if (payload < tcp + 20) {
      this.#statistics.tcp_malformed++;
      return;
    }
    const flags = buffer[tcp + 13]!;
    const isSyn = (flags & (synBit | ackBit)) === synBit;
    if (payload >= end && !isSyn) return;
    if (payload > end) {
      this.#statistics.packet_truncated++;
      return;
    }
    if ((flags & rstBit) !== 0 || (isSyn && (flags & finBit) !== 0)) return;
    if ((flags & (synBit | ackBit)) === 0) {
      this.#statistics.segments_without_ack++;
      return;
    }
    const sequence =
      (buffer[tcp + 4]! << 24) | (buffer[tcp + 5]! << 16) | (buffer[tcp + 6]! << 8) | buffer[tcp + 7]!;
    readFlowKey(this.#key, layout);
    if (nowNs - this.#expiredNs > expiryNs || nowNs < this.#expiredNs) this.expire(nowNs);
    if (isSyn) this.#syn(layout, sequence, payload, nowNs);
    // A SYN takes one sequence number itself (RFC 9293, 3.4), also in the answer that a simultaneous open gets.
    else this.#data(layout, (sequence + ((flags & synBit) >> 1)) | 0, payload, nowNs);
  }

  /** Forgets flows that were idle for too long. */
  expire(nowNs: number): void {
    this.#expiredNs = nowNs;
    const table = this.#table;
    for (let slot = table.oldest(); slot !== -1; slot = table.oldest()) {
      if (nowNs - table.lastSeen(slot) <= this.#limits.idleNs) return;
      this.#statistics.flows_idle++;
      table.remove(slot);
    }
  }

  /** Forgets everything, as at the end of a capture. */
  clear(): void {
    for (let slot = this.#table.oldest(); slot !== -1; slot = this.#table.oldest()) this.#table.remove(slot);
  }

  get size(): number {
    return this.#table.size;
  }

  #syn(layout: FrameLayout, sequence: number, payload: number, nowNs: number): void {
    const { buffer, end } = layout;
    const origin = (sequence + 1) | 0;
    let slot = this.#table.find(this.#key);
    if (slot !== -1 && this.#isOfSyn(slot, origin)) {
      this.#table.touch(slot, nowNs);
      this.#synAgain(slot, layout, payload);
    } else if (slot !== -1 && this.#isUndisturbed(slot, nowNs)) {
      this.#statistics.syns_conflicting++;
      return;
    } else {
      if (slot !== -1) this.#replace(slot);
      this.#statistics.syns++;
      slot = this.#open(layout, origin, true, nowNs);
      if (this.#state[slot] === reading) this.syns.record(slot, layout, buffer, payload);
    }
    // TCP Fast Open (RFC 7413): the hello may already ride on the SYN.
    if (payload < end) this.#segment(slot, layout, origin, payload, nowNs);
  }

  /** Whether a SYN belongs to the flow; one that came late finds its stream begun, maybe without its start. */
  #isOfSyn(slot: number, origin: number): boolean {
    const ahead = (this.#origin[slot]! - origin) | 0;
    return ahead === 0 || (!this.syns.has(slot) && ahead > 0 && ahead < lateSynBytes);
  }

  #synAgain(slot: number, layout: FrameLayout, payload: number): void {
    if (this.syns.has(slot) || this.#state[slot] === ignored) this.#statistics.syns_repeated++;
    else if (this.#state[slot] !== reading) this.#statistics.syns_late++;
    else {
      this.#statistics.syns++;
      this.syns.record(slot, layout, layout.buffer, payload);
    }
  }

  #isUndisturbed(slot: number, nowNs: number): boolean {
    const isHolding = this.#state[slot] === reading && this.#streams.isHolding(slot);
    return isHolding && nowNs - this.#table.lastSeen(slot) < undisturbedNs;
  }

  #data(layout: FrameLayout, sequence: number, start: number, nowNs: number): void {
    const slot = this.#table.find(this.#key);
    if (slot !== -1) {
      if (this.#state[slot] === reading) {
        this.#table.touch(slot, nowNs);
        this.#segment(slot, layout, sequence, start, nowNs);
      } else {
        this.#table.refresh(slot, nowNs);
        if (layout.buffer[start] === contentHandshake) this.#later(slot, layout, sequence, start, nowNs);
      }
      return;
    }
    const { buffer, end } = layout;
    if (buffer[start] === contentHandshake) {
      if (helloVerdict(buffer, start, end) !== 'no') {
        this.#openInside(layout, sequence, start, nowNs);
        return;
      }
    } else if (startsWithPreamble(buffer, start, end)) {
      const hello = findHello(buffer, start, end);
      if (hello < end && helloVerdict(buffer, hello, end) === 'yes') {
        this.#statistics.hellos_after_preamble++;
        this.#openInside(layout, (sequence + (hello - start)) | 0, hello, nowNs);
        return;
      }
    }
    const ports = this.#key[8]!;
    // From the higher port to the lower one: clients' ports are higher than servers'.
    if (ports >>> 16 > (ports & 0xffff)) this.#early.keep(this.#key, sequence, buffer, start, end, nowNs);
  }

  /** A flow whose SYN was not seen: with the segments of it that came before the hello's first one. */
  #openInside(layout: FrameLayout, sequence: number, start: number, nowNs: number): void {
    const slot = this.#open(layout, sequence, false, nowNs);
    this.#segment(slot, layout, sequence, start, nowNs);
    const key = this.#key;
    const early = this.#early.count(key, nowNs);
    for (let i = 0; i < early && this.#table.find(key) === slot && this.#state[slot] === reading; i++) {
      const bytes = this.#early.segment(key, i);
      const earlySequence = this.#early.sequence(key, i);
      const ahead = (earlySequence - sequence) | 0;
      if (ahead <= 0 || ahead >= this.#limits.bytesPerFlow) continue;
      const outcome = this.#streams.take(slot, earlySequence, bytes, 0, bytes.length, nowNs);
      this.#conclude(slot, outcome, layout, sequence, start, nowNs);
    }
  }

  /** A further segment that starts like a handshake record, of a flow that is not read any more. */
  #later(slot: number, layout: FrameLayout, sequence: number, start: number, nowNs: number): void {
    const state = this.#state[slot];
    if (state === ignored || helloVerdict(layout.buffer, start, layout.end) !== 'yes') return;
    const ahead = (sequence - this.#streams.helloSequence(slot)) | 0;
    if (Math.abs(ahead) >= sameConnectionBytes) {
      this.#replace(slot);
      this.#openInside(layout, sequence, start, nowNs);
    } else if (state === done) {
      this.#statistics[ahead === 0 ? 'hellos_retransmitted' : 'hellos_second']++;
    } else if (ahead > 0) {
      this.#statistics.streams_resumed++;
      this.#state[slot] = reading;
      this.#streams.open(slot, sequence, false);
      this.#segment(slot, layout, sequence, start, nowNs);
    }
  }

  #open(layout: FrameLayout, origin: number, fromSyn: boolean, nowNs: number): number {
    const table = this.#table;
    if (table.size === table.capacity) {
      this.#statistics.flows_evicted++;
      if (!table.isFinished(table.nextOut())) this.#statistics.flows_evicted_unfinished++;
    }
    const slot = table.insert(this.#key, nowNs);
    this.#origin[slot] = origin;
    this.#startedNs[slot] = nowNs;
    this.#streams.open(slot, origin, fromSyn);
    if (this.#exclusions?.matches(layout) === true) {
      this.#statistics.connections_excluded++;
      this.#end(slot, ignored);
    } else this.#state[slot] = reading;
    return slot;
  }

  #segment(slot: number, layout: FrameLayout, sequence: number, start: number, nowNs: number): void {
    if (this.#state[slot] !== reading) return;
    const { buffer, end } = layout;
    const outcome = this.#streams.take(slot, sequence, buffer, start, end, nowNs);
    if (outcome !== 'reading') this.#conclude(slot, outcome, layout, sequence, start, nowNs);
    while (this.#streams.heldBytes > this.#limits.heldBytes) {
      this.#statistics.flows_evicted_for_memory++;
      this.#table.remove(this.#streams.longestHeld());
    }
  }

  #conclude(
    slot: number,
    outcome: StreamOutcome,
    layout: FrameLayout,
    sequence: number,
    start: number,
    nowNs: number,
  ): void {
    switch (outcome) {
      case 'reading':
        return;
      case 'complete':
        this.#handOver(slot, nowNs);
        // Not before: the message may lie in a buffer that another flow gets next.
        this.#end(slot, done);
        return;
      case 'other-connection':
        this.#replace(slot);
        this.#openInside(layout, sequence, start, nowNs);
        return;
      case 'plain-http':
        this.#statistics.streams_http++;
        this.#end(slot, ignored);
        return;
      case 'not-hello':
        this.#table.remove(slot);
        return;
      default:
        this.#statistics[outcome]++;
        this.#end(slot, givenUp);
    }
  }

  #handOver(slot: number, nowNs: number): void {
    const streams = this.#streams;
    if (streams.hasPreamble(slot)) this.#statistics.hellos_after_preamble++;
    const flow: HelloFlow = {
      keys: this.#table.keys,
      keyAt: slot * keyWords,
      slot,
      startedNs: this.#startedNs[slot]!,
      hasSyn: this.syns.has(slot),
      firstByteNs: streams.firstByteNs(slot),
    };
    this.#onHandshake(streams.message, flow, nowNs);
  }

  /** The last look at a flow that holds bytes. */
  #drain(slot: number): void {
    const isIncomplete = this.#streams.isIncomplete(slot);
    const outcome = this.#streams.drain(slot);
    if (outcome === 'complete') this.#handOver(slot, this.#table.lastSeen(slot));
    else if (isIncomplete) this.#statistics.hello_incomplete++;
  }

  #end(slot: number, state: typeof done | typeof givenUp | typeof ignored): void {
    this.#state[slot] = state;
    this.#streams.close(slot);
    this.#table.finish(slot);
  }

  /** Addresses and ports are used again. */
  #replace(slot: number): void {
    this.#statistics.flows_replaced++;
    this.#table.remove(slot);
  }

  #release(slot: number): void {
    if (this.#state[slot] === reading && this.#streams.isHolding(slot)) this.#drain(slot);
    this.#streams.close(slot);
    this.#state[slot] = 0;
    this.syns.forget(slot);
  }
}
