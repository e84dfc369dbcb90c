import type { HttpEvent } from '../event/http-event.ts';
import type { Handshake } from './handshake.ts';

/** The limits of `JoinOptions` in nanoseconds, the unit of event times. */
export interface Limits {
  readonly windowNs: number;
  readonly keepaliveTtlNs: number;
  readonly toleranceNs: number;
}

/** Both sides report where the connection went, and agree: full key. Otherwise the short key counts. */
function sameDestination({ event }: Handshake, request: HttpEvent): boolean {
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

function isEligible(handshake: Handshake, request: HttpEvent, full: boolean, limits: Limits): boolean {
  if (otherConnection(handshake, request)) return false;
  const { firstRequest, lastUseNs, event } = handshake;
  if (firstRequest === undefined) {
    const longest = full ? limits.keepaliveTtlNs : limits.windowNs;
    return request.timestamp - event.timestamp <= longest;
  }
  // A handshake that was matched by another way in is another connection.
  const sameWay = firstRequest.dst_ip === request.dst_ip && firstRequest.dst_port === request.dst_port;
  return sameWay && request.timestamp - lastUseNs <= limits.keepaliveTtlNs;
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
 * @param candidates oldest first
 */
export function findHandshake(
  candidates: readonly Handshake[],
  request: HttpEvent,
  limits: Limits,
): Handshake | undefined {
  let fullBefore: Handshake | undefined;
  let fullAhead: Handshake | undefined;
  let shortBefore: Handshake | undefined;
  let shortAhead: Handshake | undefined;
  for (let i = candidates.length - 1; i >= 0; i--) {
    const candidate = candidates[i] as Handshake;
    const ageNs = request.timestamp - candidate.event.timestamp;
    if (ageNs < -limits.toleranceNs) continue;
    if (sameConnection(candidate, request)) return candidate;
    const before = ageNs >= 0;
    if (sameDestination(candidate, request)) {
      if (!before) fullAhead = candidate;
      else fullBefore ??= candidate;
    } else if (!before) shortAhead = candidate;
    else shortBefore ??= candidate;
  }
  const eligible = (candidate: Handshake | undefined, full: boolean): Handshake | undefined =>
    candidate !== undefined && isEligible(candidate, request, full, limits) ? candidate : undefined;
  if (fullBefore !== undefined || fullAhead !== undefined) {
    return eligible(fullBefore, true) ?? eligible(fullAhead, true);
  }
  return eligible(shortBefore, false) ?? eligible(shortAhead, false);
}
