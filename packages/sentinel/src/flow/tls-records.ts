/**
 * TLS records (RFC 8446 section 5.1) around the first handshake message of a stream.
 *
 * A message may be spread over any number of records. Records without content are passed over, although
 * section 5.1 forbids them, and so are alerts in between (RFC 5246 section 6.2.1 allows those): servers in use
 * accept them, so a client could hide behind them. Any other type of record before the message is complete
 * makes a server give up (section 5.1 again), as does a handshake message before the ClientHello: then no
 * ClientHello follows. A record's minor version is ignored, as RFC 8446 demands.
 */

export const recordHeader = 5;
const handshakeHeader = 4;
const contentAlert = 21;
const contentHandshake = 22;
/** RFC 8446 allows 2^14 bytes in a plaintext record; old implementations a little more. */
const maxRecord = (1 << 14) + 2048;

export type RecordOutcome =
  /** A whole handshake message is there: {@link HandshakeReader.message}. */
  | 'complete'
  /** So far it looks right; more bytes are needed. */
  | 'incomplete'
  /** Its records cannot hold a ClientHello. */
  | 'hello_broken_record'
  /** The message is longer than the bound. */
  | 'hello_too_large';

/**
 * Walks over the records of a stream as its bytes come in. It remembers how far it is, so that a stream of
 * tiny records costs no more than its bytes.
 */
export class HandshakeReader {
  /** Offset of the first record that is not there in whole. */
  #at = 0;
  /** Handshake bytes in the records before it. */
  #collected = 0;
  /** The bytes of the message's header in those records. */
  #header = 0;
  #headerKnown = false;
  /** Handshake bytes up to the end of the message, its header included. */
  #wanted = handshakeHeader;
  /** Where the message begins, if one record holds it. */
  #whole = 0;

  /** Starts with another stream. */
  reset(): void {
    this.#at = 0;
    this.#collected = 0;
    this.#header = 0;
    this.#headerKnown = false;
    this.#wanted = handshakeHeader;
  }

  /**
   * Reads on in `buffer[start, end)`, which starts with the same bytes at each call.
   * @param maxMessage bound on the message's length
   */
  read(buffer: Uint8Array, start: number, end: number, maxMessage: number): RecordOutcome {
    for (;;) {
      const record = start + this.#at;
      if (record >= end) return 'incomplete';
      const type = buffer[record]!;
      if (type !== contentHandshake && (type !== contentAlert || this.#at === 0))
        return 'hello_broken_record';
      if (record + 1 < end && buffer[record + 1] !== 3) return 'hello_broken_record';
      if (record + recordHeader > end) return 'incomplete';
      const length = (buffer[record + 3]! << 8) | buffer[record + 4]!;
      if (length > maxRecord) return 'hello_broken_record';
      const content = record + recordHeader;
      if (type === contentHandshake) {
        const there = Math.min(length, end - content);
        if (!this.#headerKnown) this.#readHeader(buffer, content, content + there, there === length);
        if (this.#wanted > maxMessage) return 'hello_too_large';
        if (this.#headerKnown && this.#collected + there >= this.#wanted) {
          this.#whole = this.#collected === 0 ? content - start : 0;
          return 'complete';
        }
      }
      if (content + length > end) return 'incomplete';
      if (type === contentHandshake) this.#collected += length;
      this.#at += recordHeader + length;
    }
  }

  /** The message of a reading that is `complete`: a view into the buffer if one record holds it, or a copy. */
  message(buffer: Uint8Array, start: number): Uint8Array {
    if (this.#whole !== 0) {
      return buffer.subarray(start + this.#whole, start + this.#whole + this.#wanted);
    }
    const message = new Uint8Array(this.#wanted);
    let filled = 0;
    for (let record = start; filled < message.length; ) {
      const length = (buffer[record + 3]! << 8) | buffer[record + 4]!;
      const content = record + recordHeader;
      if (buffer[record] === contentHandshake) {
        const part = Math.min(length, message.length - filled);
        message.set(buffer.subarray(content, content + part), filled);
        filled += part;
      }
      record = content + length;
    }
    return message;
  }

  /** Takes what a record adds to the message's header; one that is not there in whole is read again later. */
  #readHeader(buffer: Uint8Array, content: number, end: number, isWhole: boolean): void {
    let bytes = this.#collected;
    let header = this.#header;
    for (let at = content; at < end && bytes < handshakeHeader; at++, bytes++) {
      header = (header << 8) | buffer[at]!;
    }
    if (bytes === handshakeHeader) {
      this.#headerKnown = true;
      this.#wanted = handshakeHeader + (header & 0xffffff);
    } else if (isWhole) this.#header = header;
  }
}
