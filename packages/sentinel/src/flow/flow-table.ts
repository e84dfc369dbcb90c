/** Words of a flow's key: source address (4), destination address (4), both ports (1). */
export const keyWords = 9;

const none = -1;
/** Which list of use a flow stands in. */
const active = 0;
const finished = 1;

/** Finished flows are moved to the front of their list at most this often (ns). */
const refreshNs = 100e6;

/**
 * A bounded table of flows: a hash table whose entries also stand in one of two lists from most to least
 * recently used, one of the flows that are still read and one of the finished ones, which go first when the
 * table is full. A flow is a slot number; callers keep what they know about it in arrays of their own,
 * indexed by slot. Everything is allocated once (6 MB for 100,000 flows, of which a page is only used when a
 * flow in it is), so the memory of the table does not depend on the traffic.
 *
 *     heads[hash] → slot → chain[slot] → …          newest ⇄ older ⇄ … ⇄ oldest
 */
export class FlowTable {
  readonly capacity: number;
  /** Addresses as four words each (IPv4 as IPv4-mapped IPv6), then `srcPort << 16 | dstPort`. */
  readonly keys: Int32Array;
  size = 0;
  readonly #lastSeen: Float64Array;
  /** Slot + 1, so that the zeroed pages of a new array mean "empty". */
  readonly #heads: Int32Array;
  readonly #chain: Int32Array;
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  readonly #list: Uint8Array;
  readonly #newest = new Int32Array(2).fill(none);
  readonly #oldest = new Int32Array(2).fill(none);
  readonly #mask: number;
  readonly #seed: number;
  readonly #release: (slot: number) => void;
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
    this.#heads = new Int32Array(buckets);
    this.#chain = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
    this.#older = new Int32Array(capacity);
    this.#list = new Uint8Array(capacity);
    this.#mask = buckets - 1;
    this.#seed = seed | 0;
    this.#release = release;
  }

  /** The slot of the flow with this key, or -1. */
  find(key: Int32Array): number {
    const { keys } = this;
    const source = key[3]!;
    const destination = key[7]!;
    const ports = key[8]!;
    for (let slot = this.#heads[this.#hash(key, 0)]! - 1; slot !== none; slot = this.#chain[slot]!) {
      const at = slot * keyWords;
      // The words that differ most come first.
      if (keys[at + 8] !== ports || keys[at + 3] !== source || keys[at + 7] !== destination) continue;
      if (
        keys[at] === key[0] &&
        keys[at + 1] === key[1] &&
        keys[at + 2] === key[2] &&
        keys[at + 4] === key[4] &&
        keys[at + 5] === key[5] &&
        keys[at + 6] === key[6]
      ) {
        return slot;
      }
    }
    return none;
  }

  /** A slot for a key that is not in the table; a full table gives up the flow that is {@link nextOut}. */
  insert(key: Int32Array, nowNs: number): number {
    if (this.size === this.capacity) this.remove(this.nextOut());
    let slot = this.#free;
    if (slot === none) slot = this.#unused++;
    else this.#free = this.#chain[slot]!;
    const at = slot * keyWords;
    for (let i = 0; i < keyWords; i++) this.keys[at + i] = key[i]!;
    const bucket = this.#hash(key, 0);
    this.#chain[slot] = this.#heads[bucket]! - 1;
    this.#heads[bucket] = slot + 1;
    this.#lastSeen[slot] = nowNs;
    this.#list[slot] = active;
    this.#linkNewest(slot);
    this.size++;
    return slot;
  }

  /** Marks the flow as the most recently used of its list. */
  touch(slot: number, nowNs: number): void {
    // Clocks of captures step back at times; a flow must not become idle by that.
    if (nowNs > this.#lastSeen[slot]!) this.#lastSeen[slot] = nowNs;
    if (slot === this.#newest[this.#list[slot]!]) return;
    this.#unlink(slot);
    this.#linkNewest(slot);
  }

  /** Like {@link touch}, but nearly free: it does nothing within 100 ms of the last time. */
  refresh(slot: number, nowNs: number): void {
    if (nowNs - this.#lastSeen[slot]! > refreshNs) this.touch(slot, nowNs);
  }

  /** Nothing more is expected of this flow: it is among the first to go when the table is full. */
  finish(slot: number): void {
    this.#unlink(slot);
    this.#list[slot] = finished;
    this.#linkNewest(slot);
  }

  remove(slot: number): void {
    this.#release(slot);
    const bucket = this.#hash(this.keys, slot * keyWords);
    if (this.#heads[bucket] === slot + 1) this.#heads[bucket] = this.#chain[slot]! + 1;
    else {
      let before = this.#heads[bucket]! - 1;
      while (this.#chain[before] !== slot) before = this.#chain[before]!;
      this.#chain[before] = this.#chain[slot]!;
    }
    this.#unlink(slot);
    this.#chain[slot] = this.#free;
    this.#free = slot;
    this.size--;
  }

  /** The flow that was not used for the longest time, or -1. */
  oldest(): number {
    const reading = this.#oldest[active]!;
    const done = this.#oldest[finished]!;
    if (reading === none) return done;
    if (done === none) return reading;
    return this.#lastSeen[done]! < this.#lastSeen[reading]! ? done : reading;
  }

  /** The flow that makes room in a full table: the oldest finished one, or else the oldest; -1 if empty. */
  nextOut(): number {
    const done = this.#oldest[finished]!;
    return done === none ? this.#oldest[active]! : done;
  }

  isFinished(slot: number): boolean {
    return this.#list[slot] === finished;
  }

  /** When the flow was last touched (ns). */
  lastSeen(slot: number): number {
    return this.#lastSeen[slot]!;
  }

  /** Of an IPv4 key only three words vary. */
  #hash(words: Int32Array, at: number): number {
    let hash = this.#seed;
    if (words[at + 2] !== 0xffff || words[at + 6] !== 0xffff) {
      for (let i = 0; i < 7; i++) {
        hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
        hash ^= hash >>> 15;
      }
    }
    hash = Math.imul(hash ^ words[at + 3]!, 0x9e3779b1);
    hash ^= hash >>> 15;
    hash = Math.imul(hash ^ words[at + 7]!, 0x9e3779b1);
    hash ^= hash >>> 15;
    hash = Math.imul(hash ^ words[at + 8]!, 0x9e3779b1);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }

  #linkNewest(slot: number): void {
    const list = this.#list[slot]!;
    const newest = this.#newest[list]!;
    this.#newer[slot] = none;
    this.#older[slot] = newest;
    if (newest === none) this.#oldest[list] = slot;
    else this.#newer[newest] = slot;
    this.#newest[list] = slot;
  }

  #unlink(slot: number): void {
    const list = this.#list[slot]!;
    const newer = this.#newer[slot]!;
    const older = this.#older[slot]!;
    if (newer === none) this.#newest[list] = older;
    else this.#older[newer] = older;
    if (older === none) this.#oldest[list] = newer;
    else this.#newer[older] = newer;
  }
}
