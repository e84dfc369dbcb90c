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
  readonly #maxWords: number;
  /** Place p holds its list, two codes a word, from `p * maxWords` on. */
  readonly #words: Int32Array;
  /** Lengths in codes. */
  readonly #lengths: Uint16Array;
  readonly #values: (T | undefined)[];
  /** Hash of the list that was last derived for a place and not stored. */
  readonly #candidates: Int32Array;

  /**
   * @param derive must depend on nothing but the list
   * @param places a power of two
   * @param maxCodes an even number
   */
  constructor(derive: (list: CodeList) => T, places: number, maxCodes: number) {
    this.#derive = derive;
    this.#places = places;
    this.#maxWords = maxCodes / 2;
    this.#words = new Int32Array(places * this.#maxWords);
    this.#lengths = new Uint16Array(places);
    this.#values = new Array<T | undefined>(places).fill(undefined);
    this.#candidates = new Int32Array(places);
  }

  get(list: CodeList): T {
    const { codes, words, length } = list;
    const wordCount = (length + 1) >> 1;
    if (wordCount > this.#maxWords) return this.#derive(list);
    codes[length] = 0;
    let hash = length;
    for (let i = 0; i < wordCount; i++) {
      hash = Math.imul(hash ^ words[i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const place = hash & (this.#places - 1);
    const start = place * this.#maxWords;
    const stored = this.#values[place];
    if (stored !== undefined && this.#lengths[place] === length) {
      const held = this.#words;
      let same = 0;
      while (same < wordCount && held[start + same] === words[same]) same++;
      if (same === wordCount) return stored;
    }
    // Copied before deriving, which may fill the same list again.
    const isRepeated = this.#candidates[place] === hash;
    this.#candidates[place] = hash;
    if (isRepeated) {
      this.#words.set(words.subarray(0, wordCount), start);
      this.#lengths[place] = length;
      this.#values[place] = undefined;
    }
    const value = this.#derive(list);
    if (isRepeated) this.#values[place] = value;
    return value;
  }

  /** Lists held now. */
  get size(): number {
    return this.#values.reduce((count, value) => count + (value === undefined ? 0 : 1), 0);
  }
}
