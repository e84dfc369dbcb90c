import { readVarint, varintLength } from './varint.ts';

/**
 * - `crypto`: the fields of the reader say where its data lies;
 * - `end`: no frame is left; - `truncated`: a frame reaches past the payload;
 * - `unexpected`: of a type that Initial packets must not hold (RFC 9000, 12.4).
 */
export type InitialFrame = 'crypto' | 'end' | 'truncated' | 'unexpected';

/**
 * Walks the frames of a decrypted Initial packet and stops at each CRYPTO frame. PADDING, PING, ACK and
 * CONNECTION_CLOSE are passed over. Source: RFC 9000, 19.
 */
export class InitialFrames {
  bytes: Uint8Array = new Uint8Array(0);
  /** Place of the data in the stream of handshake bytes; rounded above 2^53. */
  offset = 0;
  /** The data is `bytes[start, end)`. */
  start = 0;
  end = 0;
  #at = 0;
  #cryptoFrame = 0x06;

  /** @param cryptoFrame that of the version */
  reset(payload: Uint8Array, cryptoFrame = 0x06): void {
    this.bytes = payload;
    this.#at = 0;
    this.#cryptoFrame = cryptoFrame;
  }

  next(): InitialFrame {
    const { bytes } = this;
    while (this.#at < bytes.length) {
      const type = bytes[this.#at++]!;
      switch (type) {
        case 0x00:
          this.#skipPadding();
          break;
        case 0x01: // PING
          break;
        case 0x02:
        case 0x03:
          if (!this.#skipAck(type === 0x03)) return 'truncated';
          break;
        case 0x1c:
          if (!this.#skipClose()) return 'truncated';
          break;
        default:
          return type === this.#cryptoFrame ? this.#crypto() : 'unexpected';
      }
    }
    return 'end';
  }

  /** Often a thousand frames of one byte each. */
  #skipPadding(): void {
    const { bytes } = this;
    let at = this.#at;
    while (at < bytes.length && bytes[at] === 0) at++;
    this.#at = at;
  }

  /** RFC 9000, 19.6: offset, length, data. */
  #crypto(): InitialFrame {
    const offset = this.#varint();
    const length = this.#varint();
    const start = this.#at;
    if (offset < 0 || length < 0 || start + length > this.bytes.length) return 'truncated';
    this.offset = offset;
    this.start = start;
    this.end = this.#at = start + length;
    return 'crypto';
  }

  /** RFC 9000, 19.3: largest, delay, count of ranges, first range, (gap, range) each, then three ECN counts. */
  #skipAck(withEcn: boolean): boolean {
    this.#varint();
    this.#varint();
    const ranges = this.#varint();
    if (ranges < 0) return false;
    const more = 1 + 2 * ranges + (withEcn ? 3 : 0);
    // Each takes a byte at least, so a wild count ends at the end of the payload.
    for (let i = 0; i < more; i++) if (this.#varint() < 0) return false;
    return true;
  }

  /** RFC 9000, 19.19: error code, frame type, length of the reason, reason. */
  #skipClose(): boolean {
    this.#varint();
    this.#varint();
    const length = this.#varint();
    if (length < 0 || this.#at + length > this.bytes.length) return false;
    this.#at += length;
    return true;
  }

  /** -1 at the end of the payload, and from then on. */
  #varint(): number {
    const value = readVarint(this.bytes, this.#at, this.bytes.length);
    if (value < 0) this.#at = this.bytes.length;
    else this.#at += varintLength(this.bytes, this.#at);
    return value;
  }
}
