import type { HttpEvent } from '../event/http-event.ts';
import type { NetworkEvent } from '../event/network-event.ts';
import type { Link } from './chain.ts';

/** What names the connection that a handshake was first matched to. */
type FirstRequest = Pick<HttpEvent, 'server_id' | 'conn_id' | 'dst_ip' | 'dst_port'>;

/** A handshake that waits for the requests of its connection. */
export interface Handshake {
  readonly event: NetworkEvent;
  readonly key: string;
  readonly bytes: number;
  firstRequest: FirstRequest | undefined;
  /** End of the latest request so far, or the handshake itself; event time, nanoseconds. */
  lastUseNs: number;
  /** Requests so far. */
  uses: number;
  /** When it arrived or was last used, on the join's clock. */
  touchedMs: number;
  /** Its place in the order of last use; undefined once it was removed. */
  byUse: Link<Handshake> | undefined;
  /** Its place among those that may get a row of their own. */
  unused: Link<Handshake> | undefined;
}

/** What both sides always have. Port and address cannot contain a space. */
export function connectionKey(event: {
  readonly transport: string;
  readonly src_ip: string;
  readonly src_port: number;
}): string {
  return `${event.transport} ${event.src_ip} ${event.src_port}`;
}
