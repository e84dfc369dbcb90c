import { isGrease } from './grease.ts';

/**
 * A list of 16-bit codes that grows when it must and is filled again and again, so that the input of a
 * fingerprint is not allocated for each hello. A hello's vectors bound it: 64 KiB each, 256 KiB in all.
 */
export class CodeList {
  codes = new Uint16Array(512);
  length = 0;

  clear(): this {
    this.length = 0;
    return this;
  }

  push(code: number): void {
    if (this.length === this.codes.length) this.#grow(1);
    this.codes[this.length++] = code;
  }

  /** Appends `list[from, to)`. */
  append(list: ArrayLike<number>, from: number, to: number): void {
    if (this.length + to - from > this.codes.length) this.#grow(to - from);
    const { codes } = this;
    let at = this.length;
    for (let i = from; i < to; i++) codes[at++] = list[i]!;
    this.length = at;
  }

  /** Appends the codes that are not GREASE (RFC 8701). */
  appendWithoutGrease(list: ArrayLike<number>): void {
    if (this.length + list.length > this.codes.length) this.#grow(list.length);
    const { codes } = this;
    let at = this.length;
    for (let i = 0; i < list.length; i++) {
      const code = list[i]!;
      // Half of the test first, without a call: it decides for all but one code in 256.
      if ((code & 0x0f0f) !== 0x0a0a || !isGrease(code)) codes[at++] = code;
    }
    this.length = at;
  }

  /** Appends how many codes follow, and then the codes that are not GREASE. */
  appendCounted(list: ArrayLike<number>): void {
    const countAt = this.length;
    this.push(0);
    this.appendWithoutGrease(list);
    this.codes[countAt] = this.length - countAt - 1;
  }

  /** Sorts everything from `start` on. Lists are short in nearly every hello: insertion is fastest there. */
  sortFrom(start: number): void {
    const { codes, length } = this;
    if (length - start > 48) {
      codes.subarray(start, length).sort();
      return;
    }
    for (let i = start + 1; i < length; i++) {
      const code = codes[i]!;
      let at = i;
      while (at > start && codes[at - 1]! > code) {
        codes[at] = codes[at - 1]!;
        at--;
      }
      codes[at] = code;
    }
  }

  #grow(more: number): void {
    const larger = new Uint16Array(Math.max(2 * this.codes.length, this.length + more));
    larger.set(this.codes);
    this.codes = larger;
  }
}
