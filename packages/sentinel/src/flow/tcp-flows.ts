import type { CaptureCounter, CaptureStatistics } from '../capture-statistics.ts';
import type { FrameLayout } from '../decode/frame.ts';
import { FlowTable, keyWords } from './flow-table.ts';
import { HelloAssembly } from './hello-assembly.ts';
import { SynFacts } from './syn-facts.ts';
import { firstHandshake, type HandshakeResult, startsWithClientHello } from './tls-records.ts';

/** Bounds of the flow table. */
export interface FlowLimits {
  flows: number;
  /** Segments and bytes held for one flow until its ClientHello is complete. */
  segmentsPerFlow: number;
  bytesPerFlow: number;
  /** Bytes held for all flows together. */
  heldBytes: number;
  /** A flow without a packet for so long is forgotten (nanoseconds). */
  idleNs: number;
}

export const defaultFlowLimits: FlowLimits = {
  flows: 100_000,
  segmentsPerFlow: 100,
  bytesPerFlow: 64 * 1024,
  heldBytes: 64 * 1024 * 1024,
  idleNs: 30e9,
};

/** Where a flow (one direction of a connection) stands; 0 is a free slot. */
const awaiting = 1;
const collecting = 2;
const finished = 3;
const givenUp = 4;

/** How many segments may precede the hello (SOCKS, HTTP CONNECT, STARTTLS) before a stream is left alone. */
const maxPreambleSegments = 16;

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

/** Holds a browser's hello with a post-quantum key share (about 1,900 bytes) without growing. */
const usualHelloBytes = 2048;

/**
 * TCP segments to first handshake messages. Each direction of a connection is a flow of its own; only the
 * one that opens with a SYN, or that starts with a ClientHello, is ever kept.
 */
export class TcpFlows {
  readonly syns: SynFacts;
  readonly #limits: FlowLimits;
  readonly #statistics: CaptureStatistics;
  readonly #onHandshake: (message: Uint8Array, flow: HelloFlow, timestampNs: number) => void;
  readonly #table: FlowTable;
  readonly #state: Uint8Array;
  /** Sequence number of the stream's first byte, by which one connection is told from the next. */
  readonly #origin: Int32Array;
  /** Sequence number at which the hello starts or is expected. */
  readonly #base: Int32Array;
  readonly #preamble: Uint8Array;
  readonly #startedNs: Float64Array;
  readonly #firstByteNs: Float64Array;
  readonly #assemblies = new Map<number, HelloAssembly>();
  /**
   * Buffers of flows that are done, for the next ones: a flood of half hellos otherwise outruns the garbage
   * collector. There are never more of them than the bound on held bytes allowed to be in use.
   */
  readonly #spareBuffers: Uint8Array[] = [];
  readonly #key = new Int32Array(keyWords);
  #heldBytes = 0;

  constructor(
    limits: FlowLimits,
    statistics: CaptureStatistics,
    onHandshake: (message: Uint8Array, flow: HelloFlow, timestampNs: number) => void,
    hashSeed: number,
  ) {
    const { flows } = limits;
    this.#limits = limits;
    this.#statistics = statistics;
    this.#onHandshake = onHandshake;
    this.#table = new FlowTable(flows, (slot) => this.#release(slot), hashSeed);
    this.syns = new SynFacts(flows);
    this.#state = new Uint8Array(flows);
    this.#origin = new Int32Array(flows);
    this.#base = new Int32Array(flows);
    this.#preamble = new Uint8Array(flows);
    this.#startedNs = new Float64Array(flows);
    this.#firstByteNs = new Float64Array(flows);
  }

