import type { Span } from './explain.ts';
import type { Connection } from './trim.ts';

/** A span with its place in the recording's time: seconds after the recording's beginning. */
export interface Placed extends Span {
  readonly when: number;
}

/** Two connections of one address and port must be this far apart, or a join could mix them up. */
const apartMs = 300_000;
const hourMs = 3_600_000;

/** A recording takes up the `hours` full hours before the one in which it was made. */
export function beginningMs(madeMs: number, hours: number): number {
  return Math.floor(madeMs / hourMs) * hourMs - hours * hourMs;
}

/**
 * What is added to the real times of each client's appearance, in whole seconds, so that it happens at its place
 * in the recording's time. All packets and events of an appearance move together. Where two appearances of one address
 * would have used one port at the same time, the second one moves on until they do not.
 */
export function offsetsOf<T extends Placed>(
  whose: ReadonlyMap<Connection, T | undefined>,
  spans: readonly T[],
  beginMs: number,
): Map<T, number> {
  const offsets = new Map(
    spans.map((span) => [span, Math.round((beginMs - span.fromMs) / 1000 + span.when)]),
  );
  const byPort = Map.groupBy(whose.keys(), ({ address, port }) => `${address} ${port}`);
  const shared = [...byPort.values()].filter(
    (connections) => new Set(connections.map((connection) => whose.get(connection))).size > 1,
  );
  const busy = (connection: Connection, span: T) => {
    const offset = (offsets.get(span) ?? 0) * 1000;
    return { from: connection.openedUs / 1000 + offset, to: span.toMs + offset + apartMs };
  };
  const pushOne = (connections: readonly Connection[]): boolean => {
    for (const [i, one] of connections.entries()) {
      for (const other of connections.slice(i + 1)) {
        const [first, second] = [whose.get(one), whose.get(other)];
        if (!first || !second || first === second) continue;
        const [a, b] = [busy(one, first), busy(other, second)];
        if (a.from > b.to || b.from > a.to) continue;
        offsets.set(second, (offsets.get(second) ?? 0) + Math.ceil((a.to - b.from) / 1000) + 1);
        return true;
      }
    }
    return false;
  };
  // Moving one may bring it to another: again until nothing moves. Bounded, because two could chase each other.
  for (let round = 0; round < 100 && shared.map(pushOne).some(Boolean); round++);
  return offsets;
}
