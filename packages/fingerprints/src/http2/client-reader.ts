import type { ParseResult } from '../parse-result.ts';
import { ClientFrames, frameHeaderLength, type Http2FrameHeader, readFrameHeader } from './client-frames.ts';
import type { Http2Client, Http2Failure } from './http2-client.ts';

/** `PRI * HTTP/2.0`, an empty line, `SM`, an empty line. Source: RFC 9113 section 3.4. */
const preface = new TextEncoder().encode('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

type Http2Result = ParseResult<Http2Client, Http2Failure>;

/**
 * Reads the first bytes that an HTTP/2 client sends, all that have come so far, from `offset` on: 0 after a
 * TLS handshake or with prior knowledge; where an HTTP/1.1 request asked for `Upgrade: h2c`, the place
 * behind that request. It ends with the first request; what follows is not looked at, so that the result
 * does not depend on how much had come. To read portions as they come, use {@link Http2ClientReader}.
 */
export function readHttp2Client(bytes: Uint8Array, offset = 0): Http2Result {
  const result = new Http2ClientReader().push(bytes.subarray(offset));
  return result.ok ? result : { ...result, at: offset + result.at };
}

/**
 * The same incrementally: push what comes, in any portions, while the result is `truncated`. Holds at most
 * one frame and one header block, 16 KiB each; copies nothing of frames that come whole. Failures name the
 * place as an offset from the first byte pushed.
 */
export class Http2ClientReader {
  readonly #frames = new ClientFrames();
  /** The part of a frame that has come; as long as what is needed next. */
  #held = new Uint8Array(0);
  #heldLength = 0;
  #header: Http2FrameHeader | undefined;
  /** Bytes of the preface seen. */
  #prefaceLength = 0;
  /** Bytes of the preface and of whole frames and frame headers read. */
  #read = 0;
  #result: Http2Result | undefined;

  /** What the client has said so far; of use when the connection ends before a first request. */
  get client(): Http2Client {
    return this.#frames.client;
  }

  push(bytes: Uint8Array): Http2Result {
    let at = this.#readPreface(bytes);
    while (this.#result === undefined) {
      // A frame is two pieces: its header, and the payload whose length that names.
      const needed = this.#header === undefined ? frameHeaderLength : this.#header.length;
      if (this.#heldLength === 0 && bytes.length - at >= needed) {
        this.#piece(bytes, at, at + needed);
        at += needed;
        continue;
      }
      const taken = Math.min(needed - this.#heldLength, bytes.length - at);
      this.#hold(bytes.subarray(at, at + taken), needed);
      at += taken;
      if (this.#heldLength < needed) {
        return { ok: false, reason: 'truncated', at: this.#read + this.#heldLength };
      }
      this.#heldLength = 0;
      this.#piece(this.#held, 0, needed);
    }
    this.#held = new Uint8Array(0);
    return this.#result;
  }

  /** @returns where in `bytes` the first byte behind the preface is */
  #readPreface(bytes: Uint8Array): number {
    let at = 0;
    for (; this.#prefaceLength < preface.length && at < bytes.length; at++) {
      if (bytes[at] !== preface[this.#prefaceLength]) {
        this.#result ??= { ok: false, reason: 'not-http2', at: this.#prefaceLength };
        return at;
      }
      this.#prefaceLength++;
      this.#read++;
    }
    return at;
  }

  #hold(part: Uint8Array, needed: number): void {
    if (this.#held.length < needed) {
      const larger = new Uint8Array(needed);
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(part, this.#heldLength);
    this.#heldLength += part.length;
  }

  /** A whole frame header or payload. */
  #piece(bytes: Uint8Array, start: number, end: number): void {
    const header = this.#header;
    let outcome: Http2Failure | 'done' | undefined;
    if (header === undefined) {
      this.#header = readFrameHeader(bytes, start);
      outcome = this.#frames.header(this.#header);
    } else {
      this.#header = undefined;
      outcome = this.#frames.payload(header, bytes, start, end);
    }
    if (outcome === 'done') this.#result = { ok: true, value: this.#frames.client };
    else if (outcome !== undefined) this.#result = { ok: false, reason: outcome, at: this.#read };
    this.#read += end - start;
  }
}