  /**
   * One packet whose transport is TCP. Of most packets (acknowledgements, the server's answers, what follows
   * the hello) only the header is read and at most one look-up made.
   */
  packet(layout: FrameLayout, nowNs: number): void {
    const { buffer } = layout;
    const tcp = layout.transport;
    if (tcp + 20 > layout.end) {
      this.#statistics.packet_truncated++;
      return;
    }
    const payload = tcp + (buffer[tcp + 12]! >> 4) * 4;
    if (payload < tcp + 20) {
      this.#statistics.tcp_malformed++;
      return;
    }
    // SYN set and ACK clear; the ECN bits of RFC 3168 may stand beside it.
    const isSyn = (buffer[tcp + 13]! & 0x12) === 0x02;
    if (!isSyn && payload >= layout.end) return;
    if (payload > layout.end) {
      this.#statistics.packet_truncated++;
      return;
    }
    const sequence =
      (buffer[tcp + 4]! << 24) | (buffer[tcp + 5]! << 16) | (buffer[tcp + 6]! << 8) | buffer[tcp + 7]!;
    this.#readKey(layout, buffer);
    this.expire(nowNs);
    if (isSyn) this.#syn(layout, buffer, sequence, payload, nowNs);
    else this.#data(buffer, sequence, payload, layout.end, nowNs);
    while (this.#heldBytes > this.#limits.heldBytes) {
      this.#statistics.flows_evicted_for_memory++;
      this.#table.remove(this.#table.oldest());
    }
  }

  /** Forgets flows that were idle for too long. */
  expire(nowNs: number): void {
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

  #syn(layout: FrameLayout, buffer: Uint8Array, sequence: number, payload: number, nowNs: number): void {
    // The SYN itself takes one sequence number (RFC 9293, 3.4).
    const origin = (sequence + 1) | 0;
    let slot = this.#table.find(this.#key);
    if (slot !== -1 && this.#origin[slot] === origin) {
      this.#statistics.syns_repeated++;
      this.#table.touch(slot, nowNs);
    } else {
      // The same addresses and ports with another sequence number are a new connection.
      if (slot !== -1) this.#table.remove(slot);
      this.#statistics.syns++;
      slot = this.#open(origin, nowNs);
      this.syns.record(slot, layout, buffer, payload);
    }
    // TCP Fast Open (RFC 7413): the hello may already ride on the SYN.
    if (payload < layout.end) this.#segment(slot, origin, buffer, payload, layout.end, nowNs);
  }

