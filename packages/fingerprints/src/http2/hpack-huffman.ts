import type { ParseResult } from '../parse-result.ts';

/**
 * Symbols by the length of their codes, shortest first and in ascending order: the code is canonical, so
 * this is all of it. 256 is EOS. Source: RFC 7541 appendix B.
 */
export const huffmanLengths: readonly (readonly [bits: number, symbols: string | readonly number[]])[] = [
  [5, '012aceiost'],
  [6, ' %-./3456789=A_bdfghlmnpru'],
  [7, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, '&*,;XZ'],
  [10, '!"()?'],
  [11, "'+|"],
  [12, '#>'],
  [13, '\0$@[]~'],
  [14, '^}'],
  [15, '<`{'],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
      196, 198, 228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175,
      180, 182, 183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254]],
  [
    28,
    [
      2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127,
      220, 249,
    ],
  ],
  [30, [10, 13, 22, 256]],
];

const eos = 256;
const leaf = 0x8000;

/**
 * The code as a binary tree, two entries per node: `tree[2 * node + bit]` is the next node, or a symbol
 * with the `leaf` bit. The root is node 0. 257 symbols make 256 inner nodes.
 */
function buildTree(): Uint16Array {
  const tree = new Uint16Array(2 * 256);
  let nodes = 1;
  let code = 0;
  let codeBits = 0;
  for (const [bits, symbols] of huffmanLengths) {
    code *= 2 ** (bits - codeBits);
    codeBits = bits;
    for (const symbol of symbols) {
      let node = 0;
      for (let bit = bits - 1; bit > 0; bit--) {
        const branch = 2 * node + ((code >>> bit) & 1);
        if (tree[branch] === 0) tree[branch] = nodes++;
        node = tree[branch]!;
      }
      tree[2 * node + (code & 1)] = leaf | (typeof symbol === 'string' ? symbol.charCodeAt(0) : symbol);
      code++;
    }
  }
  return tree;
}

const tree = buildTree();

/** RFC 7541 section 5.2 names all three as errors. */
export type HuffmanFailure = 'huffman-eos' | 'huffman-padding-too-long' | 'huffman-padding-not-ones';

/**
 * Decodes the Huffman-coded string `bytes[start, end)` to a text with one character (U+0000 to U+00FF) per
 * byte. Work is linear, and the text at most 8/5 as long as the code.
 */
export function decodeHuffman(
  bytes: Uint8Array,
  start: number,
  end: number,
): ParseResult<string, HuffmanFailure> {
  let text = '';
  let node = 0;
  /** Bits since the last symbol. */
  let pending = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    for (let bit = 7; bit >= 0; bit--) {
      const next = tree[2 * node + ((byte >> bit) & 1)]!;
      pending++;
      if (next < leaf) {
        node = next;
        continue;
      }
      if (next === (leaf | eos)) return { ok: false, reason: 'huffman-eos', at };
      text += String.fromCharCode(next & 0xff);
      node = 0;
      pending = 0;
    }
  }
  if (pending > 7) return { ok: false, reason: 'huffman-padding-too-long', at: end };
  const padding = (1 << pending) - 1;
  if (pending > 0 && (bytes[end - 1]! & padding) !== padding) {
    return { ok: false, reason: 'huffman-padding-not-ones', at: end - 1 };
  }
  return { ok: true, value: text };
}
