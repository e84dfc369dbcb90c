import type { HttpEvent } from '@ja4/correlator';

/** How often each value was seen. */
export type Counts = ReadonlyMap<string, number>;

/** What a client showed, layer by layer; header values are not among it, but for the User-Agent. */
export interface Sightings {
  readonly label: string;
  /** ClientHellos by JA4 and by TLS stack. */
  readonly ja4: Counts;
  readonly tlsStacks: Counts;
  readonly requests: number;
  /** Connections that brought a request, by HTTP/2 fingerprint or the name of the HTTP version. */
  readonly http: Counts;
  /** Header names of navigations and of first requests, each as `protocol: names`. */
  readonly navigations: Counts;
  readonly firstRequests: Counts;
  /** True when the server that told of the headers may have moved or re-cased some. */
  readonly unsureOrder: boolean;
  readonly userAgents: Counts;
}

/** What a ClientHello shows. */
export interface Handshake {
  readonly ja4: string;
  readonly tls_stack?: string | undefined;
}

/** Sent only in some situations (a page before, a cookie, something kept, a body): they say nothing about the tool. */
const situational = new Set([
  ...['cookie', 'referer', 'origin', 'if-none-match', 'if-modified-since', 'cache-control', 'pragma'],
  ...['content-type', 'content-length', 'range', 'if-range', 'authorization'],
]);

/** Header names in order, without those that depend on the moment. */
export function lastingHeaders(names: string): string {
  return names
    .split(',')
    .filter((name) => name !== '' && !situational.has(name.toLowerCase()))
    .join(',');
}

/** More orders of the same names than this come from a shuffle, not from several programs. */
const mostOrders = 4;

/** Orders that differ in nothing but the order, where there are many, as one: `HTTP/2, in any order: a,b`. */
export function withoutShuffles(orders: Counts): Counts {
  const [result, groups] = [new Map<string, number>(), new Map<string, [string, number][]>()];
  for (const [order, count] of orders) {
    const [version = '', names = ''] = order.split(': ', 2);
    const sorted = `${version}, in any order: ${names.split(',').toSorted().join(',')}`;
    const group = groups.get(sorted) ?? [];
    groups.set(sorted, [...group, [order, count]]);
  }
  for (const [sorted, group] of groups) {
    if (group.length > mostOrders)
      result.set(
        sorted,
        group.reduce((sum, [, count]) => sum + count, 0),
      );
    else for (const [order, count] of group) result.set(order, count);
  }
  return result;
}

class Tally extends Map<string, number> {
  add(value: string): void {
    this.set(value, (this.get(value) ?? 0) + 1);
  }
}

/** Collects what one client shows, event by event. */
export class SightingsBuilder {
  readonly #label: string;
  readonly #ja4 = new Tally();
  readonly #tlsStacks = new Tally();
  readonly #http = new Tally();
  readonly #userAgents = new Tally();
  /** Orders by where they come from; those of the wire are preferred where there are any. */
  readonly #navigations = { wire: new Tally(), other: new Tally() };
  readonly #firstRequests = { wire: new Tally(), other: new Tally() };
  readonly #connections = new Set<string>();
  #requests = 0;

  constructor(label: string) {
    this.#label = label;
  }

  handshake({ ja4, tls_stack }: Handshake): void {
    this.#ja4.add(ja4);
    if (tls_stack) this.#tlsStacks.add(tls_stack);
  }

  request(event: HttpEvent): void {
    this.#requests++;
    this.#userAgents.add(event.headers.columns.header_user_agent);
    const connection = `${event.server_id} ${event.src_ip} ${event.src_port} ${event.conn_id}`;
    const isFirst = !this.#connections.has(connection);
    this.#connections.add(connection);
    const version = event.http_version || 'no HTTP version';
    if (isFirst) this.#http.add(event.h2_fingerprint || version);
    // HTTP/1.0 and 1.1 differ in nothing here.
    const order = `${version.replace(/[.][01]$/, '')}: ${lastingHeaders(event.client_headers)}`;
    const sort = event.client_headers_order === 'wire' || version.startsWith('HTTP/1') ? 'wire' : 'other';
    const { header_sec_fetch_dest, header_sec_fetch_mode } = event.headers.columns;
    if (header_sec_fetch_mode === 'navigate' && header_sec_fetch_dest !== 'iframe') {
      this.#navigations[sort].add(order);
    }
    if (isFirst) this.#firstRequests[sort].add(order);
  }

  done(): Sightings {
    const sure = ({ wire, other }: { wire: Tally; other: Tally }) =>
      withoutShuffles(wire.size > 0 ? wire : other);
    const navigates = this.#navigations.wire.size + this.#navigations.other.size > 0;
    const { wire, other } = navigates ? this.#navigations : this.#firstRequests;
    return {
      label: this.#label,
      ja4: this.#ja4,
      tlsStacks: this.#tlsStacks,
      requests: this.#requests,
      http: this.#http,
      navigations: sure(this.#navigations),
      firstRequests: sure(this.#firstRequests),
      unsureOrder: wire.size === 0 && other.size > 0,
      userAgents: this.#userAgents,
    };
  }
}

/** The requests that show a client's headers best: its navigations where it makes such, else first requests. */
export function headerOrders({ navigations, firstRequests }: Sightings): Counts {
  return navigations.size > 0 ? navigations : firstRequests;
}
