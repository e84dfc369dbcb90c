import type { Handshake } from './handshake.ts';

export interface ChangeBounds {
  /** New handshakes without a request that are kept between two calls of `take`. */
  readonly maxNew: number;
  /** Handshakes with a request that are kept between two calls of `take`. */
  readonly maxUsed: number;
  /** A use this much later than the one that was taken is taken again; nanoseconds. */
  readonly grainNs: number;
}

/**
 * Handshakes that a checkpoint has to write: new ones, those with their first request, and those used much later
 * than it knows. Bounded, and apart for new and used ones: a flood of handshakes that nobody follows up neither
 * fills the memory nor displaces connections that are in use.
 */
export class ChangedHandshakes {
  readonly #bounds: ChangeBounds;
  #new: Handshake[] = [];
  #used: Handshake[] = [];
  /** Changes that did not fit; the next snapshot has them. */
  skipped = 0;

  constructor(bounds: ChangeBounds) {
    this.#bounds = bounds;
  }

  added(handshake: Handshake): void {
    if (this.#new.length < this.#bounds.maxNew) this.#new.push(handshake);
    else this.skipped++;
  }

  used(handshake: Handshake): void {
    if (handshake.changed || handshake.lastUseNs - handshake.savedUseNs <= this.#bounds.grainNs) return;
    this.#push(handshake);
  }

  /** It got a row of its own, which it must not get again after a restart. */
  stoodAlone(handshake: Handshake): void {
    if (!handshake.changed) this.#push(handshake);
  }

  /** Those that changed since the last call and are still held. */
  take(): Handshake[] {
    const taken: Handshake[] = [];
    for (const handshake of this.#new) {
      if (handshake.byUse !== undefined && !handshake.changed) taken.push(handshake);
    }
    for (const handshake of this.#used) {
      handshake.changed = false;
      if (handshake.byUse !== undefined) taken.push(handshake);
    }
    this.#new = [];
    this.#used = [];
    return taken;
  }

  #push(handshake: Handshake): void {
    if (this.#used.length >= this.#bounds.maxUsed) {
      this.skipped++;
      return;
    }
    handshake.changed = true;
    this.#used.push(handshake);
  }
}
