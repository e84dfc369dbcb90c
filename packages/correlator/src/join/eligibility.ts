import type { HttpEvent } from '../event/http-event.ts';
import type { NetworkEvent } from '../event/network-event.ts';
import type { ClockSkews } from './clock-skew.ts';
import type { Handshake } from './handshake.ts';

/** The limits of `JoinOptions` in nanoseconds, the unit of event times. */
export interface Limits {
  readonly windowNs: number;
  readonly keepaliveTtlNs: number;
  readonly toleranceNs: number;
}

/** Both sides report where the connection went, and agree: full key. Otherwise the short key counts. */
export function sameDestination({ event }: Handshake, request: HttpEvent): boolean {
  return (
    event.dst_ip !== undefined &&
    event.dst_port !== undefined &&
    event.dst_ip === request.dst_ip &&
    event.dst_port === request.dst_port
  );
}

/** The web server itself says that this is the connection that was matched before. */
function sameConnection({ firstRequest }: Handshake, request: HttpEvent): boolean {
  return (
    firstRequest !== undefined &&
    firstRequest.conn_id !== '' &&
    firstRequest.conn_id === request.conn_id &&
    firstRequest.server_id === request.server_id
  );
}

/** The web server itself says that this is not the connection that was matched before. */
function otherConnection({ firstRequest }: Handshake, request: HttpEvent): boolean {
  return (
    firstRequest !== undefined &&
    firstRequest.conn_id !== '' &&
    request.conn_id !== '' &&
    !(firstRequest.conn_id === request.conn_id && firstRequest.server_id === request.server_id)
  );
}

/** Which handshake a request belongs to: the rules, and the clocks they are applied on. */
export class Eligibility {
  readonly #limits: Limits;
  readonly #skews: ClockSkews;

  constructor(limits: Limits, skews: ClockSkews) {
    this.#limits = limits;
    this.#skews = skews;
  }

  /** When the request began on the clock of the handshake's sensor, nanoseconds since 1970. */
  beganNs({ event }: Handshake, request: HttpEvent): number {
    return request.timestamp - this.#skewNs(event, request);
  }

  /**
   * The handshake that a request belongs to, out of those with its transport, source address and port.
   *
   * 1. The one whose connection the web server names (same `conn_id`): no clock can know it better.
   * 2. The newest with the same destination that began before the request. If that one is not eligible
   *    (another connection's, or unused for too long), no older one is: its connection has ended since.
   * 3. If there is none, the nearest with the same destination that seems to begin after it, within the
   *    clock tolerance.
   * 4. If no handshake has the same destination, 2 and 3 with the short key.
   *
   * A server's clock that is known to be ahead widens the tolerance of 3 by as much, so that a wrong estimate
   * cannot take away what the clocks as they are would allow.
   *
   * @param candidates a list has the oldest first
   */
  find(candidates: Handshake | Handshake[] | undefined, request: HttpEvent): Handshake | undefined {
    if (candidates === undefined) return undefined;
    if (!Array.isArray(candidates)) return this.#single(candidates, request);
    let fullBefore: Handshake | undefined;
    let fullAhead: Handshake | undefined;
    let shortBefore: Handshake | undefined;
    let shortAhead: Handshake | undefined;
    for (let i = candidates.length - 1; i >= 0; i--) {
      const candidate = candidates[i] as Handshake;
      const order = this.#order(candidate, request);
      if (order === 'after') continue;
      if (sameConnection(candidate, request)) return candidate;
      if (sameDestination(candidate, request)) {
        if (order === 'ahead') fullAhead = candidate;
        else fullBefore ??= candidate;
      } else if (order === 'ahead') shortAhead = candidate;
      else shortBefore ??= candidate;
    }
    if (fullBefore !== undefined || fullAhead !== undefined) {
      return this.#eligible(fullBefore, request, true) ?? this.#eligible(fullAhead, request, true);
    }
    return this.#eligible(shortBefore, request, false) ?? this.#eligible(shortAhead, request, false);
  }

  /** How far the request's clock is ahead of the handshake's. A time of arrival is nobody's clock but ours. */
  #skewNs(event: NetworkEvent, request: HttpEvent): number {
    if (request.time_is_arrival || event.time_is_arrival === true) return 0;
    return this.#skews.between(event.sensor_id, request.server_id);
  }

  /** The same, where there is nothing to choose. */
  #single(candidate: Handshake, request: HttpEvent): Handshake | undefined {
    if (this.#order(candidate, request) === 'after') return undefined;
    if (sameConnection(candidate, request)) return candidate;
    return this.#eligible(candidate, request, sameDestination(candidate, request));
  }

  /** A handshake before its request, seemingly ahead of it but within the tolerance, or after it. */
  #order({ event }: Handshake, request: HttpEvent): 'before' | 'ahead' | 'after' {
    const ageNs = request.timestamp - event.timestamp;
    const skewNs = this.#skewNs(event, request);
    if (ageNs >= skewNs) return 'before';
    return ageNs >= Math.min(skewNs, 0) - this.#limits.toleranceNs ? 'ahead' : 'after';
  }

  #eligible(candidate: Handshake | undefined, request: HttpEvent, full: boolean): Handshake | undefined {
    if (candidate === undefined || otherConnection(candidate, request)) return undefined;
    const { firstRequest, lastUseNs, event } = candidate;
    const { keepaliveTtlNs, windowNs } = this.#limits;
    const beganNs = this.beganNs(candidate, request);
    if (firstRequest === undefined) {
      return beganNs - event.timestamp <= (full ? keepaliveTtlNs : windowNs) ? candidate : undefined;
    }
    // A handshake that was matched by another way in is another connection.
    const sameWay = firstRequest.dst_ip === request.dst_ip && firstRequest.dst_port === request.dst_port;
    return sameWay && beganNs - lastUseNs <= keepaliveTtlNs ? candidate : undefined;
  }
}
