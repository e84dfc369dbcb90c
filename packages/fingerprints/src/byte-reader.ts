/**
 * Reads big-endian TLS presentation-language values from a part of a byte array. Reading past the end
 * returns -1 or undefined and changes nothing, so each caller decides what a missing byte means.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** Offset of the next byte, counted from the start of `bytes`. */
  position: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** The next `width` bytes as an unsigned number (1 to 3 bytes), or -1 if there are not that many. */
  uint(width: 1 | 2 | 3): number {
    if (this.remaining < width) return -1;
    let value = 0;
    for (let i = 0; i < width; i++) value = (value << 8) | this.bytes[this.position++]!;
    return value;
  }

  skip(count: number): boolean {
    if (this.remaining < count) return false;
    this.position += count;
    return true;
  }

  /** A reader of the vector that starts here, moved past it: `opaque<..>` with a length of `width` bytes. */
  vector(width: 1 | 2 | 3): ByteReader | undefined {
    const start = this.position;
    const length = this.uint(width);
    if (length < 0 || length > this.remaining) {
      this.position = start;
      return undefined;
    }
    const inner = new ByteReader(this.bytes, this.position, this.position + length);
    this.position += length;
    return inner;
  }

  /** All remaining bytes as numbers of `width` bytes; an incomplete last one is left unread. */
  rest(width: 1 | 2): number[] {
    const values: number[] = [];
    while (this.remaining >= width) values.push(this.uint(width));
    return values;
  }

  /** All remaining bytes as a text with one character (U+0000 to U+00FF) per byte. */
  restAsBinaryText(): string {
    let text = '';
    while (this.position < this.end) text += String.fromCharCode(this.bytes[this.position++]!);
    return text;
  }
}
