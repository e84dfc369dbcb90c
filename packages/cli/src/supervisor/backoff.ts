const firstDelayMs = 250;
const longestDelayMs = 30_000;
/** A service that has run this long is healthy again: its next death starts from the shortest delay. */
const healthyAfterMs = 60_000;

/**
 * How long to wait before a service that died is started again: doubles with each early death.
 * `ranMs` is how long it had run; `failures` how many early deaths came before in a row.
 */
export function restartDelay(ranMs: number, failures: number): { delayMs: number; failures: number } {
  const counted = ranMs >= healthyAfterMs ? 0 : failures;
  return { delayMs: Math.min(firstDelayMs * 2 ** counted, longestDelayMs), failures: counted + 1 };
}
