import type { CaptureStatistics } from '../capture-statistics.ts';
import { AssemblyPool } from './assembly-pool.ts';
import type { FlowLimits } from './flow-limits.ts';
import type { HelloAssembly } from './hello-assembly.ts';
import { findHello, helloVerdict, startsWithSslv2Hello } from './hello-search.ts';
import { startsWithPlainHttp } from './plain-http.ts';
import { tdsContent, tdsContents } from './tds.ts';
import { HandshakeReader, type RecordOutcome } from './tls-records.ts';

/** What a segment led to. */
export type StreamOutcome =
  /** Nothing yet. */
  | 'reading'
  /** A handshake message: {@link HelloStreams.message}. */
  | 'complete'
  /** The segment is no part of this stream, but starts with a hello: of a connection whose SYN was missed. */
  | 'other-connection'
  /** Plain HTTP, in which no hello follows. */
  | 'plain-http'
  /** A stream that was only read because it might start with a hello does not. */
  | 'not-hello'
  /** Given up, by the counter's name. */
  | 'hello_broken_record'
  | 'hello_too_large'
  | 'hello_too_many_segments'
  | 'hello_sslv2'
  | 'preamble_too_long';

/** The stream's first byte is expected; any handshake record there is read, and what is wrong with it counted. */
const atStart = 0;
/** The stream started with something else: a hello is looked for. */
const searching = 1;
/** Bytes of a hello are there from the place on where it starts. */
const inHello = 2;
/** The stream's start was not captured; it is only read if it goes on like a hello. */
const probing = 3;

/**
 * How far from the expected place a segment may be of the same connection. Initial sequence numbers of
 * connections with the same ports grow by 250,000 in a second at least (RFC 6528 section 3), mostly much
 * faster.
 */
export const sameConnectionBytes = 1 << 20;

/**
 * The start of each TCP stream, up to its ClientHello: in order whatever the segments' order, searched for a
 * hello, unpacked from TLS records. Streams are numbered by the slots of the flow table.
 *
 * What is in order is read where it lies and never copied, unless a hello in it is incomplete. What came early
 * is held until the bytes before it come; when a bound is reached first, or when it starts with a hello, they
 * are taken for lost in the capture and the stream is read on behind the hole.
 */
export class HelloStreams {
  /** The message after `complete`; valid until the next call of {@link take} or {@link close}. */
  message: Uint8Array = new Uint8Array(0);
  readonly #limits: FlowLimits;
  readonly #statistics: CaptureStatistics;
  readonly #phase: Uint8Array;
  /** Sequence number of the first byte that was not passed over: where the hello starts, once it is found. */
  readonly #next: Int32Array;
  /** Bytes passed over. */
  readonly #passed: Int32Array;
  /** Content bytes left at `#next` in the hello's first TDS packet; 0 outside of TDS. */
  readonly #tds: Uint16Array;
  readonly #firstByteNs: Float64Array;
  readonly #held: AssemblyPool;
  /** Reads messages that one segment holds. */
  readonly #reader = new HandshakeReader();

  constructor(limits: FlowLimits, statistics: CaptureStatistics) {
    const { flows } = limits;
    this.#limits = limits;
    this.#statistics = statistics;
    this.#phase = new Uint8Array(flows);
    this.#next = new Int32Array(flows);
    this.#passed = new Int32Array(flows);
    this.#tds = new Uint16Array(flows);
    this.#firstByteNs = new Float64Array(flows);
    this.#held = new AssemblyPool(limits);
  }

  /**
   * A stream whose first byte has this sequence number.
   * @param fromSyn whether that is known; otherwise the stream is only read if a hello starts there
   */
  open(slot: number, sequence: number, fromSyn: boolean): void {
    this.#phase[slot] = fromSyn ? atStart : probing;
    this.#next[slot] = sequence;
    this.#passed[slot] = 0;
    this.#tds[slot] = 0;
    this.#firstByteNs[slot] = 0;
  }

  /** Forgets what is held of the stream. */
  close(slot: number): void {
    this.#held.end(slot);
  }

  /** Bytes held for all streams. */
  get heldBytes(): number {
    return this.#held.heldBytes;
  }

  /** Whether bytes are held: of a hello that is incomplete, or behind a hole. */
  isHolding(slot: number): boolean {
    return this.#held.has(slot);
  }

  /** Reads what is held behind holes, as nothing more will come. */
  drain(slot: number): StreamOutcome {
    const assembly = this.#held.get(slot);
    return assembly === undefined ? 'reading' : this.#skipHoles(slot, assembly);
  }

  /** Whether the stream ends without the rest of its hello if it ends here. */
  isIncomplete(slot: number): boolean {
    const phase = this.#phase[slot];
    return this.#held.has(slot) && (phase === inHello || phase === atStart);
  }

  /** The stream of which bytes have been held for the longest time, or -1. */
  longestHeld(): number {
    return this.#held.longestHeld();
  }

  /** Where the hello starts, or where it is looked for. */
  helloSequence(slot: number): number {
    return this.#next[slot]!;
  }

