import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkType } from './decode/frame.ts';
import { encodeNetworkEvent } from './encode-network-event.ts';
import type { FlowLimits } from './flow/flow-limits.ts';
import { HelloTracker } from './hello-tracker.ts';
import type { NetworkEvent } from './network-event.ts';
import { frame, handshakeRecords, ipPacket, linuxSynOptions, type TcpPacket } from './synthetic/index.ts';

const message = encodeClientHello({
  sessionId: new Uint8Array(32),
  cipherSuites: [0x1301, 0x1302, 0x1303],
  extensions: [
    encodeExtension.serverName('shop.example'),
    encodeExtension.signatureAlgorithms(0x0403, 0x0804),
    encodeExtension.alpn('h2', 'http/1.1'),
    encodeExtension.supportedVersions(0x0304, 0x0303),
    encodeExtension.opaque(51, 1200),
  ],
});
const stream = handshakeRecords(message);

const client = { src: '198.18.16.7', srcPort: 51_234, dst: '198.18.0.10', dstPort: 443 };
const syn: TcpPacket = {
  ...client,
  sequence: 0xffff_fff0,
  flags: 0x02,
  window: 64_240,
  ttl: 57,
  id: 4711,
  options: linuxSynOptions,
};
/** A segment whose bytes stand at `offset` in the stream: the sequence numbers wrap inside the hello. */
const segment = (offset: number, payload: Uint8Array): TcpPacket => ({
  ...client,
  sequence: (syn.sequence + 1 + offset) % 2 ** 32,
  flags: 0x18,
  payload,
});
const part = (start: number, end?: number) => segment(start, stream.subarray(start, end));

function track(limits: Partial<FlowLimits> = {}) {
  const events: NetworkEvent[] = [];
  const tracker = new HelloTracker({
    sensorId: 'test',
    onEvent: (event) => events.push(event),
    // A small table: every tracker allocates its own.
    limits: { flows: 64, ...limits },
  });
  let now = 1_700_000_000e9;
  return {
    events,
    tracker,
    /** Feeds packets, one millisecond after the other. */
    send(...packets: TcpPacket[]) {
      for (const packet of packets) {
        const bytes = frame(linkType.ethernet, ipPacket(packet));
        tracker.packet(bytes, 0, bytes.length, linkType.ethernet, now);
        now += 1e6;
      }
      return this;
    },
    wait(ns: number) {
      now += ns;
      return this;
    },
  };
}

