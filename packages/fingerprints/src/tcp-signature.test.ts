import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hopDistance, initialTtl, tcpSignature } from './tcp-signature.ts';
import { readSynOptions } from './tcp-signature-options.ts';
import { readSynQuirks } from './tcp-signature-quirks.ts';

/** TCP options by their octets. */
const option = {
  mss: (value: number) => [2, 4, value >> 8, value & 0xff],
  sack: [4, 2],
  ts: [8, 10, 1, 2, 3, 4, 0, 0, 0, 0],
  nop: [1],
  ws: (shift: number) => [3, 3, shift],
  eol: [0],
};

const linux = (mss: number) => [
  ...option.mss(mss),
  ...option.sack,
  ...option.ts,
  ...option.nop,
  ...option.ws(7),
];
const windows = (mss: number) => [
  ...option.mss(mss),
  ...option.nop,
  ...option.ws(8),
  ...option.nop,
  ...option.nop,
  ...option.sack,
];
const macos = (mss: number) => [
  ...option.mss(mss),
  ...option.nop,
  ...option.ws(6),
  ...option.nop,
  ...option.nop,
  ...option.ts,
  ...option.sack,
  ...option.eol,
  0,
];

interface Syn {
  version?: 4 | 6;
  ttl?: number;
  window?: number;
  options?: readonly number[];
  /** Octets of the headers to change, as offset from the start of each. */
  ip?: Readonly<Record<number, number>>;
  tcp?: Readonly<Record<number, number>>;
  data?: boolean;
}

/** The signature of a packet with DF, an identification, a sequence number, and SYN alone. */
function signature({ version = 4, ttl = 64, window = 64_240, options = [], ip, tcp, data }: Syn): string {
  const header = version === 4 ? [0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, ttl, 6] : [0x60, 0, 0, 0, 0, 0, 6, ttl];
  const transport = version === 4 ? 20 : 40;
  const packet = new Uint8Array(transport + 20 + options.length);
  packet.set(header);
  packet.set([0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 0x02, window >> 8, window & 0xff], transport);
  packet.set(options, transport + 20);
  for (const [at, value] of Object.entries(ip ?? {})) packet[Number(at)] = value;
  for (const [at, value] of Object.entries(tcp ?? {})) packet[transport + Number(at)] = value;
  return tcpSignature({
    ipVersion: version,
    ttl,
    window,
    options: readSynOptions(packet, transport + 20),
    quirks: readSynQuirks(packet, 0, transport, data ?? false),
  });
}

const part = (syn: Syn, index: number) => signature(syn).split('|')[index];
const windowOf = (syn: Syn) => part(syn, 2);
const optionsOf = (options: readonly number[]) => part({ options }, 3);
const quirksOf = (syn: Syn) => part(syn, 4);

describe('the signature of a SYN', () => {
  it.each<[system: string, syn: Syn, expected: string]>([
    ['Linux', { options: linux(1460) }, '4|64|mss*max|mss,sack,ts,nop,ws=7|df,id'],
    ['Linux before 4.20', { options: linux(1460), window: 29_200 }, '4|64|mss*20|mss,sack,ts,nop,ws=7|df,id'],
    [
      'Linux over IPv6',
      { version: 6, options: linux(1440), window: 64_800, ip: { 3: 9 } },
      '6|64|mss*max|mss,sack,ts,nop,ws=7|flow',
    ],
    [
      'Windows',
      { ttl: 128, options: windows(1460), window: 65_535 },
      '4|128|65535|mss,nop,ws=8,nop,nop,sack|df,id',
    ],
    [
      'macOS',
      { options: macos(1460), window: 65_535, ip: { 4: 0, 5: 0 } },
      '4|64|65535|mss,nop,ws=6,nop,nop,ts,sack,eol+1|df',
    ],
    ['a scanner that sends bare headers', { ttl: 255, window: 1024, ip: { 6: 0 } }, '4|255|1024|-|-'],
  ])('of %s', (_, syn, expected) => expect(signature(syn)).toBe(expected));

  it('is the same over any path: hops, and an MSS that a router lowered', () => {
    const path = fc.record({
      hops: fc.integer({ min: 0, max: 31 }),
      mss: fc.integer({ min: 536, max: 1460 }),
    });
    const systems: Syn[] = [
      { options: linux(1460) },
      { options: linux(1460), window: 29_200 },
      { ttl: 128, options: windows(1460), window: 8192 },
      { options: macos(1460), window: 65_535 },
    ];
    fc.assert(
      fc.property(fc.constantFrom(...systems), path, (syn, { hops, mss }) => {
        // Some MSS divide the window by chance: 44 times 1460 are also 55 times 1168.
        fc.pre(mss === 1460 || (syn.window ?? 64_240) % mss !== 0);
        const options = [...option.mss(mss), ...(syn.options ?? []).slice(4)];
        expect(signature({ ...syn, options, ttl: (syn.ttl ?? 64) - hops })).toBe(signature(syn));
      }),
    );
  });

  it('of Linux is the same for any MTU of its own interface', () => {
    fc.assert(
      fc.property(fc.integer({ min: 536, max: 9216 }), (mss) => {
        const window = Math.floor(65_535 / mss) * mss;
        fc.pre(window !== 65_535);
        expect(signature({ options: linux(mss), window })).toBe(signature({ options: linux(1460) }));
      }),
    );
  });
});

