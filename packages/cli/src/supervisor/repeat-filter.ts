const quietMs = 60_000;
const maxRemembered = 200;

/** Lets each line through at most once a minute: what goes on need not be said again all the time. */
export class RepeatFilter {
  readonly #saidMs = new Map<string, number>();

  /** Whether the line is worth showing. `nowMs` is any monotonic clock. */
  fresh(line: string, nowMs: number): boolean {
    const last = this.#saidMs.get(line);
    if (last !== undefined && nowMs - last < quietMs) return false;
    this.#saidMs.delete(line);
    this.#saidMs.set(line, nowMs);
    if (this.#saidMs.size > maxRemembered) {
      const [oldest] = this.#saidMs.keys();
      if (oldest !== undefined) this.#saidMs.delete(oldest);
    }
    return true;
  }
}
