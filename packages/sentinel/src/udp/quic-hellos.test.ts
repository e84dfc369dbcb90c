import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usualHelloSize } from '../flow/placed-bytes.ts';
import { SourceExclusions } from '../source-exclusions.ts';
import {
  ackFrame,
  closeFrame,
  cryptoFrame,
  firstDcid,
  initialPacket,
  opaqueLongPacket,
  type Piece,
  pingFrame,
  retryPacket,
} from './quic-client.test-support.ts';
import { client, helloOf, server, Wire } from './udp-flows.test-support.ts';

const hello = helloOf('shop.example', 1800);
const firstHalf = () => initialPacket([cryptoFrame(hello, [0, 900])], { packetNumber: 0 });
const secondHalf = () => initialPacket([cryptoFrame(hello, [900, hello.length])], { packetNumber: 1 });
const serverId = Uint8Array.of(9, 8, 7, 6, 5);
const short = helloOf('shop.example');
const oneInitial = (message = short, dcid = firstDcid) =>
  initialPacket([cryptoFrame(message, [0, message.length])], { dcid });

describe('the hello of a QUIC client', () => {
  it.each([
    ['1', 1],
    ['2', 0x6b3343cf],
    ['2, a draft', 0x709a50c4],
    ['draft 22', 0xff000016],
    ['draft 28', 0xff00001c],
    ['draft 29', 0xff00001d],
    ['draft 34', 0xff000022],
    ['mvfst', 0xfaceb002],
    ['T051 of Google', 0x54303531],
  ])('is found in a datagram of version %s', (_, version) => {
    const wire = new Wire();
    const frame = cryptoFrame(short, [0, short.length], 0, version === 0x54303531 ? 8 : 6);
    wire.toServer(initialPacket([frame], { version }));
    expect(wire.messages()).toEqual([short]);
    expect(wire.hellos[0]).toMatchObject({ transport: 'quic', from: '192.0.2.1:50000', startedNs: 1.001e9 });
    expect(wire.counted()).toEqual({});
  });

  it('is put together from several Initials, in any order', () => {
    for (const packets of [
      [firstHalf(), secondHalf()],
      [secondHalf(), firstHalf()],
    ]) {
      const wire = new Wire();
      wire.toServer(...packets);
      expect(wire.messages()).toEqual([hello]);
    }
  });

  it('is put together from any pieces in any order, some twice, with other frames between them', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: hello.length - 1 }), { maxLength: 40 });
    const split = cuts.chain((places) => {
      const edges = [0, ...places.toSorted((a, b) => a - b), hello.length];
      const pieces = edges.slice(1).map((end, i): Piece => [edges[i]!, end]);
      const again = fc.array(fc.tuple(fc.nat(hello.length), fc.nat(hello.length)), { maxLength: 5 });
      const overlapping = again.map((pairs) =>
        pairs.map(([a, b]): Piece => [Math.min(a, b), Math.max(a, b)]),
      );
      const all = overlapping.chain((more) =>
        fc.shuffledSubarray([...pieces, ...more], { minLength: pieces.length + more.length }),
      );
      return fc.tuple(all, fc.infiniteStream(fc.integer({ min: 0, max: 5 })));
    });
    fc.assert(
      fc.property(split, fc.constantFrom(1, 0x6b3343cf, 0xff00001d), ([pieces, noise], version) => {
        const wire = new Wire();
        let frames: Uint8Array[] = [];
        let packetNumber = 0;
        const flush = () => {
          wire.toServer(initialPacket(frames, { version, packetNumber: packetNumber++ }));
          frames = [];
        };
        for (const piece of pieces) {
          const choice = noise.next().value;
          frames.push(cryptoFrame(hello, piece));
          if (choice === 1) frames.push(pingFrame, new Uint8Array(3));
          if (choice === 2) frames.push(ackFrame);
          if (choice >= 4 || Buffer.concat(frames).length > 900) flush();
        }
        flush();
        expect(wire.messages()).toEqual([hello]);
      }),
      { numRuns: 200 },
    );
  });

  it('is found when a datagram holds other packets before and after the Initial', () => {
    const wire = new Wire();
    const initial = initialPacket([cryptoFrame(short, [0, short.length])], { length: 0 });
    wire.toServer(Buffer.concat([opaqueLongPacket('zero-rtt'), initial, opaqueLongPacket('handshake')]));
    expect(wire.messages()).toEqual([short]);
  });

  it('is found in a datagram of two Initials that offload joined, with zeros behind each', () => {
    const wire = new Wire();
    const half = (piece: Piece, packetNumber: number) => {
      const packet = initialPacket([cryptoFrame(hello, piece)], { packetNumber, length: 1100 });
      return Buffer.concat([packet, Buffer.alloc(1252 - packet.length)]);
    };
    wire.toServer(Buffer.concat([half([0, 900], 0), half([900, hello.length], 1)]));
    expect(wire.messages()).toEqual([hello]);
  });

  it('goes on under the keys of the first packet when the client uses the id that the server chose', () => {
    const wire = new Wire();
    wire.toServer(firstHalf());
    wire.toServer(
      initialPacket([ackFrame, cryptoFrame(hello, [900, hello.length])], {
        dcid: serverId,
        keysFrom: firstDcid,
        packetNumber: 1,
      }),
    );
    expect(wire.messages()).toEqual([hello]);
  });

  it('is emitted once when it comes again, whole or after a Retry', () => {
    const wire = new Wire();
    wire.toServer(oneInitial());
    wire.toServer(oneInitial());
    expect(wire.counted()).toEqual({ hellos_retransmitted: 1 });
    wire.toClient(retryPacket(serverId, Uint8Array.of(1, 2, 3)));
    wire.toServer(
      initialPacket([cryptoFrame(short, [0, short.length])], {
        dcid: serverId,
        token: Uint8Array.of(1, 2, 3),
      }),
    );
    expect(wire.messages()).toEqual([short]);
    expect(wire.counted()).toEqual({ hellos_retransmitted: 2, quic_retries: 1 });
  });

  it('is emitted once when the Retry itself was not captured', () => {
    const wire = new Wire();
    wire.toServer(oneInitial());
    wire.toServer(
      initialPacket([cryptoFrame(short, [0, short.length])], { dcid: serverId, token: Uint8Array.of(1) }),
    );
    expect(wire.messages()).toEqual([short]);
    expect(wire.counted()).toEqual({ hellos_retransmitted: 1 });
  });

  it('is completed after a Retry by what was lost before it', () => {
    const wire = new Wire();
    wire.toServer(firstHalf());
    wire.toClient(retryPacket(serverId, Uint8Array.of(5)));
    const token = Uint8Array.of(5);
    wire.toServer(
      initialPacket([cryptoFrame(hello, [900, hello.length])], { dcid: serverId, token, packetNumber: 3 }),
    );
    expect(wire.messages()).toEqual([hello]);
    expect(wire.counted()).toEqual({ quic_retries: 1 });
  });

  it('is found when the capture begins after a Retry, however short the id that the server chose', () => {
    const wire = new Wire();
    wire.toServer(
      initialPacket([cryptoFrame(short, [0, short.length])], {
        dcid: Uint8Array.of(1),
        token: Uint8Array.of(5),
      }),
    );
    expect(wire.messages()).toEqual([short]);
  });

  it('is emitted again for another connection of the same addresses and ports', () => {
    const wire = new Wire();
    const other = helloOf('shop.example', 0, 2);
    wire.toServer(oneInitial());
    wire.toServer(oneInitial(other, Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1)));
    expect(wire.messages()).toEqual([short, other]);
    expect(wire.hellos[1]?.startedNs).toBe(1.002e9);
    expect(wire.counted()).toEqual({});
  });

  it('is found in each of several connections that mix on the same addresses and ports', () => {
    const wire = new Wire();
    const ids = [1, 2, 3].map((n) => new Uint8Array(8).fill(n));
    const hellos = ids.map((_, i) => helloOf('shop.example', 1800, i));
    const parts = (piece: Piece) =>
      ids.map((dcid, i) => initialPacket([cryptoFrame(hellos[i]!, piece)], { dcid }));
    wire.toServer(...parts([600, 1200]), ...parts([0, 600]), ...parts([1200, hello.length]));
    wire.toServer(...parts([0, 600]));
    expect(wire.messages()).toEqual(hellos);
    expect(new Set(wire.hellos.map(({ from }) => from))).toEqual(new Set(['192.0.2.1:50000']));
    expect(wire.counted()).toEqual({ hellos_retransmitted: 3 });
  });

  it('is counted, not emitted, when it is the second after a HelloRetryRequest', () => {
    const wire = new Wire();
    wire.toServer(oneInitial());
    const second = [0, 700] as const;
    const packet = { dcid: serverId, keysFrom: firstDcid };
    wire.toServer(
      initialPacket([ackFrame, cryptoFrame(hello, second, short.length)], { ...packet, packetNumber: 1 }),
      initialPacket([cryptoFrame(hello, [700, 900], short.length)], { ...packet, packetNumber: 2 }),
    );
    expect(wire.messages()).toEqual([short]);
    expect(wire.counted()).toEqual({ hellos_second: 1 });
  });

  it('is found in a reserved or private version that is protected like one that is known', () => {
    const wire = new Wire();
    const under = (code: number, version: number, dcid = firstDcid) =>
      initialPacket([cryptoFrame(short, [0, short.length])], { code, version, dcid });
    wire.toServer(under(0x1a2a3a4a, 1));
    wire.send(['203.0.113.1', 1], server, under(0xdeadbeef, 0xff00001d));
    expect(wire.messages()).toEqual([short, short]);
    expect(wire.counted()).toEqual({});
    // As after a version negotiation: the client starts again in a version that it did not make up.
    wire.toServer(oneInitial(helloOf('shop.example', 0, 2), serverId), oneInitial(short, serverId));
    expect(wire.messages()).toEqual([short, short]);
    expect(wire.counted()).toEqual({ hellos_second: 1, hellos_retransmitted: 1 });
  });

  it('is counted as incomplete when one of its Initials is missing', () => {
    const wire = new Wire();
    wire.toServer(secondHalf(), secondHalf());
    wire.flows.clear();
    expect(wire.hellos).toEqual([]);
    expect(wire.counted()).toEqual({ hello_incomplete: 1 });
  });

  it('is not looked for from excluded sources', () => {
    const wire = new Wire({}, new SourceExclusions(['192.0.2.0/24']));
    wire.toServer(oneInitial(), oneInitial());
    wire.send(['203.0.113.1', 1000], server, oneInitial());
    expect(wire.hellos.map(({ from }) => from)).toEqual(['203.0.113.1:1000']);
    expect(wire.counted()).toEqual({ connections_excluded: 1 });
  });
});