describe('the initial TTL', () => {
  it.each([
    [0, 32],
    [32, 32],
    [33, 64],
    [64, 64],
    [65, 128],
    [128, 128],
    [129, 255],
    [255, 255],
  ])('of a packet that arrives with %i was %i', (ttl, initial) => {
    expect(initialTtl(ttl)).toBe(initial);
    expect(hopDistance(ttl)).toBe(initial - ttl);
  });
});

describe('the window', () => {
  it.each<[what: string, window: number, mss: number, expected: string]>([
    ['a number of segments', 5840, 1460, 'mss*4'],
    ['one segment', 1460, 1460, 'mss*1'],
    ['as many segments as fit', 64_240, 1460, 'mss*max'],
    ['one huge segment', 65_495, 65_495, 'mss*max'],
    ['a multiple of the MSS before a router lowered it', 29_200, 1412, 'mss*20'],
    ['a buffer', 60_000, 1460, '60000'],
    ['a power of two, whatever the MSS', 8192, 1024, '8192'],
    ['the largest there is, whatever the MSS', 65_535, 1285, '65535'],
    ['0', 0, 1460, '0'],
    ['a buffer, where the MSS is too small for a measure', 60_000, 50, '60000'],
    ['a buffer, where the MSS is 0', 60_000, 0, '60000'],
  ])('is %s', (_, window, mss, expected) => {
    expect(windowOf({ window, options: option.mss(mss) })).toBe(expected);
  });

  it('knows what an Ethernet MSS is over IPv6', () => {
    expect(windowOf({ version: 6, window: 28_800, options: option.mss(1420) })).toBe('mss*20');
    expect(windowOf({ version: 4, window: 28_800, options: option.mss(1420) })).toBe('28800');
  });

  it('is bytes where no MSS is offered', () => expect(windowOf({ window: 29_200 })).toBe('29200'));
});

describe('the options', () => {
  it.each<[what: string, options: readonly number[], expected: string]>([
    ['none', [], '-'],
    ['an MSS that a path may impose', option.mss(536), 'mss'],
    ['an MSS below any path', option.mss(535), 'mss=535'],
    ['an MSS above any path', option.mss(65_495), 'mss=65495'],
    ['shift counts', option.ws(14), 'ws=14'],
    ['EOL at the very end', [1, 1, 1, 0], 'nop,nop,nop,eol'],
    ['padding behind EOL', [0, 0, 0, 0], 'eol+3'],
    ['rarer kinds', [34, 2, 30, 4, 0, 0, 19, 2, 28, 4, 0, 0, 29, 4, 0, 0], 'tfo,mptcp,md5,uto,ao'],
    ['unknown kinds', [254, 4, 0xf9, 0x89, 5, 2], 'k254,k5'],
    ['kinds with the length of another', [2, 3, 5, 3, 4, 7, 0, 4, 3, 0], 'k2,k3,k4'],
    ['repeated kinds', [...option.mss(1460), ...option.mss(1460)], 'mss,mss'],
    ['those before a length that cannot be', [...option.sack, 8, 1, 1], 'sack'],
    ['those before a length past the header', [...option.sack, 8, 10, 1], 'sack'],
    ['those before a kind without length', [...option.sack, 8], 'sack'],
  ])('may be %s', (_, options, expected) => expect(optionsOf(options)).toBe(expected));
});

