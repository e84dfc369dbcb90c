import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { NetworkEvent } from '../network-event.ts';
import { frame, handshakeRecords, ipPacket, linuxSynOptions, pcapFile } from '../synthetic/index.ts';
import { PcapngWriter } from './pcapng-file.test-support.ts';
import { readCaptureFile } from './read-capture-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'ja4-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(bytes: Uint8Array) {
  const path = join(folder, 'capture');
  writeFileSync(path, bytes);
  const progress: [number, number][] = [];
  const onProgress = (done: number, total: number) => progress.push([done, total]);
  const reading = readCaptureFile(path, { onProgress });
  const events: NetworkEvent[] = [];
  for await (const event of reading.events) events.push(event);
  const { statistics, problems } = reading;
  return { events, statistics, progress, problems: problems.map((text) => text.replace(`${path}: `, '')) };
}

/** SYN and hello of one connection as IP packets. */
function connection(port: number, name = `host-${port}.example`) {
  const ends = { src: '198.18.16.7', srcPort: port, dst: '198.18.0.10', dstPort: 443 };
  const hello = encodeClientHello({ cipherSuites: [0x1301], extensions: [encodeExtension.serverName(name)] });
  const payload = handshakeRecords(hello);
  return [
    ipPacket({ ...ends, sequence: 1000, flags: 0x02, options: linuxSynOptions }),
    ipPacket({ ...ends, sequence: 1001, flags: 0x18, payload }),
  ] as const;
}

const second = 1_700_000_000;
const [syn, hello] = connection(40_001);
const frames = [
  { timestampNs: second * 1e9, bytes: frame(1, syn) },
  { timestampNs: second * 1e9 + 250_000, bytes: frame(1, hello) },
];
const plain = pcapFile(frames);
const expected = {
  src_port: 40_001,
  tls_sni: 'host-40001.example',
  has_syn: true,
  syn_to_clienthello_ms: 0.25,
};

describe('a pcap file', () => {
  it.each([
    { littleEndian: true, nanoseconds: false },
    { littleEndian: false, nanoseconds: false },
    { littleEndian: true, nanoseconds: true },
    { littleEndian: false, nanoseconds: true },
  ])('is read: %o', async (options) => {
    const { events, problems } = await read(pcapFile(frames, options));
    expect(events).toMatchObject([{ ...expected, timestamp: second * 1e9 + 250_000, sensor_id: 'file' }]);
    expect(problems).toEqual([]);
  });

  it.each([0, 12, 14, 101, 108, 113, 228, 276])('of link type %i is read', async (linkType) => {
    const records = [syn, hello].map((ip, i) => ({ timestampNs: i * 250_000, bytes: frame(linkType, ip) }));
    expect((await read(pcapFile(records, { linkType }))).events).toMatchObject([expected]);
  });

  it('may be gzipped, in several members too', async () => {
    expect((await read(gzipSync(plain))).events).toMatchObject([expected]);
    const members = Buffer.concat([gzipSync(plain.subarray(0, 30)), gzipSync(plain.subarray(30))]);
    expect(await read(members)).toMatchObject({ events: [expected], problems: [] });
    // Flags for extra field, name, comment and header checksum (RFC 1952 section 2.3).
    const packed = gzipSync(plain);
    const extras = Buffer.from('\x03\x00abcname\0comment\0\x12\x34', 'latin1');
    const full = Buffer.concat([
      packed.subarray(0, 3),
      Buffer.of(0x1e),
      packed.subarray(4, 10),
      extras,
      packed.subarray(10),
    ]);
    expect(await read(full)).toMatchObject({ events: [expected], problems: [] });
  });

  it('longer than the window is read piece by piece, and says how far it is', async () => {
    const filler = { timestampNs: 0, bytes: new Uint8Array(60_000) };
    const records = [frames[0]!, ...new Array<typeof filler>(400).fill(filler), frames[1]!];
    const { events, statistics, progress } = await read(pcapFile(records));
    expect(events).toHaveLength(1);
    expect(statistics.packets).toBe(402);
    expect(progress.length).toBeGreaterThan(2);
    const [done, total] = progress.at(-1)!;
    expect(done).toBe(total);
  });
});

