import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HpackDecoder } from './hpack-decoder.ts';
import {
  bitsToOctets,
  type FieldToEncode,
  HpackEncoder,
  integer,
  string,
} from './hpack-encoder.test-support.ts';
import { HpackReader } from './hpack-reader.ts';

function decode(block: readonly number[] | string, decoder = new HpackDecoder()) {
  const octets = typeof block === 'string' ? fromHex(block) : Uint8Array.from(block);
  const fields: [string, string][] = [];
  const result = decoder.decode(octets, 0, octets.length, (name, value) => fields.push([name, value]));
  return { result, fields };
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}

/** The texts of RFC 7541 appendix C: `name: value` per line. */
function fieldsOf(text: string): [string, string][] {
  return text
    .trim()
    .split(/\n\s*/)
    .map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
}

describe('an integer (RFC 7541 appendix C.1)', () => {
  it.each([
    ['10 with a prefix of 5 bits', [0b1110_1010], 5, 10],
    ['1337 with a prefix of 5 bits', [0b0001_1111, 0x9a, 0x0a], 5, 1337],
    ['42 at an octet boundary', [0b0010_1010], 8, 42],
  ])('of %s is read', (_, octets, prefix, value) => {
    expect(new HpackReader(Uint8Array.from(octets), 0, octets.length).integer(prefix)).toBe(value);
  });

  it('of any size up to the limit comes back from its encoding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 2 ** 24 }), (prefix, value) => {
        const octets = Uint8Array.from(integer(value, prefix));
        const reader = new HpackReader(octets, 0, octets.length);
        expect(reader.integer(prefix)).toBe(value);
        expect(reader.at).toBe(octets.length);
      }),
    );
  });
});

describe('a field (RFC 7541 appendix C.2)', () => {
  it.each([
    [
      'a literal that is remembered',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      'custom-key: custom-header',
      55,
    ],
    ['a literal that is not remembered', '040c 2f73 616d 706c 652f 7061 7468', ':path: /sample/path', 0],
    [
      'a literal that nobody may remember',
      '1008 7061 7373 776f 7264 0673 6563 7265 74',
      'password: secret',
      0,
    ],
    ['an index', '82', ':method: GET', 0],
  ])('may be %s', (_, hex, field, tableSize) => {
    const decoder = new HpackDecoder();
    expect(decode(hex, decoder)).toEqual({ result: { ok: true, value: 1 }, fields: fieldsOf(field) });
    expect(decoder.tableSize).toBe(tableSize);
  });
});

/** Blocks of one connection: their octets, their fields, and the dynamic table after each. */
type Conversation = readonly { hex: string; fields: string; table: string; size: number }[];

const requestFields = [
  ':method: GET\n:scheme: http\n:path: /\n:authority: www.example.com',
  ':method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache',
  ':method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value',
];
const requestTables = [
  ':authority: www.example.com',
  'cache-control: no-cache\n:authority: www.example.com',
  'custom-key: custom-value\ncache-control: no-cache\n:authority: www.example.com',
];

function requests(...hex: string[]): Conversation {
  return hex.map((block, i) => ({
    hex: block,
    fields: requestFields[i]!,
    table: requestTables[i]!,
    size: [57, 110, 164][i]!,
  }));
}

const dates = ['Mon, 21 Oct 2013 20:13:21 GMT', 'Mon, 21 Oct 2013 20:13:22 GMT'];
const location = 'https://www.example.com';
const cookie = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const responseFields = [
  `:status: 302\ncache-control: private\ndate: ${dates[0]}\nlocation: ${location}`,
  `:status: 307\ncache-control: private\ndate: ${dates[0]}\nlocation: ${location}`,
  `:status: 200\ncache-control: private\ndate: ${dates[1]}\nlocation: ${location}\ncontent-encoding: gzip\nset-cookie: ${cookie}`,
];
const responseTables = [
  `location: ${location}\ndate: ${dates[0]}\ncache-control: private\n:status: 302`,
  `:status: 307\nlocation: ${location}\ndate: ${dates[0]}\ncache-control: private`,
  `set-cookie: ${cookie}\ncontent-encoding: gzip\ndate: ${dates[1]}`,
];

function responses(...hex: string[]): Conversation {
  return hex.map((block, i) => ({
    hex: block,
    fields: responseFields[i]!,
    table: responseTables[i]!,
    size: [222, 222, 215][i]!,
  }));
}

