import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import { describe, expect, it } from 'vitest';
import { SourceExclusions } from '../source-exclusions.ts';
import { handshakeRecords, linuxSynOptions } from '../synthetic/index.ts';
import { Client, joined, StreamTrace, text } from './stream-trace.test-support.ts';

const message = encodeClientHello({
  sessionId: new Uint8Array(32),
  cipherSuites: [0x1301, 0x1302, 0x1303],
  extensions: [encodeExtension.serverName('shop.example'), encodeExtension.opaque(51, 1200)],
});
const hello = handshakeRecords(message);
const other = handshakeRecords(encodeClientHello({ cipherSuites: [0xc02f, 0xc030] }));

const client = new Client(0xffff_ff00);
const begun = (...limits: ConstructorParameters<typeof StreamTrace>) =>
  new StreamTrace(...limits).send(client.syn({ window: 64_240 }));
const lengths = (trace: StreamTrace) => trace.found.map((found) => found.message.length);

describe('a SYN', () => {
  it('sent again with other options leaves the facts of the first', () => {
    const trace = begun().send(client.syn({ window: 1, options: linuxSynOptions }), client.data(0, hello));
    expect(trace.found).toMatchObject([{ hasSyn: true, synWindow: 64_240 }]);
    expect(trace.statistics).toMatchObject({ syns: 1, syns_repeated: 1 });
  });

  it('that comes after the first bytes of the hello still gives its facts', () => {
    const trace = new StreamTrace().send(client.data(0, hello.subarray(0, 300)), client.syn({ window: 7 }));
    trace.send(client.data(300, hello.subarray(300)));
    expect(trace.found).toMatchObject([{ hasSyn: true, synWindow: 7 }]);
  });

  it('that comes after the hello is counted, and is no new connection', () => {
    const trace = new StreamTrace().send(client.data(0, hello), client.syn(), client.data(0, hello));
    expect(trace.found).toMatchObject([{ hasSyn: false }]);
    expect(trace.statistics).toMatchObject({ syns: 0, syns_late: 1, hellos_retransmitted: 1 });
  });

  it('with the hello on it (TCP Fast Open) gives one event, also when the server refused the data', () => {
    const trace = new StreamTrace().send(client.syn({ payload: hello }), client.data(0, hello));
    expect(trace.found).toMatchObject([{ hasSyn: true, waitMs: 0 }]);
    expect(trace.statistics.hellos_retransmitted).toBe(1);
  });

  it('with the first part of the hello on it is continued by the next segment', () => {
    const trace = new StreamTrace().send(
      client.syn({ payload: hello.subarray(0, 500) }),
      client.data(500, hello.subarray(500)),
    );
    expect(lengths(trace)).toEqual([message.length]);
  });

  it('from both sides (simultaneous open) gives the event of the side that says hello', () => {
    const peer = new Client(5000, { src: '198.18.0.10', srcPort: 443, dst: '198.18.16.7', dstPort: 51_234 });
    const trace = begun().send(peer.syn(), client.syn({ flags: 0x12 }), peer.syn({ flags: 0x12 }));
    trace.send(client.data(0, hello), peer.data(0, Uint8Array.of(22, 3, 3, 0, 4, 2, 0, 0, 0)));
    expect(trace.found[0]).toMatchObject({ srcPort: 51_234, hasSyn: true });
  });

  it('with FIN opens nothing', () => {
    const trace = new StreamTrace().send(client.syn({ flags: 0x03 }), client.data(0, hello));
    expect(trace.found).toMatchObject([{ hasSyn: false }]);
  });

  it('with another sequence number in the middle of a hello does not hide the hello', () => {
    const trace = begun().send(client.data(0, hello.subarray(0, 700)), new Client(99).syn());
    trace.send(client.data(700, hello.subarray(700)));
    expect(trace.found).toMatchObject([{ hasSyn: true, synWindow: 64_240 }]);
    expect(trace.statistics.syns_conflicting).toBe(1);
  });

  it('with another sequence number a second later begins a new connection', () => {
    const next = new Client(99);
    const trace = begun()
      .send(client.data(0, hello.subarray(0, 700)))
      .wait(1e9);
    trace.send(next.syn({ window: 2 }), next.data(0, other));
    expect(trace.found).toMatchObject([{ hasSyn: true, synWindow: 2 }]);
    expect(trace.statistics).toMatchObject({ flows_replaced: 1, hello_incomplete: 1 });
  });
});

