/** Words of a flow's key: source address (4), destination address (4), both ports (1). */
export const keyWords = 9;

const none = -1;

/**
 * A bounded table of flows: a hash table whose entries also stand in a list from most to least recently
 * used. A flow is a slot number; callers keep what they know about it in arrays of their own, indexed by
 * slot. Everything is allocated once, so the memory of the table does not depend on the traffic.
 *
 *     heads[hash] → slot → chain[slot] → …          newest ⇄ older ⇄ … ⇄ oldest
 */
export class FlowTable {
  readonly capacity: number;
  /** Addresses as four words each (IPv4 as IPv4-mapped IPv6), then `srcPort << 16 | dstPort`. */
  readonly keys: Int32Array;
  size = 0;
  readonly #lastSeen: Float64Array;
  readonly #heads: Int32Array;
  readonly #chain: Int32Array;
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  readonly #mask: number;
  readonly #seed: number;
  readonly #release: (slot: number) => void;
  #newest = none;
  #oldest = none;
  /** Free slots, chained through `#chain`. */
  #free = none;
  #unused = 0;

  /**
   * @param release called with a slot that is about to be given up, for whatever reason
   * @param seed of the hash; an unpredictable one keeps senders from filling one chain
   */
  constructor(capacity: number, release: (slot: number) => void, seed = 0) {
    this.capacity = capacity;
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
    this.keys = new Int32Array(capacity * keyWords);
    this.#lastSeen = new Float64Array(capacity);
    this.#heads = new Int32Array(buckets).fill(none);
    this.#chain = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
    this.#older = new Int32Array(capacity);
    this.#mask = buckets - 1;
    this.#seed = seed | 0;
    this.#release = release;
  }

  /** The slot of the flow with this key, or -1. */
  find(key: Int32Array): number {
    const { keys } = this;
    for (let slot = this.#heads[this.#hash(key, 0)]!; slot !== none; slot = this.#chain[slot]!) {
      let i = 0;
      const base = slot * keyWords;
      while (i < keyWords && keys[base + i] === key[i]) i++;
      if (i === keyWords) return slot;
    }
    return none;
  }

  /** A slot for a key that is not in the table; a full table gives up its least recently used flow. */
  insert(key: Int32Array, nowNs: number): number {
    if (this.size === this.capacity) this.remove(this.#oldest);
    let slot = this.#free;
    if (slot === none) slot = this.#unused++;
    else this.#free = this.#chain[slot]!;
    this.keys.set(key, slot * keyWords);
    const bucket = this.#hash(key, 0);
    this.#chain[slot] = this.#heads[bucket]!;
    this.#heads[bucket] = slot;
    this.#lastSeen[slot] = nowNs;
    this.#linkNewest(slot);
    this.size++;
    return slot;
  }

  /** Marks the flow as the most recently used. */
  touch(slot: number, nowNs: number): void {
    // Clocks of captures step back at times; a flow must not become idle by that.
    if (nowNs > this.#lastSeen[slot]!) this.#lastSeen[slot] = nowNs;
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#linkNewest(slot);
  }

  remove(slot: number): void {
    this.#release(slot);
    const bucket = this.#hash(this.keys, slot * keyWords);
    if (this.#heads[bucket] === slot) this.#heads[bucket] = this.#chain[slot]!;
    else {
      let before = this.#heads[bucket]!;
      while (this.#chain[before] !== slot) before = this.#chain[before]!;
      this.#chain[before] = this.#chain[slot]!;
    }
    this.#unlink(slot);
    this.#chain[slot] = this.#free;
    this.#free = slot;
    this.size--;
  }

  /** The least recently used flow, or -1. */
  oldest(): number {
    return this.#oldest;
  }

  /** When the flow was last touched (ns). */
  lastSeen(slot: number): number {
    return this.#lastSeen[slot]!;
  }

  #hash(words: Int32Array, at: number): number {
    let hash = this.#seed;
    for (let i = 0; i < keyWords; i++) {
      hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & this.#mask;
  }

  #linkNewest(slot: number): void {
    this.#newer[slot] = none;
    this.#older[slot] = this.#newest;
    if (this.#newest === none) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot]!;
    const older = this.#older[slot]!;
    if (newer === none) this.#newest = older;
    else this.#older[newer] = older;
    if (older === none) this.#oldest = newer;
    else this.#newer[older] = newer;
  }
}
