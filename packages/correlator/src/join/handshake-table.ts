import { Chain } from './chain.ts';
import type { Handshake } from './handshake.ts';

/** Handshakes of one address and port that are held; more of them is somebody playing with a port. */
const maxPerKey = 64;

/** The part of the bounds that is left to handshakes without a request, however many have one. */
const unusedShare = 0.25;

export interface HandshakeBounds {
  readonly maxItems: number;
  readonly maxBytes: number;
}

/** Handshakes in the order of their last use, and how large they are. */
class Segment {
  readonly chain = new Chain<Handshake>();
  bytes = 0;

  add(handshake: Handshake): void {
    handshake.byUse = this.chain.add(handshake);
    this.bytes += handshake.bytes;
  }

  remove(handshake: Handshake): void {
    if (handshake.byUse !== undefined) this.chain.remove(handshake.byUse);
    handshake.byUse = undefined;
    this.bytes -= handshake.bytes;
  }
}

/**
 * Handshakes by key, and in the order of their last use. Replaced handshakes of a key stay until they
 * expire, because requests are logged when they end, possibly after the port was used again.
 *
 * Where a bound is reached, those without a request go first, oldest first, down to a quarter of the bounds:
 * a flood of handshakes that nobody follows up takes nothing from connections that are in use. (Segmented
 * LRU: Karedla, Love and Wherry, "Caching strategies to improve disk system performance", 1994.)
 */
export class HandshakeTable {
  readonly #byKey = new Map<string, Handshake | Handshake[]>();
  readonly #unused = new Segment();
  readonly #used = new Segment();
  readonly #bounds: HandshakeBounds;
  readonly #onRemove: (handshake: Handshake, why: 'expired' | 'evicted') => void;

  constructor(bounds: HandshakeBounds, onRemove: (handshake: Handshake, why: 'expired' | 'evicted') => void) {
    this.#bounds = bounds;
    this.#onRemove = onRemove;
  }

  get size(): number {
    return this.#unused.chain.size + this.#used.chain.size;
  }

  get unusedSize(): number {
    return this.#unused.chain.size;
  }

  get bytes(): number {
    return this.#unused.bytes + this.#used.bytes;
  }

  /** Those of a key, oldest handshake first; a single one is not in a list. */
  candidates(key: string): Handshake | Handshake[] | undefined {
    return this.#byKey.get(key);
  }

  /** All of them, in no particular order. */
  all(): Handshake[] {
    return [...this.#unused.chain, ...this.#used.chain];
  }

  add(handshake: Handshake): void {
    const held = this.#byKey.get(handshake.key);
    if (held === undefined) this.#byKey.set(handshake.key, handshake);
    else {
      const list = Array.isArray(held) ? held : [held];
      let at = list.length;
      while (at > 0 && (list[at - 1] as Handshake).event.timestamp > handshake.event.timestamp) at--;
      list.splice(at, 0, handshake);
      this.#byKey.set(handshake.key, list);
    }
    this.#segmentOf(handshake).add(handshake);
    if (Array.isArray(held) && held.length > maxPerKey) this.#remove(held[0] as Handshake, 'evicted');
    for (let victim = this.#victim(); victim !== undefined; victim = this.#victim()) {
      this.#remove(victim, 'evicted');
    }
  }

  /** After a request: `uses` is 1 at least. */
  touch(handshake: Handshake, nowMs: number): void {
    handshake.touchedMs = nowMs;
    if (handshake.byUse === undefined) return;
    (handshake.uses === 1 ? this.#unused : this.#used).remove(handshake);
    this.#used.add(handshake);
  }

  /** Removes what was neither added nor touched since `beforeMs`. */
  expire(beforeMs: number): void {
    this.#expire(this.#unused, beforeMs);
    this.#expire(this.#used, beforeMs);
  }

  #expire({ chain }: Segment, beforeMs: number): void {
    for (let oldest = chain.first; oldest !== undefined; oldest = chain.first) {
      if (oldest.touchedMs >= beforeMs) break;
      this.#remove(oldest, 'expired');
    }
  }

  #segmentOf({ uses }: Handshake): Segment {
    return uses === 0 ? this.#unused : this.#used;
  }

  /** What has to go while there is too much. */
  #victim(): Handshake | undefined {
    const { maxItems, maxBytes } = this.#bounds;
    if (this.size <= maxItems && this.bytes <= maxBytes) return undefined;
    const unused = this.#unused;
    const overShare =
      unused.chain.size > maxItems * unusedShare ||
      unused.bytes > maxBytes * unusedShare ||
      this.#used.chain.size === 0;
    return overShare ? unused.chain.first : this.#used.chain.first;
  }

  #remove(handshake: Handshake, why: 'expired' | 'evicted'): void {
    this.#segmentOf(handshake).remove(handshake);
    const held = this.#byKey.get(handshake.key);
    if (!Array.isArray(held)) this.#byKey.delete(handshake.key);
    else {
      held.splice(held.indexOf(handshake), 1);
      if (held.length === 0) this.#byKey.delete(handshake.key);
    }
    this.#onRemove(handshake, why);
  }
}
