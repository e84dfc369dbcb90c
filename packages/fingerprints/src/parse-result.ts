/**
 * What a parser of hostile bytes returns: the value, or why there is none and at which byte (0-based offset
 * into the input) that was noticed. `Reason` is a closed set, so that a caller can count every outcome.
 */
export type ParseResult<T, Reason extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: Reason; readonly at: number };
