import type { Connection } from './trim.ts';

/** A client's time at an address: real times, ms since 1970. */
export interface Span {
  readonly address: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How long after its client's end a SYN may still arrive: it was on its way. */
const graceMs = 3000;

/**
 * Whose a connection is: the last client that came to the address before it, unless that one had left long
 * ago. Undefined when nobody was there.
 *
 * @param spans in order of their beginnings, none overlapping another of its address
 */
export function explain<T extends Span>(connection: Connection, spans: readonly T[]): T | undefined {
  const openedMs = connection.openedUs / 1000;
  const span = spans.findLast((one) => one.address === connection.address && one.fromMs <= openedMs);
  return span && openedMs <= span.toMs + graceMs ? span : undefined;
}

/** `explain` for many connections: spans by address are looked up once. */
export function explainAll<T extends Span>(
  connections: Iterable<Connection>,
  spans: readonly T[],
): Map<Connection, T | undefined> {
  const byAddress = Map.groupBy(
    spans.toSorted((a, b) => a.fromMs - b.fromMs),
    (span) => span.address,
  );
  return new Map(
    [...connections].map((connection) => [
      connection,
      explain(connection, byAddress.get(connection.address) ?? []),
    ]),
  );
}
