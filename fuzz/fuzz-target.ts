/** One parser under attack. */
export interface FuzzTarget {
  /** Inputs that the parser takes well; the search starts from them. */
  seeds(): Uint8Array[];
  /**
   * Feeds one input to the parser. What it throws is a finding: an exception of the parser, or of the target
   * itself when a promise is broken (a bound passed, a result that contradicts the input).
   */
  run(input: Uint8Array): void;
  /** Longest input worth trying, bytes. */
  readonly longest: number;
}