  #data(buffer: Uint8Array, sequence: number, start: number, end: number, nowNs: number): void {
    let slot = this.#table.find(this.#key);
    if (slot !== -1) this.#table.touch(slot, nowNs);
    else if (startsWithClientHello(buffer, start, end)) slot = this.#open(sequence, nowNs);
    else return;
    this.#segment(slot, sequence, buffer, start, end, nowNs);
  }

  #open(origin: number, nowNs: number): number {
    if (this.#table.size === this.#table.capacity) this.#statistics.flows_evicted++;
    const slot = this.#table.insert(this.#key, nowNs);
    this.#state[slot] = awaiting;
    this.#origin[slot] = origin;
    this.#base[slot] = origin;
    this.#preamble[slot] = 0;
    this.#startedNs[slot] = nowNs;
    this.#firstByteNs[slot] = nowNs;
    return slot;
  }

  #segment(
    slot: number,
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    nowNs: number,
  ): void {
    const state = this.#state[slot]!;
    if (state === givenUp) return;
    if (state === finished) {
      if (!startsWithClientHello(buffer, start, end)) return;
      this.#statistics[sequence === this.#base[slot] ? 'hellos_retransmitted' : 'hellos_second']++;
      return;
    }
    const at = (sequence - this.#base[slot]!) | 0;
    // Nothing new in it: a keep-alive probe, or preamble sent again.
    if (at + (end - start) <= 0) return;
    if (state === awaiting) this.#firstByteNs[slot] = nowNs;
    if (at !== 0 && this.#isLaterStart(slot, buffer, start, end)) {
      this.#dropAssembly(slot);
      this.#base[slot] = sequence;
      this.#firstByteNs[slot] = nowNs;
    } else if (at !== 0 || state === collecting) {
      this.#collect(slot, sequence, buffer, start, end, nowNs);
      return;
    }
    // The usual case: the whole hello in one segment, read where it lies.
    const result = firstHandshake(buffer, start, end, this.#limits.bytesPerFlow);
    if (result.outcome === 'incomplete') this.#collect(slot, sequence, buffer, start, end, nowNs);
    else this.#conclude(slot, result, sequence + (end - start), nowNs);
  }

  /** A hello past the expected place while nothing is there yet: what comes before it was not captured. */
  #isLaterStart(slot: number, buffer: Uint8Array, start: number, end: number): boolean {
    if (!startsWithClientHello(buffer, start, end)) return false;
    return (this.#assemblies.get(slot)?.available ?? 0) === 0;
  }

  #collect(
    slot: number,
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    nowNs: number,
  ): void {
    const { segmentsPerFlow, bytesPerFlow } = this.#limits;
    let assembly = this.#assemblies.get(slot);
    if (assembly === undefined) {
      const bytes = this.#spareBuffers.pop() ?? new Uint8Array(Math.min(usualHelloBytes, bytesPerFlow));
      assembly = new HelloAssembly(this.#base[slot]!, segmentsPerFlow, bytesPerFlow, bytes);
      this.#assemblies.set(slot, assembly);
      this.#heldBytes += assembly.bytes.length;
      this.#state[slot] = collecting;
    }
    const before = assembly.bytes.length;
    const accepted = assembly.add(sequence, buffer, start, end);
    this.#heldBytes += assembly.bytes.length - before;
    if (!accepted) {
      this.#giveUp(slot, 'hello_too_many_segments');
      return;
    }
    const { available } = assembly;
    const result = firstHandshake(assembly.bytes, 0, available, bytesPerFlow);
    if (result.outcome !== 'incomplete') this.#conclude(slot, result, assembly.base + available, nowNs);
    else if (available === bytesPerFlow) this.#giveUp(slot, 'hello_too_large');
  }

  /** @param next sequence number after the bytes that led to this result */
  #conclude(slot: number, result: HandshakeResult, next: number, nowNs: number): void {
    switch (result.outcome) {
      case 'complete':
        this.#handOver(slot, result.message, nowNs);
        break;
      case 'not-tls':
        this.#passPreamble(slot, next);
        break;
      case 'broken-record':
        this.#giveUp(slot, 'hello_broken_record');
        break;
      case 'too-large':
        this.#giveUp(slot, 'hello_too_large');
        break;
      case 'incomplete':
        break;
    }
  }

  #handOver(slot: number, message: Uint8Array, nowNs: number): void {
    this.#state[slot] = finished;
    const flow: HelloFlow = {
      keys: this.#table.keys,
      keyAt: slot * keyWords,
      slot,
      startedNs: this.#startedNs[slot]!,
      hasSyn: this.syns.has(slot),
      firstByteNs: this.#firstByteNs[slot]!,
    };
    this.#onHandshake(message, flow, nowNs);
    // Not before: the message may lie in the assembly's buffer, which another flow gets next.
    this.#dropAssembly(slot);
  }

  #passPreamble(slot: number, next: number): void {
    this.#dropAssembly(slot);
    if (this.#preamble[slot] === 0) this.#statistics.streams_not_tls++;
    if (++this.#preamble[slot]! > maxPreambleSegments) {
      this.#state[slot] = givenUp;
      return;
    }
    this.#state[slot] = awaiting;
    this.#base[slot] = next | 0;
  }

  #giveUp(slot: number, reason: CaptureCounter): void {
    this.#statistics[reason]++;
    this.#state[slot] = givenUp;
    this.#dropAssembly(slot);
  }

  #dropAssembly(slot: number): void {
    const assembly = this.#assemblies.get(slot);
    if (assembly === undefined) return;
    this.#heldBytes -= assembly.bytes.length;
    if (assembly.bytes.length <= usualHelloBytes) this.#spareBuffers.push(assembly.bytes);
    this.#assemblies.delete(slot);
  }

  #release(slot: number): void {
    if (this.#state[slot] === collecting) this.#statistics.hello_incomplete++;
    this.#dropAssembly(slot);
    this.#state[slot] = 0;
    this.syns.forget(slot);
  }

  #readKey(layout: FrameLayout, buffer: Uint8Array): void {
    const key = this.#key;
    const { addresses, transport } = layout;
    if (layout.ipVersion === 4) {
      key.fill(0);
      key[2] = 0xffff;
      key[3] = word(buffer, addresses);
      key[6] = 0xffff;
      key[7] = word(buffer, addresses + 4);
    } else {
      for (let i = 0; i < 8; i++) key[i] = word(buffer, addresses + i * 4);
    }
    key[8] = word(buffer, transport);
  }
}

function word(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}
