/** Numbers that follow from a seed alone. */
export interface Random {
  /** A whole number in [0, below); 0 where nothing is below. */
  below(limit: number): number;
}

/** The generator called xorshift32 (Marsaglia 2003): fast, and good enough to choose what to damage. */
export function randomFrom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return {
    below(limit) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return limit <= 0 ? 0 : (state >>> 0) % limit;
    },
  };
}
