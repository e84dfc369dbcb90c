/** What an operator may change while the join runs. */
export interface JoinFilters {
  /** Addresses and networks whose events are ignored. */
  readonly excludeSourceIps: readonly string[];
  /** Ports of the web server whose events are taken; empty = all. */
  readonly includeDestPorts: readonly number[];
  /** Proxies whose word about the visitor's address counts. */
  readonly trustedProxies: readonly string[];
}

/** How requests and handshakes are matched. Times in the unit that the name says. */
export interface JoinOptions extends JoinFilters {
  /** Short key: the longest time from the handshake to the first request of its connection. */
  readonly windowS: number;
  /** How long a request waits for its handshake before it is stored without one. */
  readonly orphanDelayMs: number;
  /** How long a handshake stays eligible after its last use. */
  readonly keepaliveTtlS: number;
  /** Also give rows for handshakes that no request came for. */
  readonly networkEmit: boolean;
  /** Requests that may wait for their handshake at the same time. */
  readonly maxHttpItems?: number;
  /** Handshakes that are held at the same time. */
  readonly maxNetworkItems?: number;
  /** The same bounds in (estimated) bytes. */
  readonly maxHttpBytes?: number;
  readonly maxNetworkBytes?: number;
  /**
   * How much later than its request a handshake may seem to be. The handshake is always first on the wire,
   * but two clocks look at it: the sensor's (capture time) and the web server's (start of the request), on
   * two machines or with a coarser resolution. Far below the time in which a port can be used again.
   */
  readonly clockToleranceMs?: number;
  /**
   * How long a handshake stays in memory after its last use. Requests are logged when they end, so this is
   * the longest download (or WebSocket) that still finds its handshake; the bounds above come first.
   */
  readonly retentionS?: number;
}

export const defaultJoinOptions: Required<JoinOptions> = {
  windowS: 10,
  orphanDelayMs: 500,
  keepaliveTtlS: 120,
  networkEmit: false,
  excludeSourceIps: [],
  includeDestPorts: [],
  trustedProxies: [],
  maxHttpItems: 50_000,
  maxNetworkItems: 150_000,
  maxHttpBytes: 64 * 1024 * 1024,
  maxNetworkBytes: 128 * 1024 * 1024,
  clockToleranceMs: 250,
  retentionS: 3600,
};
