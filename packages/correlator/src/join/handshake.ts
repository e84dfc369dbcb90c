import type { HttpEvent } from '../event/http-event.ts';
import type { NetworkEvent } from '../event/network-event.ts';
import type { Link } from './chain.ts';

/** What names the connection that a handshake was first matched to. */
export type FirstRequest = Pick<HttpEvent, 'server_id' | 'conn_id' | 'dst_ip' | 'dst_port'>;

/** A handshake and what is known about its use: what a restart must not forget. */
export interface HeldHandshake {
  /** Names it for as long as it is held, also over a restart. */
  readonly id: number;
  readonly event: NetworkEvent;
  firstRequest: FirstRequest | undefined;
  /** End of the latest request so far, or the handshake itself; the sensor's clock, nanoseconds. */
  lastUseNs: number;
  /** Requests so far. */
  uses: number;
  /** When it arrived or was last used, on the join's clock. */
  touchedMs: number;
  /** It got a row of its own, as one that no request came for. */
  alone: boolean;
}

/** A handshake that waits for the requests of its connection. */
export interface Handshake extends HeldHandshake {
  readonly key: string;
  readonly bytes: number;
  /** Its first request has told something about the clocks. */
  sampled: boolean;
  /** Its place in the order of last use; undefined once it was removed. */
  byUse: Link<Handshake> | undefined;
  /** Its place among those that may get a row of their own. */
  unused: Link<Handshake> | undefined;
  /** Its use is on the list of what a checkpoint has to write. */
  changed: boolean;
  /** The checkpoint has its event, so that its use can be told by the number alone. */
  saved: boolean;
  /** `lastUseNs` as the checkpoint has it; 0 = it does not know of any use. */
  savedUseNs: number;
}

/** What both sides always have. Port and address cannot contain a space. */
export function connectionKey(event: {
  readonly transport: string;
  readonly src_ip: string;
  readonly src_port: number;
}): string {
  return `${event.transport} ${event.src_ip} ${event.src_port}`;
}