describe('a connection seen from its SYN', () => {
  it('gives one event with the facts of the SYN and the fingerprints of the hello', () => {
    const { events } = track().send(syn, part(0));
    expect(events).toEqual([
      {
        timestamp: 1_700_000_000_001e6,
        sensor_id: 'test',
        conn_id: expect.stringMatching(/^[0-9a-f]{16}$/),
        transport: 'tcp',
        src_ip: '198.18.16.7',
        src_port: 51_234,
        dst_ip: '198.18.0.10',
        dst_port: 443,
        has_syn: true,
        ip_meta_ttl: 57,
        ip_meta_total_length: 60,
        ip_meta_id: 4711,
        ip_meta_df: true,
        tcp_meta_window_size: 64_240,
        tcp_meta_mss: 1460,
        tcp_meta_window_scale: 7,
        tcp_meta_options: 'MSS,SACK,TS,NOP,WS',
        tcp_signature: '4|64|mss*max|mss,sack,ts,nop,ws=7|df,id',
        syn_to_clienthello_ms: 1,
        tls_version: '1.3',
        tls_sni: 'shop.example',
        tls_alpn: 'h2',
        tls_alpn_offered: ['h2', 'http/1.1'],
        tls_resumption: false,
        ja3: '771,4865-4866-4867,0-13-16-43-51,,',
        ja3_hash: expect.stringMatching(/^[0-9a-f]{32}$/),
        ja4: expect.stringMatching(/^t13d0305h2_/),
        ja4_r: 't13d0305h2_1301,1302,1303_000d,002b,0033_0403,0804',
        tls_stack: expect.stringMatching(/^t13x0303xx_/),
      },
    ]);
  });

  it('over IPv6 has no identification and no DF bit', () => {
    const ipv6 = { src: '2001:db8:16::7', dst: '2001:db8:0:1::10' };
    const { events } = track().send({ ...syn, ...ipv6 }, { ...part(0), ...ipv6 });
    expect(events).toMatchObject(
      [{ ...ipv6, src_ip: ipv6.src, dst_ip: ipv6.dst, ip_meta_total_length: 80 }].map(
        ({ src: _src, dst: _dst, ...expected }) => expected,
      ),
    );
    expect(events[0] && encodeNetworkEvent(events[0])).not.toMatch(/"ip_meta_(id|df)"/);
  });

  it('is recognised with the ECN bits set beside SYN', () => {
    const { events } = track().send({ ...syn, flags: 0xc2 }, part(0));
    expect(events[0]?.has_syn).toBe(true);
  });

  it('may carry the hello on the SYN (TCP Fast Open)', () => {
    const { events } = track().send({ ...syn, payload: stream });
    expect(events).toMatchObject([{ has_syn: true, syn_to_clienthello_ms: 0 }]);
  });

  it('measures to the first packet of the hello, and is dated by the one that completes it', () => {
    const { events } = track().send(syn, part(0, 700), part(700));
    expect(events).toMatchObject([{ syn_to_clienthello_ms: 1, timestamp: 1_700_000_000_002e6 }]);
  });

  it('keeps the first SYN when it is sent again', () => {
    const { events, tracker } = track().send(syn, { ...syn, window: 1 }, part(0));
    expect(events).toMatchObject([{ tcp_meta_window_size: 64_240, syn_to_clienthello_ms: 2 }]);
    expect(tracker.statistics).toMatchObject({ syns: 1, syns_repeated: 1 });
  });

  it('is a new one when the ports are used again', () => {
    const again = (packet: TcpPacket) => ({ ...packet, sequence: (packet.sequence + 5e8) % 2 ** 32 });
    const { events } = track().send(syn, part(0), again(syn), again(part(0)));
    expect(events).toHaveLength(2);
    expect(events[0]?.conn_id).not.toBe(events[1]?.conn_id);
  });
});

