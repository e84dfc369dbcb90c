import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceExclusions } from '../source-exclusions.ts';
import { channelData, dataIndication, dtlsRecord, handshakeFragment } from './dtls-client.test-support.ts';
import { client, helloOf, server, Wire } from './udp-flows.test-support.ts';

const hello = helloOf('coap.example', 700);
const bodyLength = hello.length - 4;
const whole = (message = hello, sequence = 0) => dtlsRecord(handshakeFragment(message, { sequence }));
const part = (start: number, end: number, sequence = 0, message = hello) =>
  dtlsRecord(handshakeFragment(message, { piece: [start, end], sequence }));
/** As after a HelloVerifyRequest: the same random, but longer by a cookie. */
const withCookie = helloOf('coap.example', 732);
const serverHello = Uint8Array.from(hello);
serverHello[0] = 2;

describe('the hello of a DTLS client', () => {
  it.each([
    ['1.0', 0xfeff],
    ['1.2', 0xfefd],
    ['1.3', 0xfefc],
    ['before 1.0', 0x0100],
  ])('is found in a record of version %s, in the form that TLS has', (_, version) => {
    const wire = new Wire();
    wire.toServer(dtlsRecord(handshakeFragment(hello), { version }));
    expect(wire.messages()).toEqual([hello]);
    expect(wire.hellos[0]).toMatchObject({ transport: 'dtls', from: '192.0.2.1:50000', startedNs: 1.001e9 });
    expect(wire.counted()).toEqual({});
  });

  it('is put together from fragments in any order, some twice, several in a record or in a datagram', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bodyLength - 1 }), { maxLength: 20 });
    const pieces = cuts.chain((places) => {
      const edges = [0, ...places.toSorted((a, b) => a - b), bodyLength];
      const all = edges.slice(1).map((end, i): [number, number] => [edges[i]!, end]);
      return fc
        .array(fc.tuple(fc.nat(bodyLength), fc.nat(bodyLength)), { maxLength: 5 })
        .map((pairs) => [
          ...all,
          ...pairs.map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
        ])
        .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));
    });
    fc.assert(
      fc.property(pieces, fc.infiniteStream(fc.nat(3)), (pieces, choices) => {
        const wire = new Wire();
        let records: Uint8Array[] = [];
        let fragments: Uint8Array[] = [];
        const endRecord = () => {
          if (fragments.length > 0) records.push(dtlsRecord(Buffer.concat(fragments)));
          fragments = [];
        };
        const endDatagram = () => {
          endRecord();
          wire.toServer(Buffer.concat(records));
          records = [];
        };
        for (const piece of pieces) {
          const choice = choices.next().value;
          fragments.push(handshakeFragment(hello, { piece }));
          if (choice === 1) endRecord();
          if (choice === 2) records.push(dtlsRecord(Uint8Array.of(1), { content: 20 }));
          if (choice === 3) endDatagram();
        }
        endDatagram();
        expect(wire.messages()).toEqual([hello]);
      }),
      { numRuns: 200 },
    );
  });

  it('is counted, not emitted, when it answers a HelloVerifyRequest', () => {
    const wire = new Wire();
    wire.toServer(whole());
    wire.toServer(part(0, 300, 1, withCookie), part(300, withCookie.length - 4, 1, withCookie));
    expect(wire.messages()).toEqual([hello]);
    expect(wire.counted()).toEqual({ hellos_second: 1 });
  });

  it('is emitted when it answers a HelloVerifyRequest and the first was not captured, or only in part', () => {
    const unseen = new Wire();
    unseen.toServer(whole(withCookie, 1));
    expect(unseen.messages()).toEqual([withCookie]);
    const partly = new Wire();
    partly.toServer(part(100, 200), part(0, 400, 1, withCookie), part(200, bodyLength));
    partly.toServer(part(400, withCookie.length - 4, 1, withCookie));
    expect(partly.messages()).toEqual([withCookie]);
  });

  it('is counted when it comes again', () => {
    const wire = new Wire();
    wire.toServer(whole(), whole(), part(0, 100), part(100, bodyLength));
    expect(wire.messages()).toEqual([hello]);
    expect(wire.counted()).toEqual({ hellos_retransmitted: 2 });
  });

  it('is emitted again for another association of the same addresses and ports', () => {
    const other = helloOf('coap.example', 700, 2);
    const wire = new Wire();
    wire.toServer(whole(), whole(withCookie, 1), whole(other));
    expect(wire.messages()).toEqual([hello, other]);
    const interrupted = new Wire();
    interrupted.toServer(part(0, 300), part(0, 300, 0, other), part(300, bodyLength, 0, other));
    expect(interrupted.messages()).toEqual([other]);
    expect(interrupted.hellos[0]?.startedNs).toBe(1.002e9);
  });

  it('is found behind the headers of CAPWAP and TURN', () => {
    const wire = new Wire();
    const carried = [
      Buffer.concat([Buffer.of(1, 0, 0, 0), whole()]),
      channelData(whole()),
      dataIndication(whole()),
    ];
    carried.forEach((datagram, i) => {
      wire.send([client[0], 1000 + i], server, datagram);
    });
    expect(wire.messages()).toEqual([hello, hello, hello]);
  });

  it('is not looked for from excluded sources', () => {
    const wire = new Wire({}, new SourceExclusions([client[0]]));
    wire.toServer(whole(), whole());
    expect(wire.counted()).toEqual({ connections_excluded: 1 });
    expect(wire.hellos).toEqual([]);
  });

  it('is told from a QUIC hello on the same ports', () => {
    const wire = new Wire();
    wire.toServer(
      whole(),
      Buffer.from([0xc0, 0, 0, 0, 1, 0, 0, 0, 0x40, 20, ...new Uint8Array(20)]),
      whole(),
    );
    expect(wire.counted()).toEqual({ quic_initial_unreadable: 1, hellos_retransmitted: 1 });
  });
});

