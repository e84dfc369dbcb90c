const firstMs = 200;
const longestMs = 5_000;

/**
 * Milliseconds to wait before the `attempt`-th (1, 2, …) repetition: doubles up to 5 s. A random quarter is
 * taken off, so that several writers of one store do not come back in step.
 */
export function retryDelayMs(attempt: number, random: () => number): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 10));
  return fullMs * (1 - random() / 4);
}
