import { isGrease } from './grease.ts';

/**
 * A list of 16-bit codes that grows when it must and is filled again and again, so that the input of a
 * fingerprint is not allocated for each hello. A hello's vectors bound it: 64 KiB each, 256 KiB in all.
 */
export class CodeList {
  /** The codes in `[0, length)`; there is always room for one more. */
  codes = new Uint16Array(512);
  /** The same bytes, two codes a word, for those who compare whole lists. */
  words = new Int32Array(this.codes.buffer);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  push(code: number): void {
    this.#reserve(1);
    this.codes[this.length++] = code;
  }

  /** Appends how many codes follow, and then the codes that are not GREASE (RFC 8701). */
  appendCounted(list: readonly number[]): void {
    this.#reserve(1 + list.length);
    const { codes } = this;
    const countAt = this.length;
    let at = countAt + 1;
    for (let i = 0; i < list.length; i++) {
      const code = list[i]!;
      // Half of the test first, without a call: it decides for all but one code in 256.
      if ((code & 0x0f0f) !== 0x0a0a || !isGrease(code)) codes[at++] = code;
    }
    codes[countAt] = at - countAt - 1;
    this.length = at;
  }

  /** Becomes the first `length` codes of another list. */
  copy(other: CodeList, length: number): void {
    this.length = 0;
    this.#reserve(length);
    const from = other.codes;
    const { codes } = this;
    for (let i = 0; i < length; i++) codes[i] = from[i]!;
    this.length = length;
  }

  /** Sorts the codes in `[start, end)`. They are few in nearly every hello: insertion is fastest there. */
  sort(start: number, end: number): void {
    const { codes } = this;
    if (end - start > 48) {
      codes.subarray(start, end).sort();
      return;
    }
    for (let i = start + 1; i < end; i++) {
      const code = codes[i]!;
      let at = i;
      while (at > start && codes[at - 1]! > code) {
        codes[at] = codes[at - 1]!;
        at--;
      }
      codes[at] = code;
    }
  }

  #reserve(more: number): void {
    const needed = this.length + more + 1;
    if (needed <= this.codes.length) return;
    const larger = new Uint16Array(2 * needed);
    larger.set(this.codes);
    this.codes = larger;
    this.words = new Int32Array(larger.buffer);
  }
}