describe('a connection older than the capture', () => {
  it('gives an event without any IP or TCP field', () => {
    const { events, tracker } = track().send(part(0));
    expect(events).toMatchObject([{ has_syn: false, tls_sni: 'shop.example' }]);
    expect(events[0] && encodeNetworkEvent(events[0])).not.toMatch(/"(ip|tcp)_|syn_to/);
    expect(tracker.statistics.hellos_without_syn).toBe(1);
  });
});

describe('a hello', () => {
  it('sent again is counted, not emitted', () => {
    const { events, tracker } = track().send(syn, part(0), part(0));
    expect(events).toHaveLength(1);
    expect(tracker.statistics.hellos_retransmitted).toBe(1);
  });

  it('after a HelloRetryRequest is counted, not emitted', () => {
    const { events, tracker } = track().send(syn, part(0), segment(stream.length, stream));
    expect(events).toHaveLength(1);
    expect(tracker.statistics.hellos_second).toBe(1);
  });

  it('on any port is found', () => {
    const port = { dstPort: 5223 };
    expect(track().send({ ...syn, ...port }, { ...part(0), ...port }).events).toHaveLength(1);
  });

  it('after a SOCKS or CONNECT preamble is found', () => {
    const greeting = Uint8Array.of(5, 1, 0);
    const { events } = track().send(
      syn,
      segment(0, greeting),
      segment(3, stream.subarray(0, 500)),
      segment(503, stream.subarray(500)),
    );
    expect(events).toHaveLength(1);
  });

  it('after a preamble that was not captured is found', () => {
    expect(track().send(syn, segment(90, stream)).events).toMatchObject([{ has_syn: true }]);
  });

  it('after too long a preamble is only found at the start of a segment', () => {
    const chatter = Array.from({ length: 70 }, (_, i) => segment(i * 1000, new Uint8Array(1000).fill(65)));
    const inside = Uint8Array.from([65, ...stream]);
    const { events, tracker } = track().send(syn, ...chatter, segment(70_000, inside));
    expect(events).toEqual([]);
    expect(tracker.statistics).toMatchObject({ streams_not_tls: 1, preamble_too_long: 1 });
    expect(track().send(syn, ...chatter, segment(70_000, stream)).events).toHaveLength(1);
  });

  it('keeps the bytes that came first where segments overlap', () => {
    const forged = stream.slice(0, 800).fill(0x41, 100);
    const { events } = track().send(syn, part(0, 600), segment(0, forged), part(600));
    expect(events).toMatchObject([{ tls_sni: 'shop.example' }]);
  });

  it('too long for an event loses its raw forms, not its hashes', () => {
    const many = encodeClientHello({ cipherSuites: Array.from({ length: 2000 }, (_, i) => i) });
    const { events, tracker } = track().send(syn, segment(0, handshakeRecords(many)));
    expect(events[0] && encodeNetworkEvent(events[0])).not.toMatch(/"(ja3|ja4_r)"/);
    expect(events[0]?.ja4).toMatch(/^t12i9900/);
    expect(tracker.statistics.raw_forms_left_out).toBe(2);
  });
});

describe('what is no hello', () => {
  it.each([
    [
      'records of another type in between',
      'hello_broken_record',
      handshakeRecords(message, [100]).fill(23, 105, 106),
    ],
    ['a record longer than any', 'hello_broken_record', Uint8Array.of(22, 3, 1, 0xff, 0)],
    ['a message of 16 MB', 'hello_too_large', Uint8Array.of(22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff)],
    ['another handshake message', 'hello_not_client_hello', handshakeRecords(Uint8Array.of(2, 0, 0, 0))],
    [
      'a hello with a broken session id',
      'hello_bad_session_id',
      handshakeRecords(message.slice().fill(200, 38, 39)),
    ],
    [
      'a stream of another protocol',
      'streams_not_tls',
      Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    ],
  ] as const)('%s is counted by name', (_, counter, bytes) => {
    const { events, tracker } = track().send(syn, segment(0, bytes));
    expect(events).toEqual([]);
    expect(tracker.statistics[counter]).toBe(1);
  });

  it('is incomplete when the capture ends before it does', () => {
    const { tracker } = track().send(syn, part(0, 700));
    tracker.finish();
    expect(tracker.statistics.hello_incomplete).toBe(1);
    expect(tracker.flows).toBe(0);
  });
});

describe('the bounds', () => {
  it('on segments: a hello in more of them with holes between is given up and its bytes are freed', () => {
    const crumbs = Array.from({ length: 30 }, (_, i) => part(i * 2, i * 2 + 1));
    const { events, tracker } = track({ segmentsPerFlow: 20 }).send(syn, ...crumbs, part(0));
    expect(events).toEqual([]);
    expect(tracker.statistics.hello_too_many_segments).toBe(1);
  });

  it('on flows: the least recently used one goes first, and is counted', () => {
    const from = (srcPort: number, packet: TcpPacket) => ({ ...packet, srcPort });
    const { events, tracker } = track({ flows: 2 }).send(
      from(1, syn),
      from(2, syn),
      from(1, part(0, 300)),
      from(3, syn),
      from(1, part(300)),
      from(2, part(0)),
    );
    expect(events.map(({ src_port, has_syn }) => ({ src_port, has_syn }))).toEqual([
      { src_port: 1, has_syn: true },
      { src_port: 2, has_syn: false },
    ]);
    expect(tracker.statistics.flows_evicted).toBe(2);
    expect(tracker.flows).toBe(2);
  });

  it('on memory: the least recently used flows go when all together hold too much', () => {
    const test = track({ heldBytes: 20_000 });
    for (let port = 1; port <= 50; port++) {
      test.send({ ...syn, srcPort: port }, { ...part(0, 700), srcPort: port });
    }
    const { flows_evicted_for_memory } = test.tracker.statistics;
    // At least the 700 bytes are held for each.
    expect(test.tracker.flows).toBeLessThanOrEqual(20_000 / 700);
    expect(flows_evicted_for_memory).toBe(50 - test.tracker.flows);
    expect(test.send({ ...part(700), srcPort: 50 }, { ...part(700), srcPort: 1 }).events).toMatchObject([
      { src_port: 50 },
    ]);
  });

  it('on time: a flow that is idle for 30 s is forgotten', () => {
    const test = track().send(syn).wait(31e9).send(part(0));
    expect(test.events).toMatchObject([{ has_syn: false }]);
    expect(test.tracker.statistics.flows_idle).toBe(1);
  });

  it('on time also when no packet comes, by ticks', () => {
    const { tracker } = track().send(syn);
    tracker.tick(1_700_000_029e9);
    expect(tracker.flows).toBe(1);
    tracker.tick(1_700_000_031e9);
    expect(tracker.flows).toBe(0);
  });
});

/** Ascending cut points inside `[1, length)`. */
const cuts = (length: number, max: number) =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: length - 1 }), { maxLength: max })
    .map((points) => points.sort((a, b) => a - b));