describe('what leads to no hello', () => {
  it('is counted by the name of the version', () => {
    const first = (...version: number[]) => Buffer.from([0xc3, ...version, 8, ...new Uint8Array(1300)]);
    const text = (version: string) => first(...Buffer.from(version));
    const wire = new Wire();
    wire.toServer(
      text('Q046'),
      text('Q050'),
      text('T048'),
      first(0xff, 0, 0, 20),
      initialPacket([pingFrame], { code: 0x1a2a3a4a, keysFrom: serverId }),
      initialPacket([pingFrame], { code: 0xdeadbeef, keysFrom: serverId }),
    );
    wire.toServer(Buffer.from(`\x0d12345678Q043${'-'.repeat(1300)}`));
    wire.toClient(Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]));
    expect(wire.counted()).toEqual({
      quic_version_gquic: 2,
      quic_version_q050: 1,
      quic_version_gquic_tls: 1,
      quic_version_draft: 1,
      quic_version_grease: 1,
      quic_version_unknown: 1,
      quic_version_negotiations: 1,
    });
  });

  it('is no QUIC when it is RTP, DNS or anything short', () => {
    const wire = new Wire();
    wire.toServer(Buffer.from([0xc3, 0xde, 0xad, 0xbe, 0xef, 8, ...new Uint8Array(1300)]));
    wire.toServer(Buffer.alloc(1300, 0x80), Buffer.alloc(60, 0xe5), Buffer.of(0xc0, 1));
    wire.toServer(Buffer.alloc(40, 0x41), Buffer.of(0), Buffer.alloc(0));
    expect(wire.counted()).toEqual({ datagrams_other: 6 });
  });

  it('is unreadable under the wrong keys, cut off, or broken', () => {
    const wire = new Wire();
    wire.toServer(initialPacket([pingFrame], { keysFrom: serverId }));
    wire.toServer(oneInitial().subarray(0, 600));
    wire.toServer(Buffer.from([0xc0, 0, 0, 0, 1, 21, ...new Uint8Array(1200)]));
    expect(wire.counted()).toEqual({ quic_initial_unreadable: 1, quic_truncated: 1, quic_malformed: 1 });
    expect(wire.flows.size).toBe(0);
  });

  it('is a frame that Initials must not hold, or one that is cut off', () => {
    const wire = new Wire();
    wire.toServer(initialPacket([closeFrame, Uint8Array.of(0x08, 1)]));
    wire.toServer(initialPacket([Uint8Array.of(6, 0, 0x7f, 0xff)], { packetNumber: 1, length: 0 }));
    expect(wire.counted()).toEqual({ quic_frame_unexpected: 1, quic_frame_truncated: 1 });
  });

  it('is another message than a hello, or one that is too large', () => {
    const wire = new Wire();
    const message = Uint8Array.from(short);
    message[0] = 2;
    wire.toServer(oneInitial(message));
    const far = cryptoFrame(short, [0, 10], 0x3fff_fff0);
    wire.send(['203.0.113.1', 1], server, initialPacket([far]));
    const large = Uint8Array.of(1, 0xff, 0, 0);
    wire.send(['203.0.113.2', 1], server, initialPacket([cryptoFrame(large, [0, 4])]));
    expect(wire.counted()).toEqual({ hello_not_client_hello: 1, hello_too_large: 2 });
  });

  it('is a server of which a client was seen: nothing of it is decrypted', () => {
    const wire = new Wire();
    wire.toServer(oneInitial());
    wire.toClient(initialPacket([ackFrame], { keysFrom: firstDcid, side: 'server', scid: serverId }));
    expect(wire.counted()).toEqual({});
  });

  it('is a client that sends more pieces than any needs', () => {
    const limits = { segmentsPerFlow: 10 };
    const wire = new Wire(limits);
    for (let i = 0; i < 12; i++) {
      wire.toServer(initialPacket([cryptoFrame(hello, [2 * i, 2 * i + 1])], { packetNumber: i }));
    }
    expect(wire.counted()).toEqual({ hello_too_many_segments: 1 });
    const holes = new Wire();
    const pieces = Array.from({ length: 300 }, (_, i): Piece => [3 * i, 3 * i + 1]);
    holes.toServer(initialPacket(pieces.map((piece) => cryptoFrame(hello, piece))));
    expect(holes.counted()).toEqual({ hello_too_many_segments: 1 });
  });
});