describe('a pcapng file', () => {
  const little = new PcapngWriter();
  const time = BigInt(second) * 1_000_000n;
  const packets = (writer: PcapngWriter, interfaceId = 0, unitsPerSecond = 1_000_000n) => [
    writer.enhanced(interfaceId, BigInt(second) * unitsPerSecond, frames[0]!.bytes),
    writer.enhanced(interfaceId, BigInt(second) * unitsPerSecond + unitsPerSecond / 4000n, frames[1]!.bytes),
  ];
  const whole = (...blocks: Uint8Array[]) => Buffer.concat(blocks);

  it.each([true, false])('is read in either byte order (little-endian: %s), gzipped too', async (order) => {
    const writer = new PcapngWriter(order);
    const file = whole(writer.section(), writer.interface(1), ...packets(writer));
    const timestamp = second * 1e9 + 250_000;
    expect(await read(file)).toMatchObject({ events: [{ ...expected, timestamp }], problems: [] });
    expect((await read(gzipSync(file))).events).toMatchObject([{ ...expected, timestamp }]);
  });

  it('may have sections of different byte order, each with its own interfaces', async () => {
    const big = new PcapngWriter(false);
    const [syn2, hello2] = connection(40_002);
    const file = whole(
      little.section(),
      little.interface(1),
      ...packets(little),
      big.section(),
      big.interface(101),
      big.enhanced(0, time, syn2),
      big.enhanced(0, time + 100n, hello2),
    );
    const { events } = await read(file);
    expect(events).toMatchObject([expected, { src_port: 40_002, syn_to_clienthello_ms: 0.1 }]);
  });

  it.each([
    ['nanoseconds', [9], 1_000_000_000n, 250_000],
    ['milliseconds', [3], 1_000n, 0],
    ['2^-20 s', [0x80 | 20], 1n << 20n, 262e9 / 2 ** 20],
  ])('is dated in the resolution of the interface: %s', async (_, value, unitsPerSecond, offsetNs) => {
    const file = whole(
      little.section(),
      little.interface(147),
      little.interface(1, [{ code: 9, value }]),
      ...packets(little, 1, unitsPerSecond),
    );
    const [event] = (await read(file)).events;
    // Doubles of this size are 256 ns apart.
    expect(Math.abs(event!.timestamp - second * 1e9 - offsetNs)).toBeLessThanOrEqual(256);
  });

  it('may shift its clock by whole seconds', async () => {
    const offset = { code: 14, value: [...little.uint32(-3600 >>> 0), ...little.uint32(0xffff_ffff)] };
    const file = whole(little.section(), little.interface(1, [offset]), ...packets(little));
    expect((await read(file)).events).toMatchObject([{ timestamp: (second - 3600) * 1e9 + 250_000 }]);
  });

  it('may use simple and obsolete packet blocks; simple ones carry no time of their own', async () => {
    const file = whole(
      little.section(),
      little.interface(1),
      little.packet(0, time, frames[0]!.bytes),
      little.simple(frames[1]!.bytes),
    );
    expect((await read(file)).events).toMatchObject([{ ...expected, syn_to_clienthello_ms: 0 }]);
  });

  it('may hold blocks that nobody knows, and packets of interfaces that were never described', async () => {
    const file = whole(
      little.section(),
      little.interface(1),
      little.block(0x0bad, [1, 2, 3]),
      little.enhanced(7, time, frames[0]!.bytes),
      ...packets(little),
    );
    const { events, statistics } = await read(file);
    expect(events).toMatchObject([expected]);
    expect(statistics.blocks_skipped).toBe(2);
  });

  it('may hold a block longer than the window, which is passed over', async () => {
    const huge = new Uint8Array(9 * 1024 * 1024);
    huge.set(little.uint32(0x0bad));
    huge.set(little.uint32(huge.length), 4);
    const file = whole(little.section(), little.interface(1), huge, ...packets(little));
    expect(await read(file)).toMatchObject({ events: [expected], statistics: { blocks_skipped: 1 } });
  });

  it('that ends inside such a block is cut off', async () => {
    const start = [...little.uint32(0x0bad), ...little.uint32(9 * 1024 * 1024), 1, 2, 3, 4];
    const file = whole(little.section(), little.interface(1), ...packets(little), Uint8Array.from(start));
    const { events, problems, statistics } = await read(file);
    expect(events).toMatchObject([expected]);
    expect(problems).toEqual(['ends in the middle of a record (9437172 bytes missing)']);
    expect(statistics.files_truncated).toBe(1);
  });
});