  /** When the first packet with bytes of the hello came (ns). */
  firstByteNs(slot: number): number {
    return this.#firstByteNs[slot]!;
  }

  /** Whether something else came before the hello. */
  hasPreamble(slot: number): boolean {
    return this.#passed[slot] !== 0;
  }

  /** One segment with at least one byte. The stream must be open; after `complete` or giving up it is not. */
  take(
    slot: number,
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    nowNs: number,
  ): StreamOutcome {
    const at = (sequence - this.#next[slot]!) | 0;
    if (at >= this.#limits.bytesPerFlow || at <= -sameConnectionBytes) {
      return this.#takeFar(slot, at, sequence, buffer, start, end, nowNs);
    }
    if (at < 0 && this.#phase[slot] === probing && helloVerdict(buffer, start, end) !== 'no') {
      return this.#startEarlier(slot, sequence, buffer, start, end, nowNs);
    }
    if (at + (end - start) <= 0) {
      // Nothing new in it: a keep-alive probe, or bytes sent again.
      this.#statistics.segments_retransmitted++;
      return 'reading';
    }
    const assembly = this.#held.get(slot);
    if (assembly !== undefined) {
      const isFull = at + (end - start) > this.#limits.bytesPerFlow;
      if (isFull) return this.#takePastHoles(slot, assembly, sequence, buffer, start, end, nowNs);
      return this.#takeInto(slot, assembly, sequence, buffer, start, end, nowNs);
    }
    this.#firstByteNs[slot] = nowNs;
    if (at <= 0) return this.#read(slot, buffer, start - at, end);
    if (helloVerdict(buffer, start, end) === 'yes') return this.#resume(slot, sequence, buffer, start, end);
    return this.#takeInto(
      slot,
      this.#held.begin(slot, this.#next[slot]!),
      sequence,
      buffer,
      start,
      end,
      nowNs,
    );
  }

