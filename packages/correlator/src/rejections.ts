import type { Logger } from 'pino';

/** One line per source at most this often, in milliseconds; the counters have every single one. */
const sayEveryMs = 10_000;

/** Counts what one source sent and was not taken, by reason, and says so without flooding the log. */
export class Rejections {
  readonly #source: 'http' | 'network';
  readonly #log: Logger;
  readonly #byReason = new Map<string, number>();
  #unsaid = 0;
  #saidMs = Number.NEGATIVE_INFINITY;

  constructor(source: 'http' | 'network', log: Logger) {
    this.#source = source;
    this.#log = log;
  }

  /** The text itself is not logged: it may hold what must never be stored. */
  add(reason: string, nowMs: number): void {
    this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + 1);
    this.#unsaid++;
    if (nowMs - this.#saidMs < sayEveryMs) return;
    this.#log.warn(
      { source: this.#source, reason, events: this.#unsaid },
      `${this.#source} event not taken: ${reason}`,
    );
    this.#unsaid = 0;
    this.#saidMs = nowMs;
  }

  counters(): Record<string, number> {
    let total = 0;
    const counts: Record<string, number> = {};
    for (const [reason, count] of this.#byReason) {
      counts[`${this.#source}_rejected_${reason}`] = count;
      total += count;
    }
    return { ...counts, [`${this.#source}_rejected`]: total };
  }
}
