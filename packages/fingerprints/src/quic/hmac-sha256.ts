import { compress, initialState } from './sha256.ts';

/** Bytes of a key and of a result that this HMAC is for. */
export const digestLength = 32;

const blockLength = 64;
/** A message and its padding must fit one block: a byte 0x80 and eight bytes of length follow it. */
export const maxMessage = blockLength - 9;

/**
 * HMAC-SHA-256 (RFC 2104) of messages of at most {@link maxMessage} bytes under a key of at most 64 bytes,
 * with the two key blocks taken in once.
 */
export class HmacKey {
  readonly #inner = new Int32Array(8);
  readonly #outer = new Int32Array(8);

  constructor(key?: Uint8Array) {
    if (key !== undefined) this.set(key);
  }

  set(key: Uint8Array): void {
    takeKey(this.#inner, key, 0x36);
    takeKey(this.#outer, key, 0x5c);
  }

  /** Writes the first `length` bytes of the HMAC of `message[from, to)` to `out[at]`. */
  sign(message: Uint8Array, from: number, to: number, out: Uint8Array, at: number, length: number): void {
    block.fill(0);
    for (let i = from; i < to; i++) block[i - from] = message[i]!;
    finish(this.#inner, to - from);
    for (let i = 0; i < 8; i++) {
      const word = state[i]!;
      block[4 * i] = word >>> 24;
      block[4 * i + 1] = word >>> 16;
      block[4 * i + 2] = word >>> 8;
      block[4 * i + 3] = word;
    }
    block.fill(0, digestLength);
    finish(this.#outer, digestLength);
    for (let i = 0; i < length; i++) out[at + i] = state[i >> 2]! >>> (24 - 8 * (i & 3));
  }
}

const block = new Uint8Array(blockLength);
const state = new Int32Array(8);

function takeKey(into: Int32Array, key: Uint8Array, pad: number): void {
  block.fill(pad);
  for (let i = 0; i < key.length; i++) block[i] = key[i]! ^ pad;
  into.set(initialState);
  compress(into, block, 0);
}

/** Pads the last block, which holds `length` bytes of message after the key's block, and takes it in. */
function finish(start: Int32Array, length: number): void {
  block[length] = 0x80;
  const bits = (blockLength + length) * 8;
  block[blockLength - 2] = bits >>> 8;
  block[blockLength - 1] = bits;
  state.set(start);
  compress(state, block, 0);
}
