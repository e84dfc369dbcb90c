import type { CodeList } from './code-list.ts';

/**
 * Remembers what was derived from lists of 16-bit codes. Clients repeat their lists on every connection, so
 * that texts and digests need not be made again; what is returned is the same with and without it.
 *
 * A fixed table with one place per hash value: a list either lies in its place or is derived. Hostile lists
 * can neither fill it up nor make it slow. They cost a hash and a comparison that ends at the first
 * difference, and something is only stored when the same list comes twice in a row to its place. Lists of
 * more than `maxCodes` are derived every time, which bounds the bytes as well:
 * `places * (2 * maxCodes + what derive makes of them)`.
 */
export class CodeListMemo<T> {
  readonly #derive: (list: CodeList) => T;
  readonly #places: number;
  readonly #maxCodes: number;
  /** Place p holds its list in `[p * maxCodes, p * maxCodes + lengths[p])`. */
  readonly #codes: Uint16Array;
  readonly #lengths: Uint16Array;
  readonly #values: (T | undefined)[];
  /** Hash of the list that was last derived for a place and not stored. */
  readonly #candidates: Int32Array;

  /**
   * @param derive must depend on nothing but the list
   * @param places a power of two
   */
  constructor(derive: (list: CodeList) => T, places: number, maxCodes: number) {
    this.#derive = derive;
    this.#places = places;
    this.#maxCodes = maxCodes;
    this.#codes = new Uint16Array(places * maxCodes);
    this.#lengths = new Uint16Array(places);
    this.#values = new Array<T | undefined>(places).fill(undefined);
    this.#candidates = new Int32Array(places);
  }

  get(list: CodeList): T {
    const { codes, length } = list;
    if (length > this.#maxCodes) return this.#derive(list);
    let hash = length;
    for (let i = 0; i < length; i++) {
      hash = Math.imul(hash ^ codes[i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const place = hash & (this.#places - 1);
    const stored = this.#values[place];
    if (stored !== undefined && this.#holds(place, codes, length)) return stored;

    const value = this.#derive(list);
    if (this.#candidates[place] === hash) {
      this.#codes.set(codes.subarray(0, length), place * this.#maxCodes);
      this.#lengths[place] = length;
      this.#values[place] = value;
    } else this.#candidates[place] = hash;
    return value;
  }

  /** Lists held now. */
  get size(): number {
    return this.#values.reduce((count, value) => count + (value === undefined ? 0 : 1), 0);
  }

  #holds(place: number, codes: Uint16Array, length: number): boolean {
    if (this.#lengths[place] !== length) return false;
    const held = this.#codes;
    const start = place * this.#maxCodes;
    for (let i = 0; i < length; i++) if (held[start + i] !== codes[i]) return false;
    return true;
  }
}