describe('quirks', () => {
  it.each<[name: string, what: string, syn: Syn]>([
    ['-', 'no DF, but an identification', { ip: { 6: 0 } }],
    ['df', 'DF and no identification', { ip: { 4: 0, 5: 0 } }],
    ['df,id', 'DF and an identification all the same', {}],
    ['id0', 'neither DF nor identification', { ip: { 4: 0, 5: 0, 6: 0 } }],
    ['df,id,mbz', 'the reserved flag of IPv4', { ip: { 6: 0xc0 } }],
    ['df,id,ipopt', 'IPv4 options', { ip: { 0: 0x46 } }],
    ['-', 'IPv6 without any', { version: 6 }],
    ['flow', 'an IPv6 flow label', { version: 6, ip: { 1: 1 } }],
    ['-', 'an IPv6 traffic class, which is no label', { version: 6, ip: { 1: 0xf0 } }],
    ['ipopt', 'IPv6 extension headers', { version: 6, ip: { 6: 0 } }],
    ['df,id,ecn', 'ECN asked for (RFC 3168)', { tcp: { 13: 0xc2 } }],
    ['df,id,ece', 'ECE alone', { tcp: { 13: 0x42 } }],
    ['df,id,cwr', 'CWR alone', { tcp: { 13: 0x82 } }],
    ['df,id,ecn,ae', 'accurate ECN asked for', { tcp: { 12: 0x51, 13: 0xc2 } }],
    ['df,id,rsv', 'a reserved bit of TCP', { tcp: { 12: 0x52 } }],
    ['df,id,seq0', 'sequence number 0', { tcp: { 4: 0, 5: 0, 6: 0, 7: 0 } }],
    ['df,id,ack', 'an acknowledgment number without ACK', { tcp: { 11: 1 } }],
    ['df,id,uptr', 'an urgent pointer without URG', { tcp: { 19: 1 } }],
    ['df,id,urg', 'URG, with or without a pointer', { tcp: { 13: 0x22, 19: 1 } }],
    ['df,id,psh', 'PSH', { tcp: { 13: 0x0a } }],
    ['df,id,rst,fin', 'RST and FIN', { tcp: { 13: 0x07 } }],
    ['df,id,data', 'data on the SYN', { data: true }],
    ['df,id,ts0', 'an own timestamp of 0', { options: [8, 10, 0, 0, 0, 0, 0, 0, 0, 0] }],
    ['df,id,tsr', 'an echoed timestamp', { options: [8, 10, 1, 0, 0, 0, 0, 0, 0, 1] }],
    ['df,id,trail', 'bytes behind EOL', { options: [1, 0, 0, 7] }],
    ['df,id,bad', 'an option of the wrong length', { options: [2, 3, 5, 1] }],
    ['df,id,bad', 'an option without end', { options: [1, 1, 1, 8] }],
  ])('are %s: %s', (names, _, syn) => expect(quirksOf(syn)).toBe(names));
});

const token = '(?:(?:mss|ws)(?:=\\d{1,5})?|sack|ts|nop|md5|uto|ao|mptcp|tfo|k\\d{1,3}|eol(?:\\+\\d{1,2})?)';
const quirk =
  '(?:df|id0?|mbz|ipopt|flow|ecn|ece|cwr|ae|rsv|seq0|ack|uptr|urg|psh|rst|fin|data|ts0|tsr|trail|bad)';
const wellFormed = new RegExp(
  `^[46]\\|(?:32|64|128|255)\\|(?:\\d{1,5}|mss\\*(?:max|\\d{1,3}))\\|(?:-|${token}(?:,${token})*)\\|(?:-|${quirk}(?:,${quirk})*)$`,
);

describe('any SYN', () => {
  it('has a well-formed signature of bounded length', () => {
    const syn = fc.record({
      version: fc.constantFrom<4 | 6>(4, 6),
      ttl: fc.integer({ min: 0, max: 255 }),
      window: fc.integer({ min: 0, max: 0xffff }),
      options: fc.oneof(
        fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }),
        fc.array(fc.constantFrom(0, 1, 2, 3, 4, 8, 10), { maxLength: 40 }),
      ),
      tcp: fc.dictionary(fc.constantFrom('4', '8', '12', '13', '18'), fc.integer({ min: 0, max: 255 })),
      data: fc.boolean(),
    });
    fc.assert(
      fc.property(syn, (facts) => {
        const text = signature(facts);
        expect(text).toMatch(wellFormed);
        expect(text.length).toBeLessThanOrEqual(260);
      }),
      { numRuns: 1000 },
    );
  });

  it('is longest with options of NOP alone', () => {
    const longest = signature({
      ttl: 255,
      options: new Array<number>(40).fill(1),
      ip: { 0: 0x46, 6: 0xc0 },
      tcp: { 4: 0, 5: 0, 6: 0, 7: 0, 8: 1, 12: 0x5f, 13: 0xff },
      data: true,
    });
    expect(longest).toMatch(wellFormed);
    expect(longest.length).toBeLessThanOrEqual(260);
  });
});
