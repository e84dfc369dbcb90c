import type { HttpLogRow } from '@ja4/store';
import { AddressSet } from '../event/address-set.ts';
import type { HttpEvent } from '../event/http-event.ts';
import type { NetworkEvent } from '../event/network-event.ts';
import { Chain } from './chain.ts';
import { findHandshake, type Limits } from './eligibility.ts';
import { httpEventBytes, networkEventBytes } from './event-size.ts';
import { connectionKey, type Handshake } from './handshake.ts';
import { HandshakeTable } from './handshake-table.ts';
import { handshakeRow, requestRow } from './http-log-row.ts';
import { defaultJoinOptions, type JoinOptions } from './join-options.ts';
import { type PendingRequest, PendingRequests } from './pending-requests.ts';

/**
 * Joins requests with the handshakes of their connections. A state machine without I/O and without a clock:
 * events go in with the time at which they arrived, rows come out through `emit`.
 *
 * What belongs together is decided on event times (`findHandshake`); how long something waits or stays, on
 * the arrival clock, which must not run backwards (it is held where it would). Every request that is not
 * excluded gives exactly one row: joined, or without a handshake after `orphanDelayMs`, or earlier where a
 * bound is reached.
 */
export class Join {
  readonly #options: Required<JoinOptions>;
  readonly #emit: (row: HttpLogRow) => void;
  readonly #limits: Limits;
  readonly #excluded: AddressSet;
  readonly #trustedProxies: AddressSet;
  readonly #ports: ReadonlySet<number>;
  readonly #handshakes: HandshakeTable;
  readonly #pending = new PendingRequests();
  /** Handshakes without a request, in order of arrival; only filled with `networkEmit`. */
  readonly #unused = new Chain<Handshake>();
  #nowMs = Number.NEGATIVE_INFINITY;