describe('header blocks of one connection (RFC 7541 appendix C)', () => {
  it.each<[name: string, limit: number, blocks: Conversation]>([
    [
      'C.3: requests without Huffman coding',
      4096,
      requests(
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ),
    ],
    [
      'C.4: requests with Huffman coding',
      4096,
      requests(
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ),
    ],
    [
      'C.5: responses without Huffman coding, with eviction',
      256,
      responses(
        '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '4803 3330 37c1 c0bf',
        '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
      ),
    ],
    [
      'C.6: responses with Huffman coding, with eviction',
      256,
      responses(
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
        '4883 640e ffc1 c0bf',
        '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      ),
    ],
  ])('%s', (_, limit, blocks) => {
    const decoder = new HpackDecoder(limit);
    for (const { hex, fields, table, size } of blocks) {
      expect(decode(hex, decoder).fields).toEqual(fieldsOf(fields));
      expect(decoder.entries).toEqual(fieldsOf(table));
      expect(decoder.tableSize).toBe(size);
    }
  });
});

describe('a header block is refused with', () => {
  it.each([
    ['truncated, where an index ends early', [0xff], 'truncated', 1],
    ['truncated, where a value is missing', [0x44], 'truncated', 1],
    ['truncated, where a string ends early', [0x44, 5, 0x2f], 'truncated', 3],
    [
      'integer-too-large, for an index of 2^28',
      [0xff, ...integer(2 ** 28, 7, 0x80).slice(1)],
      'integer-too-large',
      5,
    ],
    ['integer-too-large, for needless octets', [0xff, 0x80, 0x80, 0x80, 0x80, 0x00], 'integer-too-large', 5],
    ['index-zero', [0x82, 0x80], 'index-zero', 1],
    ['index-out-of-range, past both tables', [0x82, 0xbe], 'index-out-of-range', 1],
    ['index-out-of-range, for the name of a literal', [0x7e, 1, 0x61], 'index-out-of-range', 0],
    ['table-size-too-large', integer(4097, 5, 0x20), 'table-size-too-large', 0],
    ['table-size-late, behind a field', [0x82, 0x20], 'table-size-late', 1],
    ['huffman-eos', [0x44, 0x84, 0xff, 0xff, 0xff, 0xff], 'huffman-eos', 5],
    [
      'huffman-padding-too-long',
      [0x44, 0x82, ...bitsToOctets('00000111'), 0xff],
      'huffman-padding-too-long',
      4,
    ],
    ['huffman-padding-not-ones', [0x44, 0x81, 0b0000_0110], 'huffman-padding-not-ones', 2],
  ])('%s', (_, octets, reason, at) => {
    expect(decode(octets).result).toEqual({ ok: false, reason, at });
  });

  it('its fields before the error', () => {
    expect(decode([0x82, 0x87, 0x80]).fields).toEqual(fieldsOf(':method: GET\n:scheme: https'));
  });
});

describe('an update of the table size', () => {
  it('to 0 and back forgets everything (RFC 7541 section 4.2)', () => {
    const decoder = new HpackDecoder();
    decode('400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', decoder);
    expect(decode([0x20, ...integer(4096, 5, 0x20), 0x82], decoder).result.ok).toBe(true);
    expect(decoder.entries).toEqual([]);
  });

  it('may not exceed what the decoder announced, however much that is', () => {
    expect(decode(integer(65_536, 5, 0x20), new HpackDecoder(65_536)).result.ok).toBe(true);
    expect(decode(integer(65_537, 5, 0x20), new HpackDecoder(65_536)).result.ok).toBe(false);
  });

  it('keeps the newest entries that still fit', () => {
    const decoder = new HpackDecoder();
    const named = (name: string) => [0x40, ...string(name, false), ...string('', false)];
    decode([...named('first'), ...named('other')], decoder);
    decode(integer(40, 5, 0x20), decoder);
    expect(decoder.entries).toEqual([['other', '']]);
  });
});

describe('an entry larger than the table', () => {
  it('empties it, and is no error (RFC 7541 section 4.4)', () => {
    const decoder = new HpackDecoder(64);
    const encoder = new HpackEncoder(64);
    const field = { form: 'remembered', index: false, huffman: false } as const;
    decode(encoder.encode({ ...field, name: 'small', value: '1' }), decoder);
    expect(decoder.entries).toHaveLength(1);
    const { fields } = decode(encoder.encode({ ...field, name: 'large', value: 'x'.repeat(60) }), decoder);
    expect(fields).toEqual([['large', 'x'.repeat(60)]]);
    expect(decoder.entries).toEqual([]);
  });
});

const octetText = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 })
  .map((octets) => String.fromCharCode(...octets));
const field: fc.Arbitrary<FieldToEncode> = fc.record({
  name: fc.oneof(octetText, fc.constantFrom(':method', ':path', 'user-agent', 'cookie', 'x-own')),
  value: fc.oneof(octetText, fc.constantFrom('GET', '/', '')),
  form: fc.constantFrom('remembered', 'plain', 'never-indexed'),
  index: fc.boolean(),
  huffman: fc.boolean(),
});

describe('any fields', () => {
  it('come back from their encoding, over several blocks and table sizes', () => {
    const blocks = fc.array(
      fc.record({
        limit: fc.option(fc.integer({ min: 0, max: 300 })),
        fields: fc.array(field, { maxLength: 12 }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(blocks, (connection) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder();
        for (const { limit, fields } of connection) {
          const octets = [
            ...(limit === null ? [] : encoder.setLimit(limit)),
            ...fields.flatMap((f) => encoder.encode(f)),
          ];
          const decoded = decode(octets, decoder);
          expect(decoded.result).toEqual({ ok: true, value: fields.length });
          expect(decoded.fields).toEqual(fields.map(({ name, value }) => [name, value]));
          expect(decoder.tableSize).toBeLessThanOrEqual(4096);
        }
      }),
    );
  });
});

describe('any octets', () => {
  it('never throw, and the table never outgrows its limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }),
        fc.integer({ min: 0, max: 200 }),
        (blocks, limit) => {
          const decoder = new HpackDecoder(limit);
          for (const block of blocks) {
            let fields = 0;
            const result = decoder.decode(block, 0, block.length, () => fields++);
            expect(decoder.tableSize).toBeLessThanOrEqual(limit);
            expect(fields).toBeLessThanOrEqual(block.length);
            if (!result.ok) expect(result.at).toBeLessThanOrEqual(block.length);
          }
        },
      ),
    );
  });
});
