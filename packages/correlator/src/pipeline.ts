import type { HttpLogRow } from '@ja4/store';
import type { Logger } from 'pino';
import { parseHttpEvent } from './event/dialect.ts';
import { type HttpParseOptions, httpParseOptions } from './event/http-event.ts';
import { parseNetworkEvent } from './event/network-event.ts';
import { Join } from './join/join.ts';
import type { JoinOptions } from './join/join-options.ts';
import { Rejections } from './rejections.ts';
import { SenderSequences } from './sender/sequence.ts';

export interface PipelineOptions {
  readonly join: JoinOptions;
  /** Header names, beside the ones that always are, whose values are dropped. */
  readonly deniedHeaders?: readonly string[] | undefined;
  readonly emit: (row: HttpLogRow) => void;
  readonly log: Logger;
}

/**
 * Event texts in, rows out: parse, follow the sender's counters, join. Everything between the sockets and
 * the queue, with the time of arrival as an argument.
 */
export class Pipeline {
  readonly #join: Join;
  readonly #parseOptions: HttpParseOptions;
  readonly #sequences = new SenderSequences();
  readonly #httpRejections: Rejections;
  readonly #networkRejections: Rejections;
  readonly #counts = { header_values_denied: 0, headers_dropped: 0, http_truncated: 0, http_no_request: 0 };

  /** @throws Error `JA4_BAD_ADDRESS` when a configured address is none. */
  constructor(options: PipelineOptions) {
    this.#join = new Join(options.join, options.emit);
    this.#parseOptions = httpParseOptions(options.deniedHeaders);
    this.#httpRejections = new Rejections('http', options.log);
    this.#networkRejections = new Rejections('network', options.log);
  }

  http(text: string, nowMs: number): void {
    const parsed = parseHttpEvent(text, this.#parseOptions);
    if (!parsed.ok) {
      if (parsed.reason === 'no_request') this.#counts.http_no_request++;
      else this.#httpRejections.add(parsed.reason, nowMs);
      return;
    }
    const event = parsed.value;
    this.#counts.header_values_denied += event.headers.denied;
    this.#counts.headers_dropped += event.headers.dropped;
    if (event.truncated !== '') this.#counts.http_truncated++;
    this.#sequences.see(event.server_id, event.seq, event.dropped_total, nowMs);
    this.#join.http(event, nowMs);
  }

  network(text: string, nowMs: number): void {
    const parsed = parseNetworkEvent(text);
    if (parsed.ok) this.#join.network(parsed.value, nowMs);
    else this.#networkRejections.add(parsed.reason, nowMs);
  }

  advance(nowMs: number): void {
    this.#join.advance(nowMs);
    this.#sequences.advance(nowMs);
  }

  flush(): void {
    this.#join.flush();
  }

  counters(): Record<string, number> {
    return {
      ...this.#join.counters(),
      ...this.#httpRejections.counters(),
      ...this.#networkRejections.counters(),
      ...this.#sequences.counters(),
      ...this.#counts,
    };
  }
}