describe('what of DTLS leads to no hello', () => {
  it('is what the server says, what is encrypted, and what is no handshake', () => {
    const wire = new Wire();
    wire.toClient(dtlsRecord(handshakeFragment(serverHello)));
    wire.toServer(dtlsRecord(handshakeFragment(hello), { epoch: 1 }));
    wire.toServer(dtlsRecord(handshakeFragment(hello), { content: 23 }), Buffer.of(0x2f, 1, 2, 3));
    expect(wire.counted()).toEqual({ datagrams_other: 1 });
    expect(wire.flows.size).toBe(0);
  });

  it('is a record or a fragment that is longer than what holds it', () => {
    const wire = new Wire();
    wire.toServer(whole().subarray(0, 200), dtlsRecord(handshakeFragment(hello).subarray(0, 100)));
    const beyond = handshakeFragment(hello, { piece: [0, 100] });
    beyond[8] = 0xff;
    beyond[7] = 0xff;
    wire.toServer(dtlsRecord(beyond), dtlsRecord(Uint8Array.of(1, 2, 3)));
    expect(wire.counted()).toEqual({ dtls_truncated: 1, dtls_malformed: 3 });
  });

  it('is a hello that is too large, or comes in too many pieces, or never as a whole', () => {
    const wire = new Wire({ segmentsPerFlow: 20 });
    const large = new Uint8Array(70_000);
    large[0] = 1;
    for (let at = 0; at < 64_000; at += 8_000) {
      wire.send([client[0], 1], server, part(at, at + 8_000, 0, large));
    }
    for (let i = 0; i < 25; i++) wire.send([client[0], 2], server, part(2 * i, 2 * i + 1));
    wire.send([client[0], 3], server, part(0, 10));
    wire.flows.clear();
    expect(wire.counted()).toEqual({ hello_too_large: 1, hello_too_many_segments: 1, hello_incomplete: 1 });
  });

  it('is anything at all, without harm', () => {
    const piece = fc.tuple(fc.nat(bodyLength), fc.nat(bodyLength), fc.nat(2));
    const good = piece.map(([a, b, sequence]) => part(Math.min(a, b), Math.max(a, b), sequence));
    const damaged = fc.tuple(good, fc.nat(30), fc.nat(255), fc.nat(800)).map(([bytes, at, value, cut]) => {
      bytes[at] = value;
      return bytes.subarray(0, cut);
    });
    const carried = fc.oneof(damaged.map(channelData), damaged.map(dataIndication), damaged);
    fc.assert(
      fc.property(fc.array(fc.oneof(carried, good, fc.uint8Array()), { maxLength: 30 }), (datagrams) => {
        const wire = new Wire({ flows: 4, heldBytes: 4096 });
        wire.toServer(...datagrams);
        wire.flows.clear();
        expect(wire.flows.size).toBe(0);
        for (const message of wire.messages()) expect(message[0]).toBe(1);
      }),
    );
  });
});
