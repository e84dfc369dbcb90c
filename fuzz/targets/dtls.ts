import { encodeClientHello, encodeExtension } from '../../packages/fingerprints/src/index.ts';
import { handshakeRecords } from '../../packages/sentinel/src/synthetic/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { checkedTracker, finish } from '../hello-check.ts';
import { InputReader } from '../input-reader.ts';
import { udpPacket } from '../udp-packet.ts';

const rawIp = 101;
const rdpPort = 3389;

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

const tls = handshakeRecords(
  encodeClientHello({ cipherSuites: [0x1301], extensions: [encodeExtension.serverName('a.example')] }),
);

/** OpenVPN's P_CONTROL_V1 with no acknowledgement, as it is without `tls-auth`. */
const openVpn = (number: number, content: Uint8Array) =>
  datagram(0, Uint8Array.from([0x20, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, number, ...content]));

/** Datagrams of a few connections: DTLS records and fragments, what shares their ports, TLS of other carriers. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => [
    datagram(0, record(0, 0, body.length)),
    Buffer.concat([datagram(0, record(0, 0, 40)), datagram(0, record(1, 40, body.length))]),
    Buffer.concat([datagram(0, record(0, 40, body.length)), datagram(0, record(1, 0, 60))]),
    datagram(0, Buffer.concat([record(0, 0, 40), record(1, 40, body.length)])),
    Buffer.concat([datagram(0, stun), datagram(1, record(0, 0, body.length))]),
    openVpn(1, tls),
    Buffer.concat([openVpn(1, tls.subarray(0, 40)), openVpn(2, tls.subarray(40))]),
    datagram(8, Buffer.concat([new Uint8Array(12), tls])),
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
      const serverPort = (bits & 8) === 0 ? 443 : rdpPort;
      const packet = udpPacket((bits & 1) === 0, 50_000 + ((bits >> 1) & 3), payload, serverPort);
      tracker.packet(packet, 0, packet.length, rawIp, nowNs);
      packets++;
    }
    finish(tracker, packets);
  },
};
