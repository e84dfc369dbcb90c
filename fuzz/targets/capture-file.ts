import { isPcap, PcapFormat, pcapHeaderLength } from '../../packages/sentinel/src/capture-file/pcap.ts';
import { isPcapng, PcapngFormat } from '../../packages/sentinel/src/capture-file/pcapng.ts';
import { PcapngWriter } from '../../packages/sentinel/src/capture-file/pcapng-file.test-support.ts';
import { pcapFile } from '../../packages/sentinel/src/synthetic/index.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

const packet = Uint8Array.from({ length: 30 }, (_, i) => i);

function pcapng(littleEndian: boolean): Uint8Array {
  const writer = new PcapngWriter(littleEndian);
  const options = [
    { code: 9, value: [9] },
    { code: 14, value: [0, 0, 0, 0, 0, 0, 0, 1] },
  ];
  const blocks = [
    writer.section(),
    writer.interface(1, options, 20),
    writer.interface(101),
    writer.enhanced(0, 1_700_000_000_000_000n, packet),
    writer.block(0xbad, [1, 2, 3, 4]),
    writer.simple(packet),
    writer.packet(1, 5n, packet),
    writer.section(),
    writer.interface(113, [{ code: 9, value: [0x8a] }]),
    writer.enhanced(0, 1n, packet),
  ];
  return Buffer.concat(blocks);
}

interface Packet {
  readonly length: number;
  readonly linkType: number;
  readonly timestampNs: number;
  readonly first: number | undefined;
}

/** All packets of a file that a window of `piece` bytes at a time brings. */
function read(file: Uint8Array, piece: number): { packets: Packet[]; fatal: string | undefined } {
  const packets: Packet[] = [];
  const format = isPcapng(file) ? new PcapngFormat() : new PcapFormat(file.subarray(0, pcapHeaderLength));
  let start = format instanceof PcapFormat ? pcapHeaderLength : 0;
  for (let end = Math.min(piece, file.length); ; end = Math.min(end + piece, file.length)) {
    if (end >= start) {
      const window = new Uint8Array(file.subarray(start, end));
      const taken = format.take(window, 0, window.length, (buffer, offset, length, linkType, timestampNs) => {
        if (offset < 0 || length < 0 || offset + length > window.length)
          throw new Error(`a packet outside the window: ${offset} + ${length} of ${window.length}`);
        if (!Number.isFinite(timestampNs)) throw new Error(`at ${timestampNs}`);
        packets.push({ length, linkType, timestampNs, first: length > 0 ? buffer[offset] : undefined });
      });
      if (taken < 0 || taken > window.length) throw new Error(`stopped at ${taken} of ${window.length}`);
      start += taken;
    }
    if (format.fatal !== undefined || end === file.length) return { packets, fatal: format.fatal?.text };
  }
}

/** pcap and pcapng, read at once and in pieces whose length the first byte gives: the same packets. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () =>
    [
      ...[true, false].flatMap((littleEndian) =>
        [true, false].map((nanoseconds) =>
          pcapFile(
            [
              { timestampNs: 1.7e18, bytes: packet },
              { timestampNs: 1.7e18 + 1e6, bytes: packet },
            ],
            { littleEndian, nanoseconds },
          ),
        ),
      ),
      pcapng(true),
      pcapng(false),
    ].map((file) => Buffer.concat([Uint8Array.of(40), file])),
  run(input) {
    const file = new Uint8Array(input.subarray(1));
    if (file.length < pcapHeaderLength || !(isPcapng(file) || isPcap(file))) return;
    const whole = read(file, file.length);
    const divided = read(file, 1 + (input[0] ?? 0));
    if (JSON.stringify(whole) !== JSON.stringify(divided)) throw new Error('in pieces it reads otherwise');
  },
};
