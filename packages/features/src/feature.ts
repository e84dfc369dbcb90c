/** Where a feature looks, from the wire up. */
export type Layer = 'tcp' | 'tls' | 'http2' | 'headers' | 'behaviour' | 'population' | 'coherence';

/**
 * What the number counts. A `ratio` is a share in [0, 1], a `flag` 0 or 1, a `score` in [0, 1] unless its
 * range says otherwise; the rest are what they say.
 */
export type Unit =
  | 'ratio'
  | 'flag'
  | 'score'
  | 'count'
  | 'per second'
  | 'bits'
  | 'bytes'
  | 'bytes²'
  | 'hops'
  | 'hops²'
  | 'variance'
  | 'coefficient of variation';

/**
 * One detection feature. Views, matrix layout, imputation, explanations, labels and documentation derive from
 * this declaration and from nothing else.
 */
export interface Feature {
  /** Column name, fixed: views, stored scores and models refer to it. */
  readonly name: string;
  /** For people, as a heading. */
  readonly label: string;
  /** One sentence: what it measures and why that tells robots from people. */
  readonly meaning: string;
  readonly layer: Layer;
  readonly unit: Unit;
  /**
   * ClickHouse expression over the session row (see this package's README for its columns). NULL, or a number
   * that is not finite, where it is unknown: unknown is never zero.
   */
  readonly sql: string;
  /** `both`, or `Complet` for what only exists with a TLS handshake. */
  readonly model: 'both' | 'Complet';
  /** Smallest and largest possible value; the upper bound may be Infinity. */
  readonly range: readonly [number, number];
  /** Which end is unusual for people with a browser. */
  readonly suspicious: 'high' | 'low' | 'both';
  /** What stands in for an unknown value in a model's matrix: the baseline's median, zero, or this number. */
  readonly missing: 'median' | 'zero' | number;
}