describe('a reading', () => {
  it('gives its events in batches as well, and says nothing where there are none', async () => {
    const path = join(folder, 'capture');
    const filler = { timestampNs: 0, bytes: new Uint8Array(60_000) };
    const late = connection(40_002).map((ip) => ({ timestampNs: 1, bytes: frame(1, ip) }));
    writeFileSync(path, pcapFile([...frames, ...new Array<typeof filler>(100).fill(filler), ...late]));
    const batches: (readonly NetworkEvent[])[] = [];
    for await (const batch of readCaptureFile(path).batches) batches.push(batch);
    expect(batches).toMatchObject([[expected], [{ src_port: 40_002 }]]);
  });

  it('of a named pipe goes on while bytes come', async () => {
    const path = join(folder, 'pipe');
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    const found: NetworkEvent[] = [];
    const reading = (async () => {
      for await (const event of readCaptureFile(path).events) found.push(event);
    })();
    const writer = await open(path, 'w');
    await writer.write(plain);
    await vi.waitFor(() => expect(found).toHaveLength(1));
    await writer.close();
    await reading;
    expect(found).toMatchObject([expected]);
  });

  const program = [
    'const { readCaptureFile } = await import(process.argv[1]);',
    "const reading = readCaptureFile('-');",
    'for await (const { tls_sni } of reading.events) console.log(tls_sni);',
    'for (const problem of reading.problems) console.log(problem);',
  ].join('\n');
  const module = join(import.meta.dirname, 'read-capture-file.ts');
  const command = [process.execPath, '--input-type=module', '-e', program, module];
  const lines = (result: { stdout: string }) => result.stdout.trim().split('\n');

  it.each([
    ['plain', plain],
    ['gzipped', gzipSync(plain)],
  ])('of standard input takes a pipe and a redirected file: %s', (_, bytes) => {
    const [node, ...args] = command as [string, ...string[]];
    const piped = spawnSync(node, args, { input: bytes, encoding: 'utf8' });
    expect(lines(piped)).toEqual([expected.tls_sni]);
    const path = join(folder, 'redirected');
    writeFileSync(path, bytes);
    const file = openSync(path, 'r');
    const redirected = spawnSync(node, args, { stdio: [file, 'pipe', 'pipe'], encoding: 'utf8' });
    closeSync(file);
    expect(lines(redirected)).toEqual([expected.tls_sni]);
  });

  it('of standard input calls it so', () => {
    const [node, ...args] = command as [string, ...string[]];
    const input = plain.subarray(0, plain.length - 3);
    const [problem] = lines(spawnSync(node, args, { input, encoding: 'utf8' }));
    expect(problem).toMatch(/^standard input: ends in the middle of a record/);
  });
});

