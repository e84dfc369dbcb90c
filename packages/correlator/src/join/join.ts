import type { HttpLogRow } from '@ja4/store';
import type { HttpEvent } from '../event/http-event.ts';
import type { NetworkEvent } from '../event/network-event.ts';
import { Chain } from './chain.ts';
import { ChangedHandshakes } from './changed-handshakes.ts';
import { type ClockSkew, ClockSkews } from './clock-skew.ts';
import { Eligibility, sameDestination } from './eligibility.ts';
import { httpEventBytes } from './event-size.ts';
import { connectionKey, type Handshake, type HeldHandshake } from './handshake.ts';
import { HandshakeTable } from './handshake-table.ts';
import { handshakeRow, requestRow } from './http-log-row.ts';
import { defaultJoinOptions, type JoinFilters, type JoinOptions } from './join-options.ts';
import { type PendingRequest, PendingRequests } from './pending-requests.ts';
import { PooledEvents } from './pooled-events.ts';
import { TrafficFilter } from './traffic-filter.ts';

/** New and used handshakes that a checkpoint is told of at once. */
const maxChangedNew = 4_096;
const maxChangedUsed = 16_384;

/**
 * Joins requests with the handshakes of their connections. A state machine without I/O and without a clock:
 * events go in with the time at which they arrived, rows come out through `emit`.
 *
 * What belongs together is decided on event times (`Eligibility`); how long something waits or stays, on
 * the arrival clock, which must not run backwards (it is held where it would). Every request that is not
 * excluded gives exactly one row: joined, or without a handshake after `orphanDelayMs`, or earlier where a
 * bound is reached.
 */