  readonly #counts = {
    http_events: 0,
    network_events: 0,
    http_excluded_source: 0,
    http_excluded_port: 0,
    network_excluded_source: 0,
    network_excluded_port: 0,
    rows_correlated: 0,
    /** Requests stored without a handshake: none of their key was there. */
    rows_orphan_no_handshake: 0,
    /** Requests stored without a handshake: there was one of their key, but not for them. */
    rows_orphan_not_eligible: 0,
    rows_orphan_network: 0,
    /** Requests of visitors behind a trusted proxy, which have no handshake of their own. */
    rows_proxied: 0,
    client_ip_untrusted: 0,
    /** Requests that stopped waiting because a bound was reached; they are among the orphans. */
    http_evicted: 0,
    network_evicted: 0,
    network_expired: 0,
    clock_went_back: 0,
  };

  /** @throws Error `JA4_BAD_ADDRESS` when a configured address is none. */
  constructor(given: JoinOptions, emit: (row: HttpLogRow) => void) {
    const options = { ...defaultJoinOptions, ...given };
    this.#options = options;
    this.#emit = emit;
    this.#limits = {
      windowNs: options.windowS * 1e9,
      keepaliveTtlNs: options.keepaliveTtlS * 1e9,
      toleranceNs: options.clockToleranceMs * 1e6,
    };
    this.#excluded = new AddressSet(options.excludeSourceIps);
    this.#trustedProxies = new AddressSet(options.trustedProxies);
    this.#ports = new Set(options.includeDestPorts);
    this.#handshakes = new HandshakeTable(
      { maxItems: options.maxNetworkItems, maxBytes: options.maxNetworkBytes },
      (handshake, why) => {
        this.#counts[why === 'expired' ? 'network_expired' : 'network_evicted']++;
        if (handshake.unused !== undefined) this.#emitAlone(handshake);
      },
    );
  }

  /** A request, which is logged when it ends. */
  http(event: HttpEvent, nowMs: number): void {
    this.advance(nowMs);
    this.#counts.http_events++;
    const visitor = this.#visitor(event);
    if (this.#excluded.has(visitor) || this.#excluded.has(event.src_ip)) {
      this.#counts.http_excluded_source++;
      return;
    }
    if (this.#portExcluded(event.dst_port)) {
      this.#counts.http_excluded_port++;
      return;
    }
    if (visitor !== event.src_ip) {
      // The handshake on this connection is the proxy's own: it says nothing about the visitor.
      this.#counts.rows_proxied++;
      this.#emit(requestRow({ request: event, handshake: undefined, orphanSide: '', visitor, nth: 0 }));
      return;
    }
    const key = connectionKey(event);
    const handshake = findHandshake(this.#handshakes.candidates(key), event, this.#limits);
    if (handshake !== undefined) {
      this.#match(event, handshake);
      return;
    }
    const dueMs = this.#nowMs + this.#options.orphanDelayMs;
    this.#pending.add({ event, key, bytes: httpEventBytes(event), dueMs, byArrival: undefined });
    const { maxHttpItems, maxHttpBytes } = this.#options;
    while (this.#pending.size > maxHttpItems || this.#pending.bytes > maxHttpBytes) {
      this.#counts.http_evicted++;
      this.#emitOrphan(this.#pending.oldest as PendingRequest);
    }
  }

  /** A handshake, usually before the first request of its connection. */
  network(event: NetworkEvent, nowMs: number): void {
    this.advance(nowMs);
    this.#counts.network_events++;
    if (this.#excluded.has(event.src_ip)) {
      this.#counts.network_excluded_source++;
      return;
    }
    if (this.#portExcluded(event.dst_port)) {
      this.#counts.network_excluded_port++;
      return;
    }
    const handshake: Handshake = {
      event,
      key: connectionKey(event),
      bytes: networkEventBytes(event),
      firstRequest: undefined,
      lastUseNs: event.timestamp,
      uses: 0,
      touchedMs: this.#nowMs,
      byUse: undefined,
      unused: undefined,
    };
    // A trusted proxy's own handshakes are no visitors.
    if (this.#options.networkEmit && !this.#trustedProxies.has(event.src_ip)) {
      handshake.unused = this.#unused.add(handshake);
    }
    this.#handshakes.add(handshake);
    for (const request of this.#pending.waitingFor(handshake.key)) {
      const found = findHandshake(this.#handshakes.candidates(handshake.key), request.event, this.#limits);
      if (found === undefined) continue;
      this.#pending.remove(request);
      this.#match(request.event, found);
    }
  }

  /** Lets time pass: gives the rows of requests that waited long enough, forgets what is too old. */
  advance(nowMs: number): void {
    if (nowMs < this.#nowMs) this.#counts.clock_went_back++;
    else this.#nowMs = nowMs;
    for (let next = this.#pending.oldest; next !== undefined; next = this.#pending.oldest) {
      if (next.dueMs > this.#nowMs) break;
      this.#emitOrphan(next);
    }
    const unusedSinceMs = this.#nowMs - this.#options.keepaliveTtlS * 1000;
    for (let next = this.#unused.first; next !== undefined; next = this.#unused.first) {
      if (next.touchedMs > unusedSinceMs) break;
      this.#emitAlone(next);
    }
    this.#handshakes.expire(this.#nowMs - this.#options.retentionS * 1000);
  }

  /** Gives a row for everything that still waits. Handshakes stay, for requests that may still come. */
  flush(): void {
    for (let next = this.#pending.oldest; next !== undefined; next = this.#pending.oldest)
      this.#emitOrphan(next);
    for (let next = this.#unused.first; next !== undefined; next = this.#unused.first) this.#emitAlone(next);
  }

  /** Counts since the start, and gauges of what is held now. */
  counters(): Record<string, number> {
    return {
      ...this.#counts,
      http_pending: this.#pending.size,
      http_pending_bytes: this.#pending.bytes,
      network_held: this.#handshakes.size,
      network_held_bytes: this.#handshakes.bytes,
    };
  }

  #visitor(event: HttpEvent): string {
    if (event.client_ip === undefined || event.client_ip === event.src_ip) return event.src_ip;
    if (this.#trustedProxies.has(event.src_ip)) return event.client_ip;
    this.#counts.client_ip_untrusted++;
    return event.src_ip;
  }

  /** An unknown port is not excluded: what cannot be told must not disappear. */
  #portExcluded(port: number | undefined): boolean {
    return this.#ports.size > 0 && port !== undefined && !this.#ports.has(port);
  }

  /** It got a request, or a row of its own. */
  #isUsed(handshake: Handshake): void {
    if (handshake.unused !== undefined) this.#unused.remove(handshake.unused);
    handshake.unused = undefined;
  }

  #match(request: HttpEvent, handshake: Handshake): void {
    this.#isUsed(handshake);
    handshake.firstRequest ??= {
      server_id: request.server_id,
      conn_id: request.conn_id,
      dst_ip: request.dst_ip,
      dst_port: request.dst_port,
    };
    const endNs = request.timestamp + (request.duration_ms ?? 0) * 1e6;
    handshake.lastUseNs = Math.max(handshake.lastUseNs, endNs);
    this.#handshakes.touch(handshake, this.#nowMs);
    this.#counts.rows_correlated++;
    const nth = handshake.uses++;
    this.#emit(
      requestRow({ request, handshake: handshake.event, orphanSide: '', visitor: request.src_ip, nth }),
    );
  }

  #emitOrphan(pending: PendingRequest): void {
    this.#pending.remove(pending);
    const known = this.#handshakes.candidates(pending.key).length > 0;
    this.#counts[known ? 'rows_orphan_not_eligible' : 'rows_orphan_no_handshake']++;
    const { event } = pending;
    this.#emit(
      requestRow({ request: event, handshake: undefined, orphanSide: 'A', visitor: event.src_ip, nth: 0 }),
    );
  }

  #emitAlone(handshake: Handshake): void {
    this.#isUsed(handshake);
    this.#counts.rows_orphan_network++;
    this.#emit(handshakeRow(handshake.event));
  }
}
