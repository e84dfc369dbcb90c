import { Chain } from './chain.ts';
import type { Handshake } from './handshake.ts';

/** Handshakes of one address and port that are held; more of them is somebody playing with a port. */
const maxPerKey = 64;

export interface HandshakeBounds {
  readonly maxItems: number;
  readonly maxBytes: number;
}

/**
 * Handshakes by key, and in the order of their last use. Replaced handshakes of a key stay until they
 * expire, because requests are logged when they end, possibly after the port was used again.
 */
export class HandshakeTable {
  readonly #byKey = new Map<string, Handshake[]>();
  /** Least recently used first. */
  readonly #byUse = new Chain<Handshake>();
  readonly #bounds: HandshakeBounds;
  readonly #onRemove: (handshake: Handshake, why: 'expired' | 'evicted') => void;
  #bytes = 0;

  constructor(bounds: HandshakeBounds, onRemove: (handshake: Handshake, why: 'expired' | 'evicted') => void) {
    this.#bounds = bounds;
    this.#onRemove = onRemove;
  }

  get size(): number {
    return this.#byUse.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Oldest handshake first. */
  candidates(key: string): readonly Handshake[] {
    return this.#byKey.get(key) ?? none;
  }

  add(handshake: Handshake): void {
    const list = this.#byKey.get(handshake.key);
    if (list === undefined) this.#byKey.set(handshake.key, [handshake]);
    else {
      let at = list.length;
      while (at > 0 && (list[at - 1] as Handshake).event.timestamp > handshake.event.timestamp) at--;
      list.splice(at, 0, handshake);
    }
    handshake.byUse = this.#byUse.add(handshake);
    this.#bytes += handshake.bytes;
    if (list !== undefined && list.length > maxPerKey) this.#remove(list[0] as Handshake, 'evicted');
    for (let oldest = this.#byUse.first; oldest !== undefined; oldest = this.#byUse.first) {
      if (this.#byUse.size <= this.#bounds.maxItems && this.#bytes <= this.#bounds.maxBytes) break;
      this.#remove(oldest, 'evicted');
    }
  }

  touch(handshake: Handshake, nowMs: number): void {
    handshake.touchedMs = nowMs;
    if (handshake.byUse === undefined) return;
    this.#byUse.remove(handshake.byUse);
    handshake.byUse = this.#byUse.add(handshake);
  }

  /** Removes what was neither added nor touched since `beforeMs`. */
  expire(beforeMs: number): void {
    for (let oldest = this.#byUse.first; oldest !== undefined; oldest = this.#byUse.first) {
      if (oldest.touchedMs >= beforeMs) break;
      this.#remove(oldest, 'expired');
    }
  }

  #remove(handshake: Handshake, why: 'expired' | 'evicted'): void {
    if (handshake.byUse !== undefined) this.#byUse.remove(handshake.byUse);
    handshake.byUse = undefined;
    this.#bytes -= handshake.bytes;
    const list = this.#byKey.get(handshake.key);
    if (list !== undefined) {
      list.splice(list.indexOf(handshake), 1);
      if (list.length === 0) this.#byKey.delete(handshake.key);
    }
    this.#onRemove(handshake, why);
  }
}

const none: readonly Handshake[] = [];
