import {
  deriveInitialKeys,
  encodeClientHello,
  encodeExtension,
  initialKeysLength,
  quicVersion,
  sealInitial,
} from '../../packages/fingerprints/src/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { checkedTracker, finish } from '../hello-check.ts';
import { InputReader } from '../input-reader.ts';
import { udpPacket } from '../udp-packet.ts';

const rawIp = 101;
const versions = [1, 0x6b3343cf, 0xff00001d, 0xff000022];
const ids = [0, 8, 4, 20].map((length) => new Uint8Array(length).fill(0xa0 + length));

const fixedFields = { raw: 0, sealed: 1 } as const;

/** Bits of the second byte: 1 from the server, 2 other keys than those of the destination id. */
const datagram = (
  kind: number,
  bits: number,
  version: number,
  ids: number,
  number: number,
  rest: Uint8Array,
) =>
  Buffer.concat([
    Uint8Array.of(kind, bits, version, ids, number, rest.length >> 8, rest.length & 0xff),
    rest,
  ]);

const hello = encodeClientHello({
  cipherSuites: [0x1301],
  extensions: [encodeExtension.serverName('a.example'), encodeExtension.alpn('h3')],
});

function crypto(offset: number, bytes: Uint8Array): Uint8Array {
  const number = (value: number) => [0x40 | (value >> 8), value & 0xff];
  return Uint8Array.from([6, ...number(offset), ...number(bytes.length), ...bytes]);
}

/** A packet as the client protects it: header, token of length 0, 16-bit length, 1-byte packet number. */
function initial(
  code: number,
  dcid: Uint8Array,
  keyId: Uint8Array,
  number: number,
  frames: Uint8Array,
): Uint8Array {
  const version = quicVersion(code);
  if (version === undefined) throw new Error(`version ${code} is gone`);
  const keys = new Uint8Array(initialKeysLength);
  deriveInitialKeys(version, 'client', keyId, 0, keyId.length, keys, 0);
  const padded = new Uint8Array(Math.max(frames.length, 4));
  padded.set(frames);
  const length = 1 + padded.length + 16;
  const first = version.types === 'v2' ? 0xd0 : 0xc0;
  const header = Uint8Array.from([
    ...[first, code >>> 24, (code >>> 16) & 0xff, (code >>> 8) & 0xff, code & 0xff],
    ...[dcid.length, ...dcid, 0, 0],
    ...[0x40 | (length >> 8), length & 0xff, number],
  ]);
  return sealInitial(keys, header, 1, padded);
}

/** Datagrams of a few QUIC connections: as they are, or frames that are protected first; some coalesced. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => [
    ...versions.map((_, version) => datagram(fixedFields.sealed, 0, version, 1, 0, crypto(0, hello))),
    Buffer.concat([
      datagram(fixedFields.sealed, 0, 0, 1, 1, crypto(30, hello.subarray(30))),
      datagram(
        fixedFields.sealed,
        0,
        0,
        1,
        0,
        Buffer.concat([Uint8Array.of(1, 0), crypto(0, hello.subarray(0, 30))]),
      ),
    ]),
    Buffer.concat([
      datagram(fixedFields.sealed, 0, 0, 1, 0, crypto(0, hello.subarray(0, 30))),
      datagram(
        fixedFields.raw,
        1,
        0,
        0,
        0,
        Uint8Array.from([0xf0, 0, 0, 0, 1, 0, 4, 0xa4, 0xa4, 0xa4, 0xa4, ...new Uint8Array(20)]),
      ),
      datagram(fixedFields.sealed, 0, 0, 2, 1, crypto(0, hello)),
    ]),
    Buffer.concat([
      datagram(fixedFields.sealed, 0, 0, 1, 0, crypto(0, hello.subarray(0, 30))),
      datagram(fixedFields.sealed, 2, 0, 0x12, 1, crypto(30, hello.subarray(30))),
    ]),
    datagram(
      fixedFields.sealed,
      0,
      0,
      1,
      0,
      Uint8Array.from([2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 2, 3, 0x1c, 0, 6, 0, ...crypto(0, hello)]),
    ),
    datagram(
      fixedFields.raw,
      0,
      0,
      0,
      0,
      Uint8Array.from([0xc3, 0x51, 0x30, 0x35, 0x30, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0]),
    ),
  ],
  run(input) {
    const tracker = checkedTracker();
    const reader = new InputReader(input);
    let packets = 0;
    let nowNs = 1.7e18;
    while (!reader.done) {
      const kind = reader.byte();
      const bits = reader.byte();
      nowNs += (bits >> 4) * 50e6;
      const version = versions[reader.byte() % versions.length]!;
      const which = reader.byte();
      const number = reader.byte();
      const rest = reader.take(Math.min(reader.uint16(), 1500));
      const dcid = ids[which & 3]!;
      const keyId = (bits & 2) === 0 ? dcid : ids[(which >> 4) & 3]!;
      const first = (kind & 1) === fixedFields.raw ? rest : initial(version, dcid, keyId, number, rest);
      // Bit 4 of the kind: whatever follows in the input lies behind it in the datagram.
      const payload = (kind & 4) === 0 ? first : Buffer.concat([first, reader.take(reader.byte())]);
      const packet = udpPacket((bits & 1) === 0, 50_000 + (kind >> 6), payload);
      tracker.packet(packet, 0, packet.length, rawIp, nowNs);
      packets++;
    }
    finish(tracker, packets);
  },
};
