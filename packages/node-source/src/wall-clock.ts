/** How far the monotonic clock may be from the wall clock before the latter has been set, in milliseconds. */
const tolerance = 5;
const checkEvery = 1_000;

/**
 * The time of day in microseconds. `Date.now()` knows milliseconds only and `performance.now()` does not
 * follow when the clock is set, so the second one counts and the first one corrects.
 */
export class WallClock {
  #origin = performance.timeOrigin;
  #checkedAt = -checkEvery;

  /** @param now of `performance.now()` @returns whole microseconds since 1970 */
  at(now: number): number {
    if (now - this.#checkedAt >= checkEvery) {
      this.#checkedAt = now;
      const wall = Date.now();
      if (Math.abs(this.#origin + now - wall) > tolerance) this.#origin = wall - now;
    }
    return Math.round((this.#origin + now) * 1000);
  }
}
