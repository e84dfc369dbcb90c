/**
 * AES-128 (FIPS 197) of a single block, as header protection needs it (RFC 9001, 5.4.3): to set up a cipher
 * of a cryptographic library for 16 bytes costs five times more. Not for secrets: its time depends on the key,
 * which here anyone can derive from the packet.
 */

const sbox = new Uint8Array(256);
/** SubBytes and MixColumns of a byte in the first row; the other rows are rotations. */
const table = new Int32Array(256);

// FIPS 197, 5.1.1: the inverse in GF(2^8), then an affine map. 3 generates the field, 0xf6 is its inverse.
for (let p = 1, q = 1, i = 0; i < 255; i++) {
  const s = q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^ rotate8(q, 4) ^ 0x63;
  sbox[p] = s;
  p ^= double(p);
  q = timesInverseOf3(q);
}
sbox[0] = 0x63;
for (let i = 0; i < 256; i++) {
  const s = sbox[i]!;
  const s2 = double(s);
  table[i] = (s2 << 24) | (s << 16) | (s << 8) | (s2 ^ s);
}

function double(x: number): number {
  return ((x << 1) ^ (x & 0x80 ? 0x11b : 0)) & 0xff;
}

function rotate8(x: number, by: number): number {
  return ((x << by) | (x >> (8 - by))) & 0xff;
}

function timesInverseOf3(x: number): number {
  let product = 0;
  for (let factor = 0xf6, y = x; factor !== 0; factor >>= 1, y = double(y)) if (factor & 1) product ^= y;
  return product;
}

const roundKeys = new Int32Array(44);

/** Encrypts the 16 bytes at `input[inputAt]` with the key at `key[keyAt]`, into `output[0, 16)`. */
export function encryptBlock(
  key: Uint8Array,
  keyAt: number,
  input: Uint8Array,
  inputAt: number,
  output: Uint8Array,
): void {
  expandKey(key, keyAt);
  const k = roundKeys;
  let a = word(input, inputAt) ^ k[0]!;
  let b = word(input, inputAt + 4) ^ k[1]!;
  let c = word(input, inputAt + 8) ^ k[2]!;
  let d = word(input, inputAt + 12) ^ k[3]!;
  for (let i = 4; i < 40; i += 4) {
    const e = column(a, b, c, d) ^ k[i]!;
    const f = column(b, c, d, a) ^ k[i + 1]!;
    const g = column(c, d, a, b) ^ k[i + 2]!;
    d = column(d, a, b, c) ^ k[i + 3]!;
    a = e;
    b = f;
    c = g;
  }
  write(output, 0, lastColumn(a, b, c, d) ^ k[40]!);
  write(output, 4, lastColumn(b, c, d, a) ^ k[41]!);
  write(output, 8, lastColumn(c, d, a, b) ^ k[42]!);
  write(output, 12, lastColumn(d, a, b, c) ^ k[43]!);
}

/** FIPS 197, 5.2. */
function expandKey(key: Uint8Array, at: number): void {
  const k = roundKeys;
  for (let i = 0; i < 4; i++) k[i] = word(key, at + 4 * i);
  let constant = 1;
  for (let i = 4; i < 44; i += 4) {
    const t = k[i - 1]!;
    const substituted =
      (sbox[(t >>> 16) & 0xff]! << 24) |
      (sbox[(t >>> 8) & 0xff]! << 16) |
      (sbox[t & 0xff]! << 8) |
      sbox[t >>> 24]!;
    k[i] = k[i - 4]! ^ substituted ^ (constant << 24);
    k[i + 1] = k[i - 3]! ^ k[i]!;
    k[i + 2] = k[i - 2]! ^ k[i + 1]!;
    k[i + 3] = k[i - 1]! ^ k[i + 2]!;
    constant = double(constant);
  }
}

/** SubBytes, ShiftRows and MixColumns for one column. */
function column(a: number, b: number, c: number, d: number): number {
  const second = table[(b >>> 16) & 0xff]!;
  const third = table[(c >>> 8) & 0xff]!;
  const fourth = table[d & 0xff]!;
  return (
    table[a >>> 24]! ^
    ((second >>> 8) | (second << 24)) ^
    ((third >>> 16) | (third << 16)) ^
    ((fourth >>> 24) | (fourth << 8))
  );
}

/** The last round mixes no columns. */
function lastColumn(a: number, b: number, c: number, d: number): number {
  return (
    (sbox[a >>> 24]! << 24) |
    (sbox[(b >>> 16) & 0xff]! << 16) |
    (sbox[(c >>> 8) & 0xff]! << 8) |
    sbox[d & 0xff]!
  );
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function write(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
