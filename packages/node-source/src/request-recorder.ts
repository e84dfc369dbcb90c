import type { IncomingHttpHeaders } from 'node:http';
import { type ClientAddress, plainAddress } from './client-address.ts';
import type { Connection } from './connection.ts';
import { eventFields } from './event-line.ts';
import type { EventSender } from './event-sender.ts';
import type { HeaderSelection } from './header-selection.ts';
import { requestTarget } from './request-target.ts';
import { WallClock } from './wall-clock.ts';

/** What a request was when it came; nothing that is done to it afterwards changes that. */
export interface Arrival {
  readonly connection: Connection;
  readonly method: string;
  /** Target of the request line, or `:path`. */
  readonly target: string;
  /** `:authority`. */
  readonly authority?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  /** Whose `headers` Node makes when they are first asked for. */
  readonly message: { readonly headers: IncomingHttpHeaders };
}

/** How it ended. */
export interface Outcome {
  readonly status?: number | undefined;
  readonly responseSize?: number | undefined;
  /** Absent where the end was not waited for. */
  readonly durationMs?: number | undefined;
}

export type EndRequest = (outcome: Outcome) => void;

/** An operator's own way to find the visitor's address. */
export type FindClientIp = (headers: IncomingHttpHeaders, peer: string) => string | undefined;

export interface RecorderOptions {
  readonly selection: HeaderSelection;
  readonly maxHeaderValueBytes: number;
  readonly forwardedBy: ClientAddress | undefined;
  readonly clientIp: FindClientIp | undefined;
  readonly sender: EventSender;
}

/** Makes events of requests. */
export class RequestRecorder {
  readonly #options: RecorderOptions;
  readonly #clock = new WallClock();
  /** Requests without the address of a peer: of no use to anybody. */
  withoutPeer = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Counts a request that has come; its event is made when the result is called. */
  begin(arrival: Arrival): EndRequest {
    const startedAt = performance.now();
    const began = this.#clock.at(startedAt);
    const index = arrival.connection.requests++;
    return (outcome) => this.#end(arrival, began, index, outcome);
  }

  #end(arrival: Arrival, began: number, index: number, outcome: Outcome): void {
    const { connection, method } = arrival;
    const { peer } = connection;
    if (peer === undefined) {
      this.withoutPeer++;
      return;
    }
    const { selection, maxHeaderValueBytes, sender } = this.#options;
    const { path, query, authority } = requestTarget(method, arrival.target);
    const ended = {
      ...{ connection, began, index, method, path, query },
      authority: authority ?? arrival.authority,
      httpVersion: arrival.httpVersion,
      rawHeaders: arrival.rawHeaders,
      clientIp: this.#clientIp(arrival.message, peer),
      status: outcome.status,
      responseSize: outcome.responseSize,
      durationMs: outcome.durationMs,
    };
    sender.send(eventFields(ended, selection, maxHeaderValueBytes));
  }

  #clientIp(message: Arrival['message'], peer: string): string | undefined {
    const { clientIp, forwardedBy } = this.#options;
    if (clientIp === undefined && forwardedBy === undefined) return undefined;
    const { headers } = message;
    const forwarded = headers['x-forwarded-for'];
    const found =
      clientIp === undefined
        ? forwardedBy?.(Array.isArray(forwarded) ? forwarded.join(',') : forwarded, peer)
        : plainAddress(String(clientIp(headers, peer) ?? ''));
    return found === peer ? undefined : found;
  }
}
