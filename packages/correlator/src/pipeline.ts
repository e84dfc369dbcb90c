import type { HttpLogRow } from '@ja4/store';
import type { Logger } from 'pino';
import { parseHttpEvent } from './event/dialect.ts';
import { type HttpParseOptions, httpParseOptions } from './event/http-event.ts';
import { parseNetworkEvent } from './event/network-event.ts';
import type { ClockSkew } from './join/clock-skew.ts';
import { Join } from './join/join.ts';
import type { JoinFilters, JoinOptions } from './join/join-options.ts';
import { Rejections } from './rejections.ts';
import { SenderSequences } from './sender/sequence.ts';

export interface PipelineOptions {
  readonly join: JoinOptions;
  /** Header names, beside the ones that always are, whose values are dropped. */
  readonly deniedHeaders?: readonly string[] | undefined;
  readonly emit: (row: HttpLogRow) => void;
  /** Milliseconds since 1970, which take the place of absurd times. Default: the system's clock. */
  readonly wallClock?: (() => number) | undefined;
  readonly log: Logger;
}

/**
 * Event texts in, rows out: parse, follow the sender's counters, join. Everything between the sockets and
 * the queue, with the time of arrival as an argument.
 */
export class Pipeline {
  /** For a checkpoint, as `sequences` is. */
  readonly join: Join;
  readonly sequences = new SenderSequences();
  readonly #parseOptions: HttpParseOptions;
  readonly #httpRejections: Rejections;
  readonly #networkRejections: Rejections;
  readonly #wallClock: () => number;
  readonly #counts = {
    header_values_denied: 0,
    headers_dropped: 0,
    http_truncated: 0,
    http_no_request: 0,
    /** Events whose own time was absurd; that of their arrival was taken. */
    http_time_replaced: 0,
    network_time_replaced: 0,
  };
  #carried: Readonly<Record<string, number>> = {};

  /** @throws Error `JA4_BAD_ADDRESS` when a configured address is none. */
  constructor(options: PipelineOptions) {
    this.join = new Join(options.join, options.emit, (skew) => sayClockSkew(skew, options.log));
    this.#parseOptions = httpParseOptions(options.deniedHeaders);
    this.#wallClock = options.wallClock ?? Date.now;
    this.#httpRejections = new Rejections('http', options.log);
    this.#networkRejections = new Rejections('network', options.log);
  }

  http(text: string, nowMs: number): void {
    const parsed = parseHttpEvent(text, this.#parseOptions, this.#wallClock() * 1e6);
    if (!parsed.ok) {
      if (parsed.reason === 'no_request') this.#counts.http_no_request++;
      else this.#httpRejections.add(parsed.reason, nowMs);
      return;
    }
    const event = parsed.value;
    this.#counts.header_values_denied += event.headers.denied;
    this.#counts.headers_dropped += event.headers.dropped;
    if (event.truncated !== '') this.#counts.http_truncated++;
    if (event.time_is_arrival) this.#counts.http_time_replaced++;
    this.sequences.see(event.server_id, event.seq, event.dropped_total, nowMs);
    this.join.http(event, nowMs);
  }

  network(text: string, nowMs: number): void {
    const parsed = parseNetworkEvent(text, this.#wallClock() * 1e6);
    if (!parsed.ok) {
      this.#networkRejections.add(parsed.reason, nowMs);
      return;
    }
    if (parsed.value.time_is_arrival === true) this.#counts.network_time_replaced++;
    this.join.network(parsed.value, nowMs);
  }

  /**
   * Other filters from now on; nothing that is held is lost.
   *
   * @throws Error `JA4_BAD_ADDRESS` when an address is none; the filters then stay as they were.
   */
  refilter(filters: JoinFilters): void {
    this.join.refilter(filters);
  }

  advance(nowMs: number): void {
    this.join.advance(nowMs);
    this.sequences.advance(nowMs);
  }

  flush(): void {
    this.join.flush();
  }

  /** What was counted since the start of this process; it only grows. */
  totals(): Record<string, number> {
    return {
      ...this.join.totals(),
      ...this.#httpRejections.counters(),
      ...this.#networkRejections.counters(),
      ...this.sequences.totals(),
      ...this.#counts,
    };
  }

  /** `totals` since the first start, and gauges. */
  counters(): Record<string, number> {
    const counters = { ...this.join.counters(), ...this.sequences.counters(), ...this.totals() };
    for (const [name, count] of Object.entries(this.#carried)) counters[name] = (counters[name] ?? 0) + count;
    return counters;
  }

  /** What earlier processes had counted, which is part of `counters`. */
  carried(): Readonly<Record<string, number>> {
    return this.#carried;
  }

  /** Goes on counting from what earlier processes had counted. */
  carry(totals: Readonly<Record<string, number>>): void {
    this.#carried = totals;
  }
}

/** Requests find their handshakes nevertheless, but an operator wants to know. */
function sayClockSkew({ sensor, server, skewNs }: ClockSkew, log: Logger): void {
  const seconds = Math.round(skewNs / 1e8) / 10;
  const names = { sensor_id: sensor, server_id: server, skew_s: seconds };
  if (skewNs === 0) log.info(names, `the clocks of web server ${server} and sensor ${sensor} agree again`);
  else {
    const order = seconds > 0 ? 'ahead of' : 'behind';
    log.warn(
      names,
      `the clock of web server ${server} is ${Math.abs(seconds)} s ${order} that of sensor ${sensor}: set both by NTP`,
    );
  }
}