describe('however a hello is cut up', () => {
  const reference = track().send(syn, part(0)).events[0];
  const times = ['timestamp', 'syn_to_clienthello_ms'];
  const withoutTimes = (event: NetworkEvent | undefined) =>
    Object.fromEntries(Object.entries(event ?? {}).filter(([key]) => !times.includes(key)));

  it('into records and into segments in any order, some of them twice, the event is the same', () => {
    const cutUp = cuts(message.length, 12).chain((recordCuts) => {
      const bytes = handshakeRecords(message, recordCuts);
      return cuts(bytes.length, 20).chain((points) => {
        const bounds = [0, ...points, bytes.length];
        const segments = bounds.slice(1).map((end, i) => segment(bounds[i]!, bytes.subarray(bounds[i], end)));
        return fc
          .tuple(
            fc.shuffledSubarray(segments, { minLength: segments.length }),
            fc.array(fc.constantFrom(...segments), { maxLength: 5 }),
          )
          .map(([shuffled, repeated]) => [...repeated, ...shuffled]);
      });
    });
    fc.assert(
      fc.property(cutUp, (segments) => {
        const { events } = track().send(syn, ...segments);
        expect(events).toHaveLength(1);
        expect(withoutTimes(events[0])).toEqual(withoutTimes(reference));
      }),
      { numRuns: 300 },
    );
  });

  it('into overlapping segments, the event is the same', () => {
    const range = fc
      .tuple(fc.nat(stream.length - 1), fc.nat(stream.length - 1))
      .map(([a, b]) => part(Math.min(a, b), Math.max(a, b) + 1));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), (ranges) => {
        const { events } = track().send(syn, ...ranges, part(0, 900), part(900));
        expect(withoutTimes(events[0])).toEqual(withoutTimes(reference));
      }),
      { numRuns: 300 },
    );
  });
});

describe('any frame', () => {
  const types = fc.constantFrom(...Object.values(linkType), 147);

  it('of random bytes is counted and never an exception', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(types, fc.uint8Array({ maxLength: 120 })), { maxLength: 20 }),
        (frames) => {
          const { tracker } = track();
          for (const [type, bytes] of frames) tracker.packet(bytes, 0, bytes.length, type, 1);
          expect(tracker.statistics.packets).toBe(frames.length);
        },
      ),
    );
  });

  it('of a real connection with changed or missing bytes is no exception', () => {
    const frames = [syn, part(0, 300), part(300)].map((packet) => frame(linkType.ethernet, ipPacket(packet)));
    const change = fc.record({ packet: fc.nat(2), at: fc.nat(400), value: fc.nat(255), cut: fc.nat(60) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), (changes) => {
        const { tracker, events } = track({ flows: 4 });
        const copies = frames.map((bytes) => bytes.slice());
        const lengths = copies.map((bytes) => bytes.length);
        for (const { packet, at, value, cut } of changes) {
          copies[packet]!.fill(value, at, at + 1);
          lengths[packet] = Math.max(0, lengths[packet]! - cut);
        }
        copies.forEach((bytes, i) => {
          tracker.packet(bytes.slice(0, lengths[i]), 0, lengths[i]!, linkType.ethernet, 1e9);
        });
        for (const event of events) expect(event.ja4).toMatch(/^t..[di]\d{4}.._[0-9a-f]{12}_[0-9a-f]{12}$/);
      }),
      { numRuns: 1000 },
    );
  });
});