  /** What looked like the start of a hello was the start of a later record. */
  #startEarlier(
    slot: number,
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    nowNs: number,
  ): StreamOutcome {
    const later = this.#held.get(slot);
    const bytes = later?.bytes.slice(0, later.available);
    const laterSequence = this.#next[slot]!;
    this.close(slot);
    this.open(slot, sequence, false);
    const outcome = this.take(slot, sequence, buffer, start, end, nowNs);
    if (outcome !== 'reading' || bytes === undefined) return outcome;
    return this.take(slot, laterSequence, bytes, 0, bytes.length, nowNs);
  }

  /** A segment so far from the expected place that its bytes cannot be held. */
  #takeFar(
    slot: number,
    at: number,
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    nowNs: number,
  ): StreamOutcome {
    const verdict = helloVerdict(buffer, start, end);
    const assembly = this.#held.get(slot);
    if (Math.abs(at) >= sameConnectionBytes) {
      // A short first segment only counts while there is nothing to lose.
      const isUntouched = this.#phase[slot] === atStart && assembly === undefined;
      if (verdict === 'yes' || (verdict === 'maybe' && isUntouched)) return 'other-connection';
    } else if (verdict === 'yes' && this.#phase[slot] !== inHello) {
      this.close(slot);
      this.#firstByteNs[slot] = nowNs;
      return this.#resume(slot, sequence, buffer, start, end);
    } else if (assembly !== undefined && assembly.available === 0) {
      return this.#takePastHoles(slot, assembly, sequence, buffer, start, end, nowNs);
    }
    this.#statistics.segments_out_of_window++;
    return 'reading';
  }

  #takeInto(
    slot: number,
    assembly: HelloAssembly,
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    nowNs: number,
  ): StreamOutcome {
    const before = assembly.available;
    const conflicts = assembly.conflicts;
    const addition = this.#held.add(assembly, sequence, buffer, start, end);
    if (assembly.conflicts !== conflicts) this.#statistics.segments_conflicting++;
    if (addition === 'repeated') {
      this.#statistics.segments_retransmitted++;
      return 'reading';
    }
    if (addition === 'too-many') {
      if (assembly.available > 0) return 'hello_too_many_segments';
      return this.#takePastHoles(slot, assembly, sequence, buffer, start, end, nowNs);
    }
    if (assembly.available > before) return this.#readHeld(slot, assembly);
    this.#statistics.segments_out_of_order++;
    if (this.#phase[slot] === inHello) return 'reading';
    // Behind a hole: the bytes before it were not captured if a hello starts there.
    const [from, to] = assembly.placed.around((sequence - assembly.base) | 0);
    if (from === 0 || helloVerdict(assembly.bytes, from, to) !== 'yes') return 'reading';
    this.#statistics.streams_resumed++;
    this.#pass(slot, from);
    assembly.advance(from);
    return this.#readHeld(slot, assembly);
  }

  /** A bound is reached: what is missing before the bytes that are held was not captured. */
  #takePastHoles(
    slot: number,
    assembly: HelloAssembly,
    sequence: number,
    buffer: Uint8Array,
    start: number,
    end: number,
    nowNs: number,
  ): StreamOutcome {
    if (assembly.available > 0) return this.#takeInto(slot, assembly, sequence, buffer, start, end, nowNs);
    const outcome = this.#skipHoles(slot, assembly);
    return outcome === 'reading' ? this.take(slot, sequence, buffer, start, end, nowNs) : outcome;
  }

  /** Reads on behind each hole, as far as the bytes that are held go. */
  #skipHoles(slot: number, assembly: HelloAssembly): StreamOutcome {
    if (this.#phase[slot] === probing) return 'not-hello';
    while (!assembly.isEmpty && assembly.available === 0) {
      const hole = assembly.placed.firstFilled;
      this.#statistics.streams_resumed++;
      this.#pass(slot, hole);
      assembly.advance(hole);
      const outcome = this.#readHeld(slot, assembly);
      if (outcome !== 'reading') return outcome;
    }
    return 'reading';
  }

  /** Reads on at a segment whose predecessors were not captured. */
  #resume(slot: number, sequence: number, buffer: Uint8Array, start: number, end: number): StreamOutcome {
    this.#statistics.segments_out_of_order++;
    this.#statistics.streams_resumed++;
    this.#pass(slot, (sequence - this.#next[slot]!) | 0);
    return this.#read(slot, buffer, start, end);
  }

  /** Bytes before the hello that were read or lost. */
  #pass(slot: number, count: number): void {
    this.#next[slot] = (this.#next[slot]! + count) | 0;
    this.#passed[slot]! += Math.max(0, count);
    if (this.#phase[slot] === atStart) this.#phase[slot] = searching;
  }

  /** Reads the stream on in `buffer[start, end)`, where nothing of it is held. */
  #read(slot: number, buffer: Uint8Array, start: number, end: number): StreamOutcome {
    const hello = this.#search(slot, buffer, start, end);
    if (typeof hello === 'string') return hello;
    if (hello === end) return this.#checkPreamble(slot);
    if (this.#phase[slot] === inHello && this.#tds[slot] === 0) {
      this.#reader.reset();
      const outcome = this.#reader.read(buffer, hello, end, this.#limits.bytesPerFlow);
      if (outcome === 'complete') this.message = this.#reader.message(buffer, hello);
      if (outcome !== 'incomplete') return outcome;
    }
    const assembly = this.#held.begin(slot, this.#next[slot]!);
    this.#held.add(assembly, assembly.base, buffer, hello, end);
    return this.#readRecords(slot, assembly);
  }

  #readHeld(slot: number, assembly: HelloAssembly): StreamOutcome {
    const { available } = assembly;
    const hello = this.#search(slot, assembly.bytes, 0, available);
    if (typeof hello === 'string') return hello;
    assembly.advance(hello);
    if (hello < available) return this.#readRecords(slot, assembly);
    if (assembly.isEmpty) this.close(slot);
    return this.#checkPreamble(slot);
  }

  #readRecords(slot: number, assembly: HelloAssembly): StreamOutcome {
    if (this.#phase[slot] !== inHello) return 'reading';
    const { bytesPerFlow } = this.#limits;
    const { bytes, available } = assembly;
    const first = this.#tds[slot]!;
    let outcome: RecordOutcome;
    if (first === 0) {
      outcome = assembly.reader.read(bytes, 0, available, bytesPerFlow);
      if (outcome === 'complete') this.message = assembly.reader.message(bytes, 0);
    } else {
      const contents = tdsContents(bytes, available, first);
      this.#reader.reset();
      outcome = this.#reader.read(contents, 0, contents.length, bytesPerFlow);
      if (outcome === 'complete') this.message = this.#reader.message(contents, 0);
    }
    if (outcome !== 'incomplete') return outcome;
    return available === bytesPerFlow ? 'hello_too_large' : 'reading';
  }

  /**
   * The offset where a hello starts or may start, or `end`; what lies before it is passed over. The phase is
   * `inHello` afterwards if it is certain.
   */
  #search(
    slot: number,
    buffer: Uint8Array,
    start: number,
    end: number,
  ): number | 'not-hello' | 'plain-http' | 'hello_sslv2' {
    const phase = this.#phase[slot];
    if (phase === inHello) return start;
    if (phase === atStart) {
      const isRecord = buffer[start] === 22 && (start + 1 === end || buffer[start + 1] === 3);
      if (isRecord) {
        if (start + 1 < end) this.#phase[slot] = inHello;
        return start;
      }
      if (startsWithSslv2Hello(buffer, start, end)) return 'hello_sslv2';
      this.#statistics.streams_not_tls++;
      if (startsWithPlainHttp(buffer, start, end)) return 'plain-http';
    }
    const hello = phase === probing ? start : findHello(buffer, start, end);
    const verdict = hello === end ? 'no' : helloVerdict(buffer, hello, end);
    if (phase === probing && verdict === 'no') return 'not-hello';
    this.#pass(slot, hello - start);
    if (verdict !== 'no') this.#tds[slot] = tdsContent(buffer, start, hello);
    if (verdict === 'yes') this.#phase[slot] = inHello;
    return hello;
  }

  #checkPreamble(slot: number): StreamOutcome {
    return this.#passed[slot]! > this.#limits.preambleBytes ? 'preamble_too_long' : 'reading';
  }
}
