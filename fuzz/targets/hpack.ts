import { HpackDecoder } from '../../packages/fingerprints/src/http2/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { InputReader } from '../input-reader.ts';

const blocks = (...all: number[][]) =>
  Uint8Array.from([0x10, 0, ...all.flatMap((block) => [block.length, ...block])]);

/** Header blocks of one connection: table size, then length and bytes of each. */
export const target: FuzzTarget = {
  longest: 2048,
  seeds: () => [
    // RFC 7541, C.3 and C.4.
    blocks(
      [0x82, 0x86, 0x84, 0x41, 15, ...Buffer.from('www.example.com')],
      [0x82, 0x86, 0x84, 0xbe, 0x58, 8, ...Buffer.from('no-cache')],
    ),
    blocks([
      0x82, 0x86, 0x84, 0x41, 0x8c, 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff,
    ]),
    blocks([0x3f, 0xe1, 0x1f, 0x40, 1, 97, 1, 98], [0x20, 0x10, 1, 97, 1, 98], [0x62, 1, 99]),
  ],
  run(input) {
    const reader = new InputReader(input);
    const size = reader.uint16();
    const decoder = new HpackDecoder(size);
    let octets = 0;
    while (!reader.done) {
      const block = reader.take(reader.byte());
      octets += block.length;
      let handed = 0;
      let text = 0;
      const result = decoder.decode(block, 0, block.length, (name, value) => {
        handed++;
        text += name.length + value.length;
      });
      if (decoder.tableSize > size)
        throw new Error(`a table of ${decoder.tableSize} where ${size} is the limit`);
      const { entries } = decoder;
      const counted = entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
      if (counted !== decoder.tableSize) throw new Error('the table size is not that of its entries');
      // A field takes an octet at least; what it may repeat is in the tables.
      if (handed > block.length) throw new Error('more fields than octets');
      if (text > (size + octets * 2 + 64) * (handed + 1)) throw new Error('an unbounded text');
      if (!result.ok) return;
      if (result.value !== handed) throw new Error('fields counted otherwise');
    }
  },
};