export class Join {
  readonly #options: Required<JoinOptions>;
  readonly #emit: (row: HttpLogRow) => void;
  readonly #skews: ClockSkews;
  readonly #eligibility: Eligibility;
  #filter: TrafficFilter;
  readonly #handshakes: HandshakeTable;
  readonly #pooled = new PooledEvents();
  readonly #pending = new PendingRequests();
  /** Handshakes without a request, in order of arrival; only filled with `networkEmit`. */
  readonly #unused = new Chain<Handshake>();
  #changes: ChangedHandshakes | undefined;
  #nextId = 1;
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
  constructor(
    given: JoinOptions,
    emit: (row: HttpLogRow) => void,
    onClockSkew: (skew: ClockSkew) => void = () => {},
  ) {
    const options = { ...defaultJoinOptions, ...given };
    this.#options = options;
    this.#emit = emit;
    const toleranceNs = options.clockToleranceMs * 1e6;
    this.#skews = new ClockSkews(toleranceNs, onClockSkew);
    const limits = {
      windowNs: options.windowS * 1e9,
      keepaliveTtlNs: options.keepaliveTtlS * 1e9,
      toleranceNs,
    };
    this.#eligibility = new Eligibility(limits, this.#skews);
    this.#filter = new TrafficFilter(options);
    this.#handshakes = new HandshakeTable(
      { maxItems: options.maxNetworkItems, maxBytes: options.maxNetworkBytes },
      (handshake, why) => {
        this.#counts[why === 'expired' ? 'network_expired' : 'network_evicted']++;
        if (handshake.unused !== undefined) this.#emitAlone(handshake);
      },
    );
  }

  /**
   * Other filters from now on; everything that is held stays.
   *
   * @throws Error `JA4_BAD_ADDRESS` when an address is none; the filters then stay as they were.
   */
  refilter(filters: JoinFilters): void {
    this.#filter = new TrafficFilter(filters);
  }

  /** A request, which is logged when it ends. */
  http(event: HttpEvent, nowMs: number): void {
    this.advance(nowMs);
    this.#counts.http_events++;
    const visitor = this.#visitor(event);
    if (this.#filter.excludesSource(visitor) || this.#filter.excludesSource(event.src_ip)) {
      this.#counts.http_excluded_source++;
      return;
    }
    if (this.#filter.excludesPort(event.dst_port)) {
      this.#counts.http_excluded_port++;
      return;
    }
    if (visitor !== event.src_ip) {
      // The handshake on this connection is the proxy's own: it says nothing about the visitor.
      this.#counts.rows_proxied++;
      this.#emit(requestRow(event, undefined, '', visitor, 0));
      return;
    }
    const key = connectionKey(event);
    const candidates = this.#handshakes.candidates(key);
    if (candidates !== undefined && !Array.isArray(candidates)) this.#sampleClocks(candidates, event);
    const handshake = this.#eligibility.find(candidates, event);
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
    if (this.#filter.excludesSource(event.src_ip)) {
      this.#counts.network_excluded_source++;
      return;
    }
    if (this.#filter.excludesPort(event.dst_port)) {
      this.#counts.network_excluded_port++;
      return;
    }
    const handshake = this.#hold({
      id: this.#nextId++,
      event,
      firstRequest: undefined,
      lastUseNs: event.timestamp,
      uses: 0,
      touchedMs: this.#nowMs,
      alone: false,
    });
    this.#changes?.added(handshake);
    for (const request of this.#pending.waitingFor(handshake.key)) {
      const candidates = this.#handshakes.candidates(handshake.key);
      if (candidates === handshake) this.#sampleClocks(handshake, request.event);
      const found = this.#eligibility.find(candidates, request.event);
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

  /** Follows what changes from now on, for a checkpoint that takes it again and again. */
  followChanges(): ChangedHandshakes {
    // A sixteenth of the time for which a handshake stays eligible is what a kill may take from it.
    const grainNs = (this.#options.keepaliveTtlS * 1e9) / 16;
    this.#changes = new ChangedHandshakes({ maxNew: maxChangedNew, maxUsed: maxChangedUsed, grainNs });
    return this.#changes;
  }

  /** All handshakes that are held, in no particular order. */
  held(): Handshake[] {
    return this.#handshakes.all();
  }

  clockSkews(): ClockSkew[] {
    return this.#skews.all();
  }

  /**
   * Goes on with what an earlier process held. Rows that it may have given are not given again.
   *
   * @param held least recently touched first, on this join's clock
   */
  restore(held: Iterable<HeldHandshake>, skews: Iterable<ClockSkew>, nowMs: number): void {
    this.advance(nowMs);
    for (const handshake of held) {
      this.#nextId = Math.max(this.#nextId, handshake.id + 1);
      this.#hold(handshake);
    }
    for (const skew of skews) this.#skews.restore(skew);
  }

  /** Counts since the start; they only grow. */
  totals(): Record<string, number> {
    return { ...this.#counts };
  }

  /** `totals`, and gauges of what is held now. */
  counters(): Record<string, number> {
    return {
      ...this.#counts,
      http_pending: this.#pending.size,
      http_pending_bytes: this.#pending.bytes,
      network_held: this.#handshakes.size,
      network_held_unused: this.#handshakes.unusedSize,
      network_held_bytes: this.#handshakes.bytes,
      ...this.#skews.counters(),
    };
  }

  #visitor(event: HttpEvent): string {
    if (event.client_ip === undefined || event.client_ip === event.src_ip) return event.src_ip;
    if (this.#filter.trusts(event.src_ip)) return event.client_ip;
    this.#counts.client_ip_untrusted++;
    return event.src_ip;
  }

  #hold(held: HeldHandshake): Handshake {
    const { event, bytes } = this.#pooled.of(held.event);
    const handshake: Handshake = {
      id: held.id,
      event,
      firstRequest: held.firstRequest,
      lastUseNs: held.lastUseNs,
      uses: held.uses,
      touchedMs: held.touchedMs,
      alone: held.alone,
      key: connectionKey(event),
      bytes,
      sampled: held.uses > 0,
      byUse: undefined,
      unused: undefined,
      changed: false,
      saved: false,
      savedUseNs: held.uses > 0 ? held.lastUseNs : 0,
    };
    // A trusted proxy's own handshakes are no visitors.
    const mayStandAlone = this.#options.networkEmit && held.uses === 0 && !held.alone;
    if (mayStandAlone && !this.#filter.trusts(event.src_ip)) handshake.unused = this.#unused.add(handshake);
    this.#handshakes.add(handshake);
    return handshake;
  }

  /**
   * The first request of a connection says how its server's clock stands to the sensor's, whether or not the two
   * can be matched yet: no other handshake of this key is there, and the destination is the same.
   */
  #sampleClocks(handshake: Handshake, request: HttpEvent): void {
    if (handshake.sampled) return;
    handshake.sampled = true;
    const first = request.keepalives === undefined || request.keepalives === 0;
    if (!first || !sameDestination(handshake, request)) return;
    const { sensor_id, timestamp, time_is_arrival } = handshake.event;
    if (request.time_is_arrival || time_is_arrival === true) return;
    this.#skews.observe(sensor_id, request.server_id, request.timestamp - timestamp);
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
    const endNs = this.#eligibility.beganNs(handshake, request) + (request.duration_ms ?? 0) * 1e6;
    handshake.lastUseNs = Math.max(handshake.lastUseNs, endNs);
    const nth = handshake.uses++;
    this.#handshakes.touch(handshake, this.#nowMs);
    this.#changes?.used(handshake);
    this.#counts.rows_correlated++;
    this.#emit(requestRow(request, handshake.event, '', request.src_ip, nth));
  }

  #emitOrphan(pending: PendingRequest): void {
    this.#pending.remove(pending);
    const known = this.#handshakes.candidates(pending.key) !== undefined;
    this.#counts[known ? 'rows_orphan_not_eligible' : 'rows_orphan_no_handshake']++;
    const { event } = pending;
    this.#emit(requestRow(event, undefined, 'A', event.src_ip, 0));
  }

  #emitAlone(handshake: Handshake): void {
    this.#isUsed(handshake);
    handshake.alone = true;
    this.#changes?.stoodAlone(handshake);
    this.#counts.rows_orphan_network++;
    this.#emit(handshakeRow(handshake.event));
  }
}
