import { encodeClientHello, encodeExtension } from '../../packages/fingerprints/src/index.ts';
import { handshakeRecords, ipPacket, linuxSynOptions } from '../../packages/sentinel/src/synthetic/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { checkedTracker, finish } from '../hello-check.ts';
import { InputReader } from '../input-reader.ts';

const rawIp = 101;
const origin = 0xffff_ff00;

/** Sequence number relative to the stream's start, flags, time passed, ports and the bytes: one segment. */
function segment(offset: number, flags: number, payload: Uint8Array, connection = 0): Uint8Array {
  const head = [connection, flags, 1, (offset >> 8) & 0xff, offset & 0xff];
  return Buffer.concat([Uint8Array.from([...head, payload.length >> 8, payload.length & 0xff]), payload]);
}

const [syn, data] = [0x02, 0x18];
const none = new Uint8Array();

const hello = encodeClientHello({
  cipherSuites: [0x1301, 0xc02b],
  extensions: [encodeExtension.serverName('a.example'), encodeExtension.alpn('h2')],
});
const stream = handshakeRecords(hello);
const split = handshakeRecords(hello, [1, 4, 30]);
const starttls = Buffer.concat([Buffer.from('EHLO a\r\nSTARTTLS\r\n'), stream]);
const tds = Buffer.concat([Uint8Array.of(0x12, 1, 0, 8 + stream.length, 0, 0, 0, 0), stream]);

/** Segments of a few connections in any order: reassembly, the search for a hello, records. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => [
    Buffer.concat([segment(0, syn, none), segment(1, data, stream)]),
    Buffer.concat([segment(0, syn, none), segment(1, data, split)]),
    Buffer.concat([
      segment(0, syn, none),
      segment(41, data, stream.subarray(40)),
      segment(21, data, stream.subarray(20, 50)),
      segment(1, data, stream.subarray(0, 20)),
    ]),
    Buffer.concat([segment(1, data, stream, 1), segment(1, data, stream, 0x81)]),
    Buffer.concat([segment(0, syn, none), segment(1, data, starttls)]),
    Buffer.concat([
      segment(0, syn, none),
      segment(1, data, starttls.subarray(0, 18)),
      segment(19, data, starttls.subarray(18)),
      segment(1, data, starttls.subarray(0, 18)),
    ]),
    Buffer.concat([segment(1, data, Uint8Array.of(5, 1, 0)), segment(4, data, stream)]),
    Buffer.concat([segment(0, syn, none), segment(1, data, tds)]),
    segment(0, syn, stream),
  ],
  run(input) {
    const tracker = checkedTracker();
    const reader = new InputReader(input);
    let packets = 0;
    let nowNs = 1.7e18;
    while (!reader.done) {
      const connection = reader.byte();
      const flags = reader.byte();
      nowNs += reader.byte() * 10e6;
      const offset = (reader.uint16() << 16) >> 16;
      const client = { ip: connection < 0x80 ? '192.0.2.1' : '2001:db8::1', port: 50000 + (connection & 7) };
      const server = { ip: connection < 0x80 ? '192.0.2.2' : '2001:db8::2', port: 443 };
      const [from, to] = (connection & 0x40) === 0 ? [client, server] : [server, client];
      const bytes = ipPacket({
        src: from.ip,
        srcPort: from.port,
        dst: to.ip,
        dstPort: to.port,
        sequence: (origin + offset) >>> 0,
        flags,
        payload: reader.take(Math.min(reader.uint16(), 2000)),
        options: (flags & syn) === 0 ? [] : linuxSynOptions,
      });
      tracker.packet(bytes, 0, bytes.length, rawIp, nowNs);
      packets++;
    }
    finish(tracker, packets);
  },
};
