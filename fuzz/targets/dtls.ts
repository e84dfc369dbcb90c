import { encodeClientHello, encodeExtension } from '../../packages/fingerprints/src/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { checkedTracker, finish } from '../hello-check.ts';
import { InputReader } from '../input-reader.ts';
import { udpPacket } from '../udp-packet.ts';

const rawIp = 101;

const datagram = (bits: number, payload: Uint8Array) =>
  Buffer.concat([Uint8Array.of(bits, payload.length >> 8, payload.length & 0xff), payload]);

const body = encodeClientHello({
  legacyVersion: 0xfefd,
  cookie: new Uint8Array(4),
  cipherSuites: [0xc02b, 0xc0ac],
  extensions: [encodeExtension.serverName('a.example'), encodeExtension.supportedVersions(0xfefc, 0xfefd)],
}).subarray(4);

const uint24 = (value: number) => [value >> 16, (value >> 8) & 0xff, value & 0xff];

/** A record (RFC 6347, 4.1) with one fragment (4.2.2) of the hello. */
function record(sequence: number, from: number, to: number): Uint8Array {
  const part = body.subarray(from, to);
  const handshake = [1, ...uint24(body.length), 0, 0, ...uint24(from), ...uint24(part.length), ...part];
  const head = [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, sequence];
  return Uint8Array.from([...head, handshake.length >> 8, handshake.length & 0xff, ...handshake]);
}

const stun = Uint8Array.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12)]);

/** Datagrams of a few DTLS connections: records, fragments of the hello, what else shares their ports. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => [
    datagram(0, record(0, 0, body.length)),
    Buffer.concat([datagram(0, record(0, 0, 40)), datagram(0, record(1, 40, body.length))]),
    Buffer.concat([datagram(0, record(0, 40, body.length)), datagram(0, record(1, 0, 60))]),
    datagram(0, Buffer.concat([record(0, 0, 40), record(1, 40, body.length)])),
    Buffer.concat([datagram(0, stun), datagram(1, record(0, 0, body.length))]),
    datagram(2, Buffer.concat([Uint8Array.of(0x40, 0, 0, body.length + 25), record(0, 0, body.length)])),
  ],
  run(input) {
    const tracker = checkedTracker();
    const reader = new InputReader(input);
    let packets = 0;
    let nowNs = 1.7e18;
    while (!reader.done) {
      const bits = reader.byte();
      nowNs += (bits >> 4) * 50e6;
      const payload = reader.take(Math.min(reader.uint16(), 1500));
      const packet = udpPacket((bits & 1) === 0, 50_000 + ((bits >> 1) & 7), payload);
      tracker.packet(packet, 0, packet.length, rawIp, nowNs);
      packets++;
    }
    finish(tracker, packets);
  },
};
