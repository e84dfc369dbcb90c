import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TcpPacket } from '../synthetic/index.ts';
import { findHello } from './hello-search.ts';
import { Client, joined, StreamTrace } from './stream-trace.test-support.ts';

const hello = encodeClientHello({
  sessionId: new Uint8Array(32),
  cipherSuites: [0x1301, 0x1302, 0x1303, 0xc02b],
  extensions: [
    encodeExtension.serverName('shop.example'),
    encodeExtension.signatureAlgorithms(0x0403, 0x0804),
    encodeExtension.alpn('h2', 'http/1.1'),
    encodeExtension.supportedVersions(0x0304, 0x0303),
    encodeExtension.opaque(51, 1200),
  ],
});

const record = (content: Uint8Array, minor = 1) =>
  joined(Uint8Array.of(22, 3, minor, content.length >> 8, content.length & 0xff), content);

/** Ascending cut points inside `[1, length)`. */
const cuts = (length: number, max: number) =>
  fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, length - 1) }), { maxLength: max }).map((points) => {
    points.sort((a, b) => a - b);
    return points.filter((point) => point < length);
  });

const pieces = (bytes: Uint8Array, points: readonly number[]) =>
  [0, ...points].map((start, i) => ({ start, bytes: bytes.subarray(start, points[i] ?? bytes.length) }));

/** The hello in records of any sizes, some empty, of any minor version; in records of one byte now and then. */
const records = fc.oneof(
  { weight: 5, arbitrary: cuts(hello.length, 12) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: hello.length - 1 }, (_, i) => i + 1)) },
);
const inRecords = fc
  .tuple(records, fc.nat(4), fc.boolean())
  .map(([points, minor, withEmpty]) =>
    joined(
      ...pieces(hello, points).flatMap(({ bytes }, i) =>
        withEmpty && i % 3 === 1
          ? [record(new Uint8Array(0), minor), record(bytes, minor)]
          : [record(bytes, minor)],
      ),
    ),
  );

/** What a client may say before it turns to TLS. */
const preamble = fc
  .oneof(
    fc.constant(new Uint8Array(0)),
    fc.stringMatching(/^[ -~]{1,200}\r\n$/).map((line) => Uint8Array.from(Buffer.from(line, 'latin1'))),
    fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  )
  .filter(
    (bytes) =>
      bytes[0] !== 22 && findHello(joined(bytes, Uint8Array.of(0)), 0, bytes.length + 1) > bytes.length,
  );

const isn = fc.oneof(fc.nat(0xffff_ffff), fc.integer({ min: 0xffff_f000, max: 0xffff_ffff }));

/** Packets that an attacker or an odd stack may put in between: none is part of the stream. */
function noise(client: Client, length: number) {
  const anywhere = fc.nat(length);
  const far = fc.integer({ min: 2 ** 21, max: 2 ** 30 });
  const garbage = fc
    .uint8Array({ minLength: 1, maxLength: 60 })
    .map((bytes) => bytes.map((byte) => byte | 0x80));
  return fc.oneof(
    fc.tuple(anywhere, garbage).map(([at, bytes]) => client.data(at, bytes, { flags: 0x14 })),
    fc.tuple(anywhere, garbage).map(([at, bytes]) => client.data(at, bytes, { flags: 0x08 })),
    fc.tuple(far, garbage).map(([at, bytes]) => client.data(at, bytes)),
    fc.tuple(far, garbage).map(([at, bytes]) => client.data(-at, bytes)),
    fc.constant(client.data(-1, Uint8Array.of(0))),
    fc.constant(client.syn({ window: 1, options: [2, 4, 1, 0] })),
    anywhere.map((at) => client.data(at, new Uint8Array(0))),
  );
}

const isSame = (message: Uint8Array | undefined) =>
  message !== undefined && Buffer.compare(message, hello) === 0;

interface Scenario {
  readonly client: Client;
  readonly stream: Uint8Array;
  readonly segments: TcpPacket[];
  readonly extra: TcpPacket[];
}

const scenario = (before: fc.Arbitrary<Uint8Array>, maxCuts: number): fc.Arbitrary<Scenario> =>
  fc.tuple(isn, before, inRecords, fc.boolean()).chain(([start, first, tls, spoken]) => {
    const client = new Client(start);
    const stream = joined(first, tls, spoken ? Uint8Array.of(20, 3, 3, 0, 1, 1) : new Uint8Array(0));
    const overlap = fc
      .tuple(fc.nat(stream.length - 1), fc.nat(stream.length - 1))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const)
      .map(([from, to]) => client.data(from, stream.subarray(from, to)));
    return fc.record({
      client: fc.constant(client),
      stream: fc.constant(stream),
      segments: cuts(stream.length, maxCuts).map((points) =>
        pieces(stream, points).map(({ start: at, bytes }) => client.data(at, bytes)),
      ),
      extra: fc.array(fc.oneof(overlap, noise(client, stream.length)), { maxLength: 8 }),
    });
  });