describe('a file that is not what it should be', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'the file is empty', 'files_foreign'],
    ['text', Buffer.from('hello, world'), 'not a pcap or pcapng file, but text', 'files_foreign'],
    ['gzipped text', gzipSync('hello'), 'not a pcap or pcapng file, but text', 'files_foreign'],
    [
      'bytes of no known kind',
      Uint8Array.of(1, 2, 3, 4),
      'not a pcap or pcapng file (it starts with 01020304)',
      'files_foreign',
    ],
    [
      'a snoop capture',
      Buffer.from('snoop\0\0\0\0\0\0\x02'),
      'a snoop capture, which is not read: editcap turns it into pcapng',
      'files_foreign',
    ],
    [
      'a capture compressed with zstd',
      zstdCompressSync(plain),
      'compressed with zstd: only gzip is read, unpack it first',
      'files_foreign',
    ],
    ['half a header', plain.subarray(0, 20), 'the file ends inside the pcap file header', 'files_foreign'],
  ] as const)('because it holds %s is a problem with a name', async (_, bytes, text, counter) => {
    const { problems, statistics } = await read(bytes);
    expect(problems).toEqual([text]);
    expect(statistics[counter]).toBe(1);
  });

  it('because it is cut off gives what is in it, wherever that is', async () => {
    for (let length = 25; length < plain.length; length += 7) {
      const { statistics, events, problems } = await read(plain.subarray(0, length));
      const atBoundary = length === 24 + 16 + frames[0]!.bytes.length;
      expect([problems.length, statistics.files_truncated]).toEqual(atBoundary ? [0, 0] : [1, 1]);
      expect(events).toEqual([]);
    }
  });

  it('because its gzip data is cut off gives what could be decompressed', async () => {
    const noise = { timestampNs: 0, bytes: Uint8Array.from({ length: 60_000 }, (_, i) => (i * i * 31) >> 5) };
    const packed = gzipSync(pcapFile([...frames, ...new Array<typeof noise>(20).fill(noise)]));
    const { events, problems, statistics } = await read(packed.subarray(0, packed.length - 40));
    expect(events).toMatchObject([expected]);
    expect(problems).toEqual([expect.stringContaining('gzip data is damaged or cut off')]);
    expect(statistics.files_truncated).toBe(1);
  });

  it('because other bytes follow its gzip data gives what the gzip data holds', async () => {
    const followed = Buffer.concat([gzipSync(plain), Buffer.from('not gzip')]);
    const { events, problems, statistics } = await read(followed);
    expect(events).toMatchObject([expected]);
    expect(problems).toEqual(['other bytes follow the gzip data']);
    expect(statistics.files_corrupt).toBe(1);
    const padded = Buffer.concat([gzipSync(plain), new Uint8Array(100_000)]);
    expect(await read(padded)).toMatchObject({ events: [expected], problems: [] });
  });

  it('because its gzip checksum differs gives what is in it', async () => {
    const changed = gzipSync(plain);
    changed[changed.length - 8]! ^= 1;
    const { events, problems } = await read(changed);
    expect(events).toMatchObject([expected]);
    expect(problems).toEqual(['gzip data is damaged (its checksum differs)']);
  });

  it('because a length in it is absurd stops there and says where', async () => {
    const broken = Buffer.concat([plain, plain.subarray(24)]);
    broken.writeUInt32LE(0x7fffffff, plain.length + 8);
    const { events, problems, statistics } = await read(broken);
    expect(events).toHaveLength(1);
    expect(problems).toEqual([`the record at byte ${plain.length} claims a packet of 2147483647 bytes`]);
    expect(statistics.files_corrupt).toBe(1);
  });

  it('because a pcapng block is shorter than a block can be stops there', async () => {
    const writer = new PcapngWriter();
    const bad = Uint8Array.from([...writer.uint32(6), ...writer.uint32(8), 0, 0, 0, 0, 0, 0, 0, 0]);
    const { problems } = await read(Buffer.concat([writer.section(), bad]));
    expect(problems).toEqual(['at byte 28: a block of 8 bytes']);
  });

  it('because it does not exist is the operator’s mistake: an exception', async () => {
    const { events } = readCaptureFile(join(folder, 'missing.pcap'));
    await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('because bytes in it were changed or removed is no exception', async () => {
    const writer = new PcapngWriter();
    const ng = Buffer.concat([
      writer.section(),
      writer.interface(1),
      writer.enhanced(0, 1n, frames[1]!.bytes),
    ]);
    const change = fc.tuple(fc.nat(400), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(plain, ng, gzipSync(plain)),
        fc.array(change, { maxLength: 6 }),
        fc.nat(60),
        async (whole, changes, cut) => {
          const copy = Uint8Array.from(whole).subarray(0, whole.length - cut);
          for (const [at, value] of changes) copy.fill(value, at, at + 1);
          const { events, problems } = await read(copy);
          expect(events.length).toBeLessThanOrEqual(2);
          expect(problems.length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 200 },
    );
  });
});
