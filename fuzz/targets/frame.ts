import { newCaptureStatistics } from '../../packages/sentinel/src/capture-statistics.ts';
import { FrameDecoder, linkType } from '../../packages/sentinel/src/decode/frame.ts';
import { frame, ipPacket } from '../../packages/sentinel/src/synthetic/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { InputReader } from '../input-reader.ts';

const types: readonly number[] = Object.values(linkType);
const typeNumber = (type: number) => types.indexOf(type);

const inFrames = (...frames: (readonly [type: number, bytes: Uint8Array])[]) =>
  Buffer.concat(
    frames.flatMap(([type, bytes]) => [
      Uint8Array.of(typeNumber(type), 0, bytes.length >> 8, bytes.length & 0xff),
      bytes,
    ]),
  );

const tcp = { srcPort: 1234, dstPort: 443, sequence: 1, flags: 0x18, payload: Uint8Array.of(22, 3, 1, 0, 9) };
const v4 = ipPacket({ ...tcp, src: '192.0.2.1', dst: '192.0.2.2' });
const v6 = ipPacket({ ...tcp, src: '2001:db8::1', dst: '2001:db8::2' });

function ipv4(
  protocol: number,
  payload: readonly number[],
  fragment: readonly number[] = [0x40, 0],
): Uint8Array {
  const length = 20 + payload.length;
  const fixed = [0x45, 0, length >> 8, length & 0xff, 0, 7, ...fragment, 64, protocol, 0, 0];
  return Uint8Array.from([...fixed, 192, 0, 2, 1, 192, 0, 2, 2, ...payload]);
}

function udp(port: number, payload: readonly number[]): number[] {
  const length = 8 + payload.length;
  return [0x30, 0x39, port >> 8, port & 0xff, length >> 8, length & 0xff, 0, 0, ...payload];
}

function ipv6(next: number, payload: readonly number[]): Uint8Array {
  const fixed = [0x60, 0, 0, 0, payload.length >> 8, payload.length & 0xff, next, 64];
  return Uint8Array.from([...fixed, ...v6.subarray(8, 40), ...payload]);
}

const ether = (type: number, payload: Iterable<number>) =>
  Uint8Array.from([...new Array<number>(12).fill(2), type >> 8, type & 0xff, ...payload]);

const wireless = [0x88, 2, 0, 0, ...new Array<number>(20).fill(2), 0, 0];
const snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];

/** Tunnels, each with a packet inside. */
const tunnels: readonly Uint8Array[] = [
  ipv4(4, [...v4]),
  ipv4(41, [...v6]),
  ipv4(47, [0, 0, 8, 0, ...v4]),
  ipv4(47, [0xb0, 0, 0x65, 0x58, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, ...ether(0x800, v4)]),
  ipv4(47, [0x30, 1, 0x88, 0x0b, 0, 60, 0, 1, 0, 0, 0, 1, 0xff, 3, 0, 0x21, ...v4]),
  ipv4(47, [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 7, 0, 0, 0, 0, ...ether(0x800, v4)]),
  ipv4(17, udp(4789, [8, 0, 0, 0, 0, 0, 5, 0, ...ether(0x800, v4)])),
  ipv4(17, udp(6081, [2, 0, 0x65, 0x58, 0, 0, 5, 0, 1, 2, 3, 1, 0, 0, 0, 0, ...ether(0x86dd, v6)])),
  ipv4(17, udp(2152, [0x34, 255, 0, 68, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 16, 1, 0, ...v4])),
  ipv4(17, udp(3544, [0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, ...v6])),
  ipv4(17, udp(1701, [0, 2, 0, 5, 0, 6, 0xff, 3, 0, 0x21, ...v4])),
];

const fragments: readonly Uint8Array[] = [
  ipv4(6, [...v4.subarray(20, 44)], [0x20, 0]),
  ipv4(6, [...v4.subarray(36, 44)], [0x20, 2]),
  ipv4(6, [...v4.subarray(44)], [0, 3]),
];

/** One decoder for all inputs: a new one would cost more than what is tried. */
const decoder = new FrameDecoder(newCaptureStatistics());
let nowNs = 1.7e18;

/** Frames of any link type, one after the other: type, 1/4 seconds passed, length, bytes. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => [
    ...[
      linkType.ethernet,
      linkType.bsdNull,
      linkType.bsdLoop,
      linkType.linuxCooked,
      linkType.linuxCooked2,
    ].map((type) => inFrames([type, frame(type, v4)], [type, frame(type, v6)])),
    inFrames([linkType.ethernet, frame(linkType.ethernet, v4, [1, 2])]),
    inFrames([linkType.ethernet, ether(0x8847, [0, 1, 1, 64, ...v4])]),
    inFrames([linkType.ethernet, ether(0x8864, [0x11, 0, 0, 5, 0, 47, 0, 0x21, ...v4])]),
    inFrames([linkType.pppHdlc, Uint8Array.from([0xff, 3, 0, 0x21, ...v4])]),
    inFrames([linkType.ieee80211, Uint8Array.from([...wireless, ...snap, ...v4])]),
    inFrames([
      linkType.ieee80211Radiotap,
      Uint8Array.from([0, 0, 9, 0, 2, 0, 0, 0, 16, ...wireless, ...snap, ...v4]),
    ]),
    inFrames([
      linkType.nflog,
      Uint8Array.from([2, 0, 0, 0, 8, 0, 1, 0, 8, 0, 1, 0, 49, 0, 9, 0, ...v4, 0, 0, 0]),
    ]),
    inFrames([
      linkType.raw,
      ipv6(0, [43, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 9, ...v6.subarray(40)]),
    ]),
    ...tunnels.map((packet) => inFrames([linkType.raw, packet])),
    inFrames(...fragments.map((packet) => [linkType.raw, packet] as const)),
    inFrames(...fragments.toReversed().map((packet) => [linkType.raw, packet] as const)),
  ],
  run(input) {
    const reader = new InputReader(input);
    // What fragments the last input left behind is forgotten by now.
    nowNs += 60e9;
    while (!reader.done) {
      const type = types[reader.byte() % types.length]!;
      nowNs += reader.byte() * 250e6;
      const bytes = reader.take(Math.min(reader.uint16(), input.length));
      // Behind and before the frame lie others: what is read of them must not matter.
      const buffer = new Uint8Array(bytes.length + 16).fill(0x45);
      buffer.set(bytes, 8);
      let outcome = decoder.decode(buffer, 8, 8 + bytes.length, type, nowNs);
      let packets = 0;
      while (true) {
        if (outcome === 'ok') checkLayout(decoder, buffer, 8 + bytes.length);
        if (!decoder.more) break;
        if (++packets > bytes.length) throw new Error('more packets than bytes');
        outcome = decoder.decodeNext(nowNs);
      }
    }
  },
};

function checkLayout({ layout }: FrameDecoder, buffer: Uint8Array, frameEnd: number): void {
  const { ip, addresses, transport, end, ipVersion } = layout;
  const last = layout.buffer === buffer ? frameEnd : layout.buffer.length;
  if (ipVersion !== 4 && ipVersion !== 6) throw new Error(`IP version ${ipVersion}`);
  const width = ipVersion === 4 ? 4 : 16;
  const inOrder =
    ip >= 0 && ip < addresses && addresses + 2 * width <= transport && transport <= end && end <= last;
  if (!inOrder) throw new Error(`a layout outside the packet: ${[ip, addresses, transport, end, last]}`);
}
