import { huffmanLengths } from './hpack-huffman.ts';
import { staticTable } from './hpack-static-table.ts';

/** RFC 7541 section 5.1; `pattern` is what stands above the prefix in the first octet. */
export function integer(value: number, prefix: number, pattern = 0): number[] {
  const most = 2 ** prefix - 1;
  if (value < most) return [pattern | value];
  const octets = [pattern | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push(128 + (rest % 128));
  return [...octets, rest];
}

const codes = huffmanCodes();

/** Each symbol's code as a text of binary digits. */
function huffmanCodes(): Map<number, string> {
  const byCode = new Map<number, string>();
  let code = 0n;
  let width = 0;
  for (const [bits, symbols] of huffmanLengths) {
    code <<= BigInt(bits - width);
    width = bits;
    for (const symbol of symbols) {
      const number = typeof symbol === 'string' ? symbol.charCodeAt(0) : symbol;
      byCode.set(number, code.toString(2).padStart(bits, '0'));
      code++;
    }
  }
  return byCode;
}

/** Octets of a text, Huffman-coded and padded with ones. */
export function huffman(text: string): number[] {
  let bits = '';
  for (let i = 0; i < text.length; i++) bits += codes.get(text.charCodeAt(i)) ?? '';
  return bitsToOctets(bits);
}

/** Octets of binary digits, padded with ones. */
export function bitsToOctets(bits: string): number[] {
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return Array.from({ length: whole.length / 8 }, (_, i) =>
    Number.parseInt(whole.slice(8 * i, 8 * i + 8), 2),
  );
}

/** RFC 7541 section 5.2. */
export function string(text: string, isHuffman: boolean): number[] {
  const octets = isHuffman ? huffman(text) : [...text].map((character) => character.charCodeAt(0));
  return [...integer(octets.length, 7, isHuffman ? 0x80 : 0), ...octets];
}

/** How one field is written; an index is used wherever there is one, if `index` says so. */
export interface FieldToEncode {
  readonly name: string;
  readonly value: string;
  readonly form: 'remembered' | 'plain' | 'never-indexed';
  readonly index: boolean;
  readonly huffman: boolean;
}

/** A straightforward encoder, with a dynamic table of its own that is counted anew for each field. */
export class HpackEncoder {
  #limit: number;
  #table: { name: string; value: string }[] = [];

  constructor(limit = 4096) {
    this.#limit = limit;
  }

  setLimit(limit: number): number[] {
    this.#limit = limit;
    this.#evict();
    return integer(limit, 5, 0x20);
  }

  encode(field: FieldToEncode): number[] {
    const all = [...staticTable.map(([name, value]) => ({ name, value })), ...this.#table];
    const same = all.findIndex(({ name, value }) => name === field.name && value === field.value);
    if (field.index && same >= 0) return integer(same + 1, 7, 0x80);
    const named = field.index ? all.findIndex(({ name }) => name === field.name) + 1 : 0;
    const [prefix, pattern] = { remembered: [6, 0x40], plain: [4, 0], 'never-indexed': [4, 0x10] }[
      field.form
    ] as [number, number];
    if (field.form === 'remembered') {
      this.#table.unshift({ name: field.name, value: field.value });
      this.#evict();
    }
    return [
      ...integer(named, prefix, pattern),
      ...(named === 0 ? string(field.name, field.huffman) : []),
      ...string(field.value, field.huffman),
    ];
  }

  #evict(): void {
    const size = () => this.#table.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0);
    while (size() > this.#limit) this.#table.pop();
  }
}