describe('ports that are used again', () => {
  const next = new Client(0x2000_0000);

  it('by a connection whose SYN was missed give a second event without SYN facts', () => {
    const trace = begun().send(client.data(0, hello), next.data(0, other));
    expect(trace.found.map(({ hasSyn }) => hasSyn)).toEqual([true, false]);
    expect(trace.statistics).toMatchObject({ flows_replaced: 1, hellos_second: 0 });
  });

  it('are told from a hello after a HelloRetryRequest, which follows in the same stream', () => {
    const trace = begun().send(client.data(0, hello), client.data(hello.length + 6, hello));
    expect(trace.found).toHaveLength(1);
    expect(trace.statistics.hellos_second).toBe(1);
  });

  it('before the first connection said anything do not lend its SYN, even to tiny segments', () => {
    const trace = begun().send(next.data(0, other.subarray(0, 1)), next.data(1, other.subarray(1)));
    expect(trace.found).toMatchObject([{ hasSyn: false }]);
  });
});

describe('what is no data of the stream', () => {
  it.each([
    [
      'a reset with a payload',
      client.data(0, new Uint8Array(400), { flags: 0x14 }),
      'segments_conflicting',
      0,
    ],
    ['data without ACK', client.data(0, new Uint8Array(400), { flags: 0x08 }), 'segments_without_ack', 1],
    ['data before the stream', client.data(-2e9, new Uint8Array(400)), 'segments_out_of_window', 1],
    ['data far behind it', client.data(2e9, new Uint8Array(400)), 'segments_out_of_window', 1],
    ['a keep-alive probe', client.data(-1, new Uint8Array(1)), 'segments_retransmitted', 1],
  ] as const)('%s does not stand in the way of the hello', (_, packet, counter, count) => {
    const trace = begun().send(packet, client.data(0, hello.subarray(0, 9)), packet);
    trace.send(client.data(9, hello.subarray(9)));
    expect(lengths(trace)).toEqual([message.length]);
    expect(trace.statistics[counter]).toBe(count === 0 ? 0 : 2);
  });

  it('a zero-window probe is: its byte is the first of the hello', () => {
    const trace = begun().send(client.data(0, hello.subarray(0, 1)), client.data(0, hello));
    expect(lengths(trace)).toEqual([message.length]);
  });

  it('other bytes for a place are counted, and the first stay', () => {
    const forged = hello.slice(0, 600).fill(0x41, 100);
    const trace = begun().send(client.data(0, hello.subarray(0, 600)), client.data(0, forged));
    trace.send(client.data(600, hello.subarray(600)));
    expect(trace.found[0]?.message).toEqual(message);
    expect(trace.statistics).toMatchObject({ segments_conflicting: 1, segments_retransmitted: 1 });
  });
});

describe('a hole', () => {
  it('in front of a hello that starts with a segment is passed over', () => {
    const trace = begun().send(client.data(0, text('EHLO a\r\n')), client.data(18, hello));
    expect(lengths(trace)).toEqual([message.length]);
    expect(trace.statistics).toMatchObject({ streams_resumed: 1, segments_out_of_order: 1 });
  });

  it.each([
    ['once the bound on holes is reached', 10, 9],
    ['at the end of the capture', 100, 8],
  ])('in front of other data is passed over %s', (_, segmentsPerFlow, further) => {
    const upgrade = joined(text('AUTH TLS\r\n'), hello);
    const behind = (count: number) =>
      Array.from({ length: count }, (_, i) => client.data(9000 + i * 9, text('x')));
    const trace = begun({ segmentsPerFlow }).send(
      client.data(0, text('USER a\r\n')),
      client.data(100, upgrade),
    );
    trace.send(...behind(further));
    expect(trace.found).toEqual([]);
    if (segmentsPerFlow === 10) trace.send(client.data(8000, text('x')));
    else trace.flows.clear();
    expect(lengths(trace)).toEqual([message.length]);
    expect(trace.statistics).toMatchObject({ hellos_after_preamble: 1, hello_incomplete: 0 });
  });

  it('in front of other data is passed over once the bound on bytes is reached', () => {
    const mail = new Uint8Array(1000).fill(65);
    const lines = Array.from({ length: 9 }, (_, i) => client.data(100 + i * 1000, mail));
    const trace = begun({ bytesPerFlow: 8192 }).send(client.data(0, text('EHLO a\r\n')), ...lines);
    trace.send(client.data(9100, joined(text('STARTTLS\r\n'), hello)));
    expect(lengths(trace)).toEqual([message.length]);
    expect(trace.statistics).toMatchObject({ streams_resumed: 1, hellos_after_preamble: 1 });
  });

  it('within the hello is not: the end of the capture finds it incomplete', () => {
    const trace = begun().send(client.data(0, hello.subarray(0, 500)), client.data(900, hello.subarray(900)));
    trace.flows.clear();
    expect(trace.found).toEqual([]);
    expect(trace.statistics.hello_incomplete).toBe(1);
  });
});