describe('one hello comes out of its stream', () => {
  it('whatever comes before it, in any segments and records, in any order, with copies, overlaps and noise', () => {
    fc.assert(
      fc.property(
        scenario(preamble, 30).chain(({ client, segments, extra }) =>
          fc.tuple(
            fc.constant(client),
            fc.shuffledSubarray(segments, { minLength: segments.length }),
            fc.array(fc.tuple(fc.nat(segments.length), fc.constantFrom(...segments, ...extra)), {
              maxLength: 12,
            }),
          ),
        ),
        ([client, segments, additions]) => {
          const packets = [...segments];
          for (const [at, packet] of additions) packets.splice(at, 0, packet);
          const { found } = new StreamTrace().send(client.syn({ window: 64_240 }), ...packets, ...segments);
          expect(found).toHaveLength(1);
          expect(isSame(found[0]?.message)).toBe(true);
          expect(found[0]).toMatchObject({ hasSyn: true, synWindow: 64_240 });
        },
      ),
      { numRuns: 400 },
    );
  });

  it('when segments before it were never captured, if it starts with a segment', () => {
    fc.assert(
      fc.property(
        isn,
        fc.integer({ min: 1, max: 60_000 }),
        inRecords.chain((tls) => fc.tuple(fc.constant(tls), cuts(tls.length, 20))),
        (start, lost, [tls, points]) => {
          const client = new Client(start);
          const segments = pieces(tls, points).map((piece) => client.data(lost + piece.start, piece.bytes));
          const { found } = new StreamTrace().send(client.syn(), ...segments);
          expect(found.map(({ message }) => isSame(message))).toEqual([true]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('when some segments are lost and sent again later, in other sizes', () => {
    fc.assert(
      fc.property(
        scenario(preamble, 20).chain((one) =>
          fc.tuple(
            fc.constant(one),
            fc.array(fc.boolean(), { minLength: one.segments.length, maxLength: one.segments.length }),
            cuts(one.stream.length, 5),
          ),
        ),
        ([{ client, stream, segments }, arrives, again]) => {
          const first = segments.filter((_, i) => arrives[i]);
          const second = pieces(stream, again).map(({ start, bytes }) => client.data(start, bytes));
          const { found } = new StreamTrace().send(client.syn(), ...first, ...second);
          expect(found.map(({ message }) => isSame(message))).toEqual([true]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('without a SYN, with up to four segments in front of the first one', () => {
    const isPlain = ({ payload }: TcpPacket) => payload?.[0] !== 22 && (payload?.length ?? 0) <= 1460;
    fc.assert(
      fc.property(
        scenario(fc.constant(new Uint8Array(0)), 12)
          .filter(({ segments }) => segments.slice(1).every(isPlain))
          .chain(({ client, segments }) =>
            fc.tuple(
              fc.constant(client),
              fc.constant(segments),
              fc.uniqueArray(fc.nat(Math.max(0, segments.length - 2)), { maxLength: 4 }),
              fc.boolean(),
            ),
          ),
        ([client, segments, first, withLateSyn]) => {
          const [opening, ...rest] = segments;
          const early = first.map((i) => rest[i]).filter((packet) => packet !== undefined);
          const late = rest.filter((packet) => !early.includes(packet));
          const trace = new StreamTrace().send(...early, opening!);
          const isOver = trace.found.length > 0;
          if (withLateSyn) trace.send(client.syn({ window: 5 }));
          trace.send(...late);
          expect(trace.found.map(({ message }) => isSame(message))).toEqual([true]);
          expect(trace.found[0]?.hasSyn).toBe(withLateSyn && !isOver);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a stream without a hello', () => {
  it('gives none, whatever its bytes and segments are, and holds nothing in the end', () => {
    fc.assert(
      fc.property(
        isn,
        fc.array(
          fc.tuple(
            fc.nat(70_000),
            fc.uint8Array({ minLength: 1, maxLength: 300 }),
            fc.constantFrom(2, 0x10, 0x18, 4),
          ),
          { maxLength: 150 },
        ),
        (start, segments) => {
          const client = new Client(start);
          const trace = new StreamTrace({ segmentsPerFlow: 10, heldBytes: 8192 });
          for (const [at, bytes, flags] of segments) trace.send(client.data(at, bytes, { flags }));
          expect(trace.found).toEqual([]);
          trace.flows.clear();
          expect(trace.flows.size).toBe(0);
        },
      ),
    );
  });
});