describe('the table of flows', () => {
  it('forgets idle clients, and the least recently used when it is full', () => {
    const wire = new Wire({ flows: 2 });
    for (const port of [1, 2, 3]) wire.send([client[0], port], server, firstHalf());
    expect(wire.flows.size).toBe(2);
    expect(wire.counted()).toEqual({ flows_evicted: 1, hello_incomplete: 1 });
    wire.flows.expire(wire.nowNs + 31e9);
    expect(wire.flows.size).toBe(0);
    expect(wire.counted()).toEqual({ flows_evicted: 1, flows_idle: 2, hello_incomplete: 3 });
  });

  it('holds no more bytes than allowed for all clients together', () => {
    const wire = new Wire({ heldBytes: 10 * usualHelloSize });
    for (let port = 1; port <= 15; port++) wire.send([client[0], port], server, firstHalf());
    expect(wire.flows.size).toBe(10);
    expect(wire.counted()).toEqual({ flows_evicted_for_memory: 5, hello_incomplete: 5 });
  });

  it('survives any bytes, and any damage to a good packet', () => {
    const packets = [
      firstHalf(),
      secondHalf(),
      retryPacket(serverId, serverId),
      opaqueLongPacket('handshake'),
    ];
    const damaged = fc
      .record({
        packet: fc.constantFrom(...packets),
        at: fc.nat(60),
        value: fc.nat(255),
        cut: fc.option(fc.nat(1300), { freq: 3 }),
      })
      .map(({ packet, at, value, cut }) => {
        const bytes = Uint8Array.from(packet);
        bytes[at] = value;
        return cut === null ? bytes : bytes.subarray(0, cut);
      });
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => {
      if (bytes.length > 5) bytes.set([0xc0 | bytes[0]!, 0, 0, 0, 1]);
      return bytes;
    });
    const step = fc.record({ bytes: fc.oneof(damaged, any, fc.uint8Array()), fromServer: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const wire = new Wire({ flows: 4, heldBytes: 8192 });
        for (const { bytes, fromServer } of steps) {
          if (fromServer) wire.toClient(bytes);
          else wire.toServer(bytes);
        }
        wire.flows.clear();
        expect(wire.flows.size).toBe(0);
        for (const message of wire.messages()) expect(message).toEqual(hello);
      }),
    );
  });
});