describe('a stream that starts with an HTTP request', () => {
  const request = (head: string) => text(`${head}\r\nHost: shop.example\r\n\r\n`);

  it.each(['GET / HTTP/1.1', 'POST /upload HTTP/1.1', 'OPTIONS * HTTP/1.0', 'PRI * HTTP/2.0'])(
    'of "%s" has no hello, whatever is uploaded',
    (head) => {
      const trace = begun().send(client.data(0, request(head)), client.data(request(head).length, hello));
      expect(trace.found).toEqual([]);
      expect(trace.statistics).toMatchObject({ streams_not_tls: 1, streams_http: 1 });
      trace.send(new Client(7).syn(), new Client(7).data(0, hello));
      expect(trace.found).toHaveLength(1);
    },
  );

  it.each([
    'CONNECT a:443 HTTP/1.1',
    'OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0',
    'OPTIONS sip:a SIP/2.0',
    'GET /',
  ])('of "%s" may have one behind it', (head) => {
    expect(begun().send(client.data(0, joined(request(head), hello))).found).toHaveLength(1);
  });
});

describe('a connection older than the capture', () => {
  it('is found by a hello whose second segment comes first', () => {
    const trace = new StreamTrace().send(
      client.data(800, hello.subarray(800)),
      client.data(0, hello.subarray(0, 800)),
    );
    expect(trace.found).toMatchObject([{ hasSyn: false }]);
  });

  it('is found by a hello in segments of one byte', () => {
    const crumbs = [...other].map((_, i) => client.data(i, other.subarray(i, i + 1)));
    expect(new StreamTrace().send(...crumbs).found).toHaveLength(1);
  });

  it.each([
    ['a PROXY line', text('PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\n')],
    ['CONNECT', text('CONNECT a:443 HTTP/1.1\r\n\r\n')],
    ["PostgreSQL's request for TLS", Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47)],
    ['a TDS packet header', Uint8Array.of(0x12, 1, 5, 36, 0, 0, 0, 0)],
  ])('is found by a hello behind %s in one segment', (_, before) => {
    const bytes = joined(before, hello);
    const trace = new StreamTrace().send(
      client.data(0, bytes.subarray(0, 900)),
      client.data(900, bytes.subarray(900)),
    );
    expect(trace.found).toMatchObject([{ hasSyn: false }]);
    expect(trace.statistics.hellos_after_preamble).toBe(1);
  });

  it('does not stay in the table for a byte that only looked like a hello', () => {
    const trace = new StreamTrace().send(client.data(0, Uint8Array.of(22)));
    expect(trace.flows.size).toBe(1);
    expect(trace.send(client.data(1, text('x'))).flows.size).toBe(0);
    expect(trace.statistics.streams_not_tls).toBe(0);
  });

  it('is not found by the segments of another one', () => {
    const stranger = new Client(0xffff_ff00, { srcPort: 51_235 });
    const trace = new StreamTrace().send(
      stranger.data(800, hello.subarray(800)),
      client.data(0, hello.subarray(0, 800)),
    );
    expect(trace.found).toEqual([]);
  });
});

describe('excluded sources', () => {
  const exclusions = new SourceExclusions(['198.18.16.0/24']);

  it('are counted once for each connection, and nothing of them is read', () => {
    const trace = new StreamTrace({}, exclusions).send(client.syn(), client.syn(), client.data(0, hello));
    trace.send(
      new Client(7, { srcPort: 4 }).data(0, hello),
      new Client(7, { src: '198.18.17.1' }).data(0, hello),
    );
    expect(trace.found).toHaveLength(1);
    expect(trace.statistics.connections_excluded).toBe(2);
  });
});

describe('a full table', () => {
  it('gives up finished flows before those that wait for their hello', () => {
    const flow = (srcPort: number) => new Client(1, { srcPort });
    const trace = new StreamTrace({ flows: 3 });
    trace.send(flow(1).syn(), flow(2).syn(), flow(3).syn(), flow(2).data(0, hello), flow(4).syn());
    expect(trace.statistics).toMatchObject({ flows_evicted: 1, flows_evicted_unfinished: 0 });
    trace.send(flow(5).syn());
    expect(trace.statistics).toMatchObject({ flows_evicted: 2, flows_evicted_unfinished: 1 });
    trace.send(flow(3).data(0, hello), flow(4).data(0, hello), flow(5).data(0, hello));
    expect(trace.found.map(({ srcPort, hasSyn }) => [srcPort, hasSyn])).toEqual([
      [2, true],
      [3, true],
      [4, true],
      [5, true],
    ]);
  });
});
