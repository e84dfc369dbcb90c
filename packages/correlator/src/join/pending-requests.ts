import type { HttpEvent } from '../event/http-event.ts';
import { Chain, type Link } from './chain.ts';

/** A request whose handshake has not arrived (yet). */
export interface PendingRequest {
  readonly event: HttpEvent;
  readonly key: string;
  readonly bytes: number;
  /** When it stops waiting, on the join's clock. */
  readonly dueMs: number;
  /** Its place in the order of arrival. */
  byArrival: Link<PendingRequest> | undefined;
}

/** Requests that wait, by key and in order of arrival, which is the order in which they become due. */
export class PendingRequests {
  readonly #byKey = new Map<string, Set<PendingRequest>>();
  readonly #byArrival = new Chain<PendingRequest>();
  #bytes = 0;

  get size(): number {
    return this.#byArrival.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): PendingRequest | undefined {
    return this.#byArrival.first;
  }

  /** In order of arrival; requests may be removed while iterating. */
  waitingFor(key: string): Iterable<PendingRequest> {
    return this.#byKey.get(key) ?? none;
  }

  add(request: PendingRequest): void {
    request.byArrival = this.#byArrival.add(request);
    this.#bytes += request.bytes;
    const sameKey = this.#byKey.get(request.key);
    if (sameKey === undefined) this.#byKey.set(request.key, new Set([request]));
    else sameKey.add(request);
  }

  remove(request: PendingRequest): void {
    if (request.byArrival === undefined) return;
    this.#byArrival.remove(request.byArrival);
    request.byArrival = undefined;
    this.#bytes -= request.bytes;
    const sameKey = this.#byKey.get(request.key);
    sameKey?.delete(request);
    if (sameKey?.size === 0) this.#byKey.delete(request.key);
  }
}

const none: readonly PendingRequest[] = [];
